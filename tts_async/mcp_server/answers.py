"""What a client is told: data for programs, and the same in words for those that read."""

from collections.abc import Sequence

from msgspec import Struct

from tts_async.errors import TTSError
from tts_async.types.result import Result


class Votes(Struct, kw_only=True):
    """A group of equal answers; ``weight`` is what decided, ``count`` how many candidates."""

    answer: str
    count: int
    weight: float


class Solution(Struct, kw_only=True):
    """The outcome of one search.

    ``answer`` is ``None`` where no candidate had one; ``text`` the best candidate's reasoning;
    ``confidence`` the winner's share of all votes, in [0, 1]. ``stop_reason``: finished,
    no_answer, budget or deadline. ``chosen`` is what a compute-optimal search went on with.
    """

    answer: str | None
    text: str
    confidence: float
    stop_reason: str
    strategy: str
    chosen: str | None
    n: int | None
    seed: int
    votes: list[Votes]
    candidates: int
    tokens: int
    expansions: int
    verifier_calls: int
    seconds: float

    def in_words(self) -> str:
        """For whoever reads it, answer first."""
        if self.answer is None:
            said = [f"No answer was found ({self.stop_reason})."]
        else:
            said = [f"Answer: {self.answer}", f"Confidence: {self.confidence:.0%} of the votes"]
        others = [f"{votes.answer} ({votes.count})" for votes in self.votes[:5]]
        if len(self.votes) > 1:
            said.append(f"Votes: {', '.join(others)}")
        how = self.strategy if self.chosen is None else f"{self.strategy} ({self.chosen})"
        said.append(
            f"{how}, {self.candidates} candidates, {self.tokens:,} tokens, "
            f"{self.seconds:.1f} s, seed {self.seed}, {self.stop_reason}"
        )
        return "\n".join(said) + (f"\n\n{self.text}" if self.text else "")


class Compared(Struct, kw_only=True):
    """One strategy of a comparison; ``error`` instead of an answer where its search failed."""

    strategy: str
    chosen: str | None = None
    n: int | None = None
    answer: str | None = None
    confidence: float = 0.0
    stop_reason: str = "error"
    tokens: int = 0
    seconds: float = 0.0
    error: str | None = None


class Comparison(Struct, kw_only=True):
    """What several strategies say to one problem.

    ``answer`` is what most of those with an answer say, and ``agreement`` their share, in [0, 1].
    """

    answer: str | None
    agreement: float
    seed: int
    strategies: list[Compared]

    def in_words(self) -> str:
        """A line for each, and what most of them say."""
        head = (
            "No strategy found an answer."
            if self.answer is None
            else f"Answer: {self.answer} ({self.agreement:.0%} of the strategies agree)"
        )
        return "\n".join([head, "", *map(_line, self.strategies), "", f"seed {self.seed}"])


def solution_of(result: Result) -> Solution:
    """A result as a client sees it, the answer with the most votes first."""
    votes = sorted(result.votes, key=lambda group: -group.weight)
    return Solution(
        answer=result.answer,
        text=result.text,
        confidence=result.confidence,
        stop_reason=result.stop_reason,
        strategy=result.strategy,
        chosen=result.chosen,
        n=result.n,
        seed=result.seed,
        votes=[Votes(answer=v.answer, count=v.count, weight=v.weight) for v in votes],
        candidates=len(result.candidates),
        tokens=result.spend.tokens,
        expansions=result.spend.expansions,
        verifier_calls=result.spend.verifier_calls,
        seconds=result.spend.seconds,
    )


def row_of(strategy: str, outcome: Result | TTSError) -> Compared:
    """A line of a comparison."""
    if isinstance(outcome, TTSError):
        return Compared(strategy=strategy, error=str(outcome))
    return Compared(
        strategy=strategy,
        chosen=outcome.chosen,
        n=outcome.n,
        answer=outcome.answer,
        confidence=outcome.confidence,
        stop_reason=outcome.stop_reason,
        tokens=outcome.spend.tokens,
        seconds=outcome.spend.seconds,
    )


def compare(rows: Sequence[Compared], groups: Sequence[int | None], seed: int) -> Comparison:
    """``groups`` has the same number for rows with equal answers; ties go to the first row."""
    answered = [group for group in groups if group is not None]
    if not answered:
        return Comparison(answer=None, agreement=0.0, seed=seed, strategies=list(rows))
    most = max(answered, key=answered.count)
    return Comparison(
        answer=rows[groups.index(most)].answer,
        agreement=answered.count(most) / len(answered),
        seed=seed,
        strategies=list(rows),
    )


def _line(row: Compared) -> str:
    name = row.strategy if row.n is None else f"{row.strategy} (n={row.n})"
    if row.error is not None:
        return f"{name}: failed: {row.error}"
    answer = "no answer" if row.answer is None else row.answer
    return (
        f"{name}: {answer}, confidence {row.confidence:.0%}, {row.tokens:,} tokens, "
        f"{row.seconds:.1f} s, {row.stop_reason}"
    )
