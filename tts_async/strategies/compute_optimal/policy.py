"""Which strategy suits which difficulty and budget: what a calibration finds, as a small file.

A policy says how difficulty is told from a few pilot answers, where one class of it ends and the
next begins, and for each budget what to do with the problems of each class. Figures beside a
choice are those of problems that had no part in it.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, Final, Literal, Self

import msgspec

from tts_async.answers import Selection
from tts_async.errors import ConfigurationError

SCHEMA: Final = 1

Measure = Literal["score", "agreement"]
"""``score``: the verifier's mean score of the pilots, in which an unfinished one counts as 0.
``agreement``: the share of the pilots that give the most frequent answer; needs no verifier."""

StrategyName = Literal["greedy", "majority", "best_of_n", "beam_search", "dvts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """How a choice did on problems that had no part in it.

    ``accuracy`` with its 95 % interval from ``low`` to ``high``, in [0, 1]; mean ``tokens`` of a
    search; ``cases``, problems times seeds.
    """

    accuracy: float
    low: float
    high: float
    tokens: float
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What to do: a strategy with its options, and ``n``, of which the pilots are a part.

    ``beam_width`` belongs to tree search, ``select`` to what has scores (weighted unless given).
    Raises ``ConfigurationError``.
    """

    strategy: StrategyName
    n: int = 1
    beam_width: int | None = None
    select: Selection | None = None
    held_out: HeldOut | None = None

    def __post_init__(self) -> None:
        if self.n < 1:
            raise ConfigurationError(f"n: expected at least 1, got {self.n}")
        if self.is_tree_search and not 1 <= (self.beam_width or 0) <= self.n:
            raise ConfigurationError(
                f"beam_width: {self.strategy} with n={self.n} needs one from 1 to {self.n}, "
                f"got {self.beam_width}"
            )
        if not self.is_tree_search and self.beam_width is not None:
            raise ConfigurationError(f"beam_width: {self.strategy} has none; leave it out")
        if not self.needs_verifier and self.select is not None:
            raise ConfigurationError(f"select: {self.strategy} has none; leave it out")

    @property
    def is_tree_search(self) -> bool:
        """Whether it grows answers step by step."""
        return self.strategy in ("beam_search", "dvts")

    @property
    def needs_verifier(self) -> bool:
        """Whether it asks for scores."""
        return self.strategy not in ("greedy", "majority")

    @property
    def vote(self) -> Selection:
        """How its candidates vote."""
        return (self.select or "weighted") if self.needs_verifier else "majority"

    @property
    def bare(self) -> "Choice":
        """What it does, without how it did."""
        return replace(self, held_out=None)

    def with_budget(self, n: int) -> "Choice":
        """The same with another ``n``, and with no beam wider than that."""
        width = None if self.beam_width is None else min(self.beam_width, n)
        return replace(self, n=n, beam_width=width)

    @property
    def label(self) -> str:
        """The strategy in a few words, without its budget."""
        vote = "" if self.select in (None, "weighted") else f":{self.select}"
        width = "" if self.beam_width is None else f" width={self.beam_width}"
        return f"{self.strategy}{vote}{width}"

    def __str__(self) -> str:
        return self.label if self.strategy == "greedy" else f"{self.label} n={self.n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difficulty:
    """How difficulty is told: what is measured, on how many ``pilots``, and the classes.

    ``thresholds`` fall: a problem whose estimate (in [0, 1], higher is easier) reaches the first
    is of class 1, the easiest; there is one class more than thresholds.
    """

    measure: Measure = "score"
    pilots: int = 4
    thresholds: tuple[float, ...] = (0.8, 0.6, 0.4, 0.2)

    def __post_init__(self) -> None:
        if self.pilots < 1:
            raise ConfigurationError(f"pilots: expected at least 1, got {self.pilots}")
        if list(self.thresholds) != sorted(set(self.thresholds), reverse=True):
            raise ConfigurationError(f"thresholds: they must fall, got {list(self.thresholds)}")

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.thresholds) + 1

    def of(self, estimate: float) -> int:
        """The class of a problem."""
        return 1 + sum(estimate < threshold for threshold in self.thresholds)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRow:
    """What to do with ``budget`` candidates: in general, and for each class, easiest first.

    Without ``by_difficulty`` every problem is treated alike, and pilots are not needed.
    """

    budget: int
    overall: Choice
    by_difficulty: tuple[Choice, ...] = ()

    def __post_init__(self) -> None:
        for choice in (self.overall, *self.by_difficulty):
            if choice.n > self.budget:
                raise ConfigurationError(f"n: {choice} exceeds the budget of {self.budget}")

    @property
    def is_uniform(self) -> bool:
        """Whether difficulty decides nothing."""
        return all(choice.bare == self.overall.bare for choice in self.by_difficulty)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a policy comes from; ``problems`` and ``folds`` are 0 where nothing was measured."""

    source: str
    created: str = ""
    version: str = ""
    dataset: str = ""
    generator: str = ""
    verifier: str | None = None
    problems: int = 0
    seeds: tuple[int, ...] = ()
    folds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Policy:
    """What to do by difficulty and budget; ``rows`` by rising budget.

    Raises ``ConfigurationError`` for tables that contradict themselves.
    """

    provenance: Provenance
    difficulty: Difficulty
    rows: tuple[PolicyRow, ...]
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        if self.schema != SCHEMA:
            raise ConfigurationError(
                f"schema: this version reads {SCHEMA}, got {self.schema}; calibrate again"
            )
        budgets = [row.budget for row in self.rows]
        if not budgets or budgets != sorted(set(budgets)):
            raise ConfigurationError(f"rows: expected some, by rising budget, got {budgets}")
        for row in self.rows:
            if row.by_difficulty and len(row.by_difficulty) != self.difficulty.classes:
                raise ConfigurationError(
                    f"by_difficulty: expected one choice for each of {self.difficulty.classes} "
                    f"classes at budget {row.budget}, got {len(row.by_difficulty)}"
                )

    def row_for(self, n: int) -> PolicyRow:
        """The row of the largest budget within ``n``, else the first."""
        return next((row for row in reversed(self.rows) if row.budget <= n), self.rows[0])

    def pilots_for(self, n: int) -> int:
        """How many pilots a budget of ``n`` needs: 0 where difficulty would decide nothing."""
        pilots = self.difficulty.pilots
        return 0 if n <= pilots or self.row_for(n).is_uniform else pilots

    def choice_for(self, n: int, difficulty: int | None = None) -> Choice:
        """What to do with ``n`` candidates; without a difficulty, what is best overall.

        A choice that takes all of its row's budget takes all of ``n``.
        """
        row = self.row_for(n)
        chosen = row.overall if difficulty is None else row.by_difficulty[difficulty - 1]
        return chosen.with_budget(n if chosen.n == row.budget else min(chosen.n, n))

    @property
    def needs_verifier(self) -> bool:
        """Whether difficulty or any of the choices asks for scores."""
        choices = [choice for row in self.rows for choice in (row.overall, *row.by_difficulty)]
        measured = self.difficulty.measure == "score" and not all(r.is_uniform for r in self.rows)
        return measured or any(choice.needs_verifier for choice in choices)

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON data."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return {"schema": data.pop("schema"), **data}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The inverse of ``to_dict``; raises ``ConfigurationError`` naming the field."""
        try:
            return msgspec.convert(data, cls)
        except msgspec.ValidationError as error:
            raise ConfigurationError(f"policy: {error}") from error

    def save(self, path: "str | PathLike[str]") -> None:
        """Write it as a JSON file; raises ``ConfigurationError`` where that is not possible."""
        text = msgspec.json.format(msgspec.json.encode(self.to_dict()), indent=2)
        try:
            Path(path).write_bytes(text + b"\n")
        except OSError as error:
            raise ConfigurationError(
                f"policy: cannot write {path} ({error.strerror}); choose another file"
            ) from error

    @classmethod
    def load(cls, path: "str | PathLike[str]") -> Self:
        """Read a file that ``save`` wrote; raises ``ConfigurationError`` naming file and field."""
        try:
            return cls.from_dict(msgspec.json.decode(Path(path).read_bytes()))
        except OSError as error:
            raise ConfigurationError(
                f"policy: cannot read {path} ({error.strerror}); write one with tts-async calibrate"
            ) from error
        except (msgspec.DecodeError, RecursionError, ConfigurationError) as error:
            reason = str(error).removeprefix("policy: ")
            raise ConfigurationError(f"policy: {path} is not a policy file: {reason}") from error

    def __repr__(self) -> str:
        """Short, and different for every policy: it stands for a search in journals and logs."""
        digest = hashlib.blake2b(msgspec.json.encode(self), digest_size=4).hexdigest()
        return f"<Policy {self.provenance.source!r} {digest}>"
