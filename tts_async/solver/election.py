"""From finished nodes to an answer: extract, group by equality, vote."""

from collections.abc import Sequence

from tts_async.answers import AnswerChecker, Selection, vote
from tts_async.types.node import Node
from tts_async.types.result import AnswerVotes, Candidate, Election


async def elect(nodes: Sequence[Node], select: Selection, checker: AnswerChecker) -> Election:
    """Let the finished ones among ``nodes`` vote; ties go to the first in the order given.

    A search cut short may hold answers that no verifier saw yet: where scores decide they
    abstain, unless none has a score, and then the majority decides.
    """
    nodes = [node for node in nodes if node.finished]
    texts = [node.full_text for node in nodes]
    answers = await checker.extract(texts)
    if all(node.score is None for node in nodes):
        select = "majority"
    voters = [
        answer if select == "majority" or node.score is not None else None
        for answer, node in zip(answers, nodes, strict=True)
    ]
    groups = await checker.group(voters)
    outcome = vote(groups, [node.score for node in nodes], select)
    candidates = tuple(
        Candidate(
            path=node.path,
            text=text,
            answer=answer,
            score=node.score,
            group=group,
            tokens=sum(above.tokens for above in node.lineage()),
        )
        for node, text, answer, group in zip(nodes, texts, answers, groups, strict=True)
    )
    return Election(
        candidates=candidates,
        votes=_tally(candidates, outcome.weights),
        winner=None if outcome.winner is None else candidates[outcome.winner],
        confidence=outcome.confidence,
    )


def _tally(candidates: Sequence[Candidate], weights: dict[int, float]) -> tuple[AnswerVotes, ...]:
    members: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        if candidate.group is not None:
            members.setdefault(candidate.group, []).append(candidate)
    return tuple(
        AnswerVotes(
            answer=members[group][0].answer or "",
            count=len(members[group]),
            weight=weights.get(group, 0.0),
        )
        for group in sorted(members)
    )
