"""What a search returns."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal

import msgspec

from tts_async.errors import ConfigurationError, TTSError, describe, recall
from tts_async.types.budget import Spend
from tts_async.types.generation import Finish
from tts_async.types.node import Node, Path
from tts_async.types.problem import Problem
from tts_async.types.tree import Tree

_Score = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Count = Annotated[int, msgspec.Meta(ge=0)]

StopReason = Literal["finished", "no_answer", "budget", "deadline", "error"]
"""``finished``: the strategy ran to its end; ``no_answer``: it did, and no candidate has an answer;
``budget`` and ``deadline``: cut short, the result is the best so far; ``error``: see ``error``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One complete answer that could vote.

    ``answer`` is what was extracted from ``text`` (``None`` abstains), ``score`` the aggregated
    verifier score of its path (``None`` without a verifier), ``group`` the index into
    ``Result.votes`` of the answers it is mathematically equal to.
    """

    path: Path
    text: str
    answer: str | None
    score: float | None
    group: int | None
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerVotes:
    """A group of equal answers: how many candidates gave it and what weight they carry."""

    answer: str
    count: int
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """Who stood, who voted for what, who won, and with what share of all votes, in [0, 1]."""

    candidates: tuple[Candidate, ...]
    votes: tuple[AnswerVotes, ...]
    winner: Candidate | None
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome of one search.

    ``answer`` and ``text`` are those of the best candidate of the winning group, or ``None`` and
    ``""`` when nothing could vote. ``confidence`` is the winner's share of all votes, in [0, 1].
    ``n`` is the strategy's budget of candidates where it has one. ``chosen``: what a strategy that
    chooses went on with (compute-optimal search), such as ``"dvts width=4 n=16"``; ``None`` for
    others, and where it did not get that far.
    """

    problem: Problem
    answer: str | None
    text: str
    confidence: float
    stop_reason: StopReason
    strategy: str
    n: int | None
    seed: int
    candidates: tuple[Candidate, ...]
    votes: tuple[AnswerVotes, ...]
    spend: Spend
    tree: Tree
    error: TTSError | None = None
    chosen: str | None = None

    @property
    def winner(self) -> Candidate | None:
        """The candidate that ``answer`` and ``text`` are from, ``None`` where nothing could vote.

        Of several, the best scored and then the first; failing the text, one with the answer.
        """
        voters = [candidate for candidate in self.candidates if candidate.group is not None]
        same_answer = [candidate for candidate in voters if candidate.answer == self.answer]
        same_text = [candidate for candidate in same_answer if candidate.text == self.text]
        return max(same_text or same_answer, key=lambda voter: voter.score or 0.0, default=None)

    def to_dict(self, *, tree: bool = True) -> dict[str, Any]:
        """As plain JSON data; ``tree=False`` leaves out the nodes that led to the candidates."""
        data: dict[str, Any] = {
            "problem": {
                "id": self.problem.id,
                "text": self.problem.text,
                "answer": self.problem.answer,
                "history": list(self.problem.history),
                "priority": self.problem.priority,
                "tenant": self.problem.tenant,
                "deadline": self.problem.deadline,
                "metadata": dict(self.problem.metadata),
            },
            "answer": self.answer,
            "text": self.text,
            "confidence": self.confidence,
            "stop_reason": self.stop_reason,
            "error": None if self.error is None else describe(self.error),
            "strategy": self.strategy,
            "n": self.n,
            "chosen": self.chosen,
            "seed": self.seed,
            "candidates": [asdict(candidate) for candidate in self.candidates],
            "votes": [asdict(votes) for votes in self.votes],
            "spend": self.spend.to_dict(),
        }
        for candidate in data["candidates"]:
            candidate["path"] = list(candidate["path"])
        if tree:
            data["tree"] = [_node_to_dict(node) for node in self.tree]
        return data

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Result":
        """The inverse of ``to_dict``, without the tree where that was left out.

        Raises ``ConfigurationError`` naming the field that is missing or something else.
        """
        try:
            rows = msgspec.convert(data, _WithTree).tree
            return msgspec.convert({**data, "tree": rows}, cls, dec_hook=_decode)
        except (msgspec.ValidationError, ValueError) as error:
            raise ConfigurationError(f"result: {error}") from error

    def __repr__(self) -> str:
        return (
            f"<Result {self.answer!r} confidence={self.confidence:.2f} {self.strategy}: "
            f"{len(self.candidates)} candidates, {self.spend.tokens} tokens, "
            f"{self.spend.seconds:.2f} s, {self.stop_reason}>"
        )


class _NodeRow(msgspec.Struct, kw_only=True):
    """A node in JSON, which anybody may have edited."""

    path: Annotated[tuple[_Count, ...], msgspec.Meta(min_length=1)]
    text: str
    finish: Finish
    tokens: _Count
    token_ids: tuple[int, ...]
    logprobs: tuple[float, ...] | None = None
    step_scores: tuple[_Score, ...] | None
    score: _Score | None


class _WithTree(msgspec.Struct):
    tree: tuple[_NodeRow, ...] = ()


def _node_to_dict(node: Node) -> dict[str, Any]:
    row = {name: getattr(node, name) for name in _NodeRow.__struct_fields__}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in row.items()}


def _decode(kind: type, value: Any) -> Any:
    """What JSON has no word for: a tree and an error."""
    return _grow(value) if kind is Tree else recall(value)


def _grow(rows: Sequence[_NodeRow]) -> Tree:
    tree = Tree()
    for row in rows:  # in tree order, so a parent always comes before its children
        above = row.path[:-1]
        if above not in tree:
            raise ValueError(f"no node at {above} for {row.path} to stand below")
        tree.put([Node(parent=tree[above], **msgspec.structs.asdict(row))])
    return tree
