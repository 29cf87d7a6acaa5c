"""From what generators and verifiers return to nodes, checked.

Pure functions; everything untrusted that enters a tree passes here.
"""

from collections.abc import Callable, Sequence
from itertools import chain

from tts_async.aggregate import aggregate
from tts_async.errors import InvalidScores, MalformedResponse
from tts_async.steps import split_steps
from tts_async.strategies.shared_ids import share_ids
from tts_async.types.generation import Step
from tts_async.types.node import Node, Path
from tts_async.types.verification import Aggregation, ScoreRequest, StepScores

Split = Callable[[str], tuple[str, ...]]
"""From the text of a node to the steps that are scored."""


def goes_on(_text: str) -> bool:
    """An ``is_final`` for those who let only the model end a path."""
    return False


def grow_children(
    parent: Node,
    first: int,
    k: int,
    steps: Sequence[Step],
    *,
    is_final: Callable[[str], bool],
    logprobs: bool = False,
) -> list[Node]:
    """The ``k`` continuations of a node as its children, ordinals counted from ``first``.

    A step that ``is_final`` ends its path even if the model would go on.
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
            finish="stop" if step.finish == "step" and is_final(step.text) else step.finish,
            tokens=step.tokens,
            token_ids=share_ids(step.token_ids),
            logprobs=step.logprobs,
        )
        for i, step in enumerate(steps)
    ]


def path_steps(nodes: Sequence[Node], split: Split = split_steps) -> dict[Path, tuple[str, ...]]:
    """All steps of every path; a node that holds a whole answer contributes several.

    Siblings are the rule, so what is above them is cut into steps once.
    """
    above: dict[Path, tuple[str, ...]] = {}
    for node in nodes:
        if node.path[:-1] not in above:
            texts = [ancestor.text for ancestor in node.lineage()[:-1]]
            steps = chain.from_iterable(_closed(split(text)) for text in texts)
            above[node.path[:-1]] = tuple(steps)
    return {node.path: above[node.path[:-1]] + split(node.text) for node in nodes}


def _closed(steps: tuple[str, ...]) -> tuple[str, ...]:
    """Without the empty step that some want scored at the end: this path goes on."""
    return steps[:-1] if steps and not steps[-1] else steps


def with_scores(
    nodes: Sequence[Node],
    requests: Sequence[ScoreRequest],
    answers: Sequence[StepScores],
    how: Aggregation,
    split: Split = split_steps,
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
        own = tuple(scores[len(scores) - len(split(node.text)) :])
        scored.append(node.scored(own, aggregate(scores, how)))
    return scored
