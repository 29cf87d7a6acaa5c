"""From what generators and verifiers return to nodes, checked.

Pure functions; everything untrusted that enters a tree passes here.
"""

from collections.abc import Sequence
from itertools import chain

from tts_async.aggregate import aggregate
from tts_async.answers import has_final_answer
from tts_async.errors import InvalidScores, MalformedResponse
from tts_async.steps import split_steps
from tts_async.strategies.shared_ids import share_ids
from tts_async.types.generation import Step
from tts_async.types.node import Node, Path
from tts_async.types.verification import Aggregation, ScoreRequest, StepScores


def grow_children(
    parent: Node, first: int, k: int, steps: Sequence[Step], *, logprobs: bool = False
) -> list[Node]:
    """The ``k`` continuations of a node as its children, ordinals counted from ``first``.

    A step that holds a complete final answer ends its path even if the model would go on.
    """
    if len(steps) != k:
        raise MalformedResponse(f"asked for {k} continuations, the generator gave {len(steps)}")
    if logprobs and any(len(step.logprobs or ()) != step.tokens for step in steps):
        raise MalformedResponse(
            "asked for the log-probability of every token, which this generator does not give;"
            " expand without logprobs"
        )
    return [
        Node(
            parent=parent,
            path=(*parent.path, first + i),
            text=step.text,
            finish="stop" if step.finish == "step" and has_final_answer(step.text) else step.finish,
            tokens=step.tokens,
            token_ids=share_ids(step.token_ids),
            logprobs=step.logprobs,
        )
        for i, step in enumerate(steps)
    ]


def path_steps(nodes: Sequence[Node]) -> dict[Path, tuple[str, ...]]:
    """All steps of every path; a node that holds a whole answer contributes several.

    Siblings are the rule, so what is above them is cut into steps once.
    """
    above: dict[Path, tuple[str, ...]] = {}
    for node in nodes:
        if node.path[:-1] not in above:
            texts = [ancestor.text for ancestor in node.lineage()[:-1]]
            above[node.path[:-1]] = tuple(chain.from_iterable(map(split_steps, texts)))
    return {node.path: above[node.path[:-1]] + split_steps(node.text) for node in nodes}


def with_scores(
    nodes: Sequence[Node],
    requests: Sequence[ScoreRequest],
    answers: Sequence[StepScores],
    how: Aggregation,
) -> list[Node]:
    """New versions of the nodes that carry their scores.

    Raises ``InvalidScores`` unless there is one number in [0, 1] for every step.
    """
    if len(answers) != len(requests):
        raise InvalidScores(f"asked to score {len(requests)} paths, got {len(answers)} answers")
    scored = []
    for node, request, scores in zip(nodes, requests, answers, strict=True):
        if len(scores) != len(request.steps):
            raise InvalidScores(f"a path of {len(request.steps)} steps got {len(scores)} scores")
        if not all(0.0 <= score <= 1.0 for score in scores):  # NaN fails every comparison
            raise InvalidScores(f"scores must lie in [0, 1], got {list(scores)}")
        own = tuple(scores[len(scores) - len(split_steps(node.text)) :])
        scored.append(node.scored(own, aggregate(scores, how)))
    return scored
