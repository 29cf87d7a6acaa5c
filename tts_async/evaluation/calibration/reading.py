"""Cases from the folders of evaluations.

``results.json`` says what ran, ``problems.jsonl`` what became of every problem, and the journal
holds the samples that difficulty is estimated from.
"""

import ast
import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from tts_async.answers import AnswerChecker
from tts_async.errors import ConfigurationError
from tts_async.evaluation.calibration.cases import Case, Trial
from tts_async.evaluation.files import PROBLEMS
from tts_async.evaluation.results import ResultRow, Results, load_results
from tts_async.journal import read_results, read_runs
from tts_async.journal.places import journal_at
from tts_async.strategies.compute_optimal import Choice, Measure, StrategyName
from tts_async.strategies.compute_optimal.estimate import agreement, mean_score
from tts_async.strategies.validation import check_count
from tts_async.types.result import Result

_PLAIN: Final = {"lookahead": 0, "confidence": None}
"""Options that a policy cannot name, and what they are where they change nothing."""

_SAMPLERS: Final[Mapping[Measure, tuple[str, ...]]] = {
    "score": ("best_of_n",),
    "agreement": ("best_of_n", "majority"),
}
"""Strategies whose samples say how difficult a problem is."""

_Key = tuple[str, int]
_Outcome = tuple[str, str | None, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluations:
    """What was read: the cases, the options that all of them have, and what was left out."""

    results: Results
    cases: Sequence[Case]
    options: Sequence[Choice]
    left_out: Sequence[str]


@dataclass(slots=True)
class _Found:
    """What is known of one problem with one seed so far.

    ``votes``: the answers among its ``drawn`` samples and how many gave each.
    """

    trials: dict[Choice, Trial] = field(default_factory=dict)
    gold: str | None = None
    votes: list[tuple[str, int]] = field(default_factory=list)
    drawn: int = 0
    estimate: float = 0.0


class _Line(msgspec.Struct):
    """What matters here of a line of ``problems.jsonl``."""

    strategy: str
    n: int | None
    id: str
    seed: int
    correct: bool
    tokens: int
    select: str | None = None


async def read_cases(
    folders: Sequence[str | Path], *, measure: Measure, pilots: int, checker: AnswerChecker
) -> Evaluations:
    """The cases of one evaluation, or of several: with other beam widths, or on other problems.

    Only options that ran to their end on every problem with every seed take part. Raises
    ``ConfigurationError`` for a folder that is none, and when there is nothing to estimate
    difficulty from; ``JournalError``.
    """
    check_count("pilots", pilots)
    found, results, left_out = await asyncio.to_thread(
        _read_folders, [Path(folder) for folder in folders], measure, pilots
    )
    cases = [
        Case(
            problem=problem,
            seed=seed,
            estimate=known.estimate,
            pass_at_1=await _pass_at_1(known, checker),
            trials=known.trials,
        )
        for (problem, seed), known in found.items()
    ]
    options = list(dict.fromkeys(option for case in cases for option in case.trials))
    shared = [option for option in options if all(option in case.trials for case in cases)]
    left_out += [
        f"{option}: not on every problem with every seed"
        for option in options
        if option not in shared
    ]
    return Evaluations(results=results, cases=cases, options=shared, left_out=left_out)


def _read_folders(
    folders: Sequence[Path], measure: Measure, pilots: int
) -> tuple[dict[_Key, _Found], Results, list[str]]:
    """What is known of every case, what the first folder says of itself, what cannot be used."""
    found: defaultdict[_Key, _Found] = defaultdict(_Found)
    described, left_out = list[Results](), list[str]()
    for folder in folders:
        _, results = load_results(folder)
        described.append(results)
        options: dict[_Outcome, Choice] = {}
        for row in results.rows:
            option = option_of(row)
            if option is None or not row.complete:
                left_out.append(f"{row.settings or row.strategy} in {folder}")
            else:
                options[row.strategy, row.select, row.n] = option
        _read_trials(folder / PROBLEMS, options, found)
    for folder in folders:
        for samples in _read_samples(journal_at(folder), measure):
            known = found[samples.problem.id, samples.seed]
            if len(samples.tree) > known.drawn:
                known.gold = samples.problem.answer
                known.votes = [(votes.answer, votes.count) for votes in samples.votes]
                known.drawn = len(samples.tree)  # with the truncated ones, which are not right
                known.estimate = _estimate(samples, measure, pilots)
    for (problem, seed), known in found.items():
        if not known.drawn:
            kinds = " or ".join(_SAMPLERS[measure])
            raise ConfigurationError(
                f"run: there are no samples of problem {problem} with seed {seed} to estimate its "
                f"difficulty from; evaluate {kinds} too, to its end"
            )
    if not found:
        raise ConfigurationError(f"run: nothing to learn from in {', '.join(map(str, folders))}")
    return found, described[0], left_out


def option_of(row: ResultRow) -> Choice | None:
    """What ran, in a policy's terms; ``None`` for what a policy cannot say."""
    if row.strategy not in get_args(StrategyName):
        return None
    try:
        call = ast.parse(row.settings, mode="eval").body
        given = {k.arg: ast.literal_eval(k.value) for k in getattr(call, "keywords", [])}
    except (SyntaxError, ValueError):  # written by somebody else
        return None
    if any(given.get(name, plain) != plain for name, plain in _PLAIN.items()):
        return None
    options: dict[str, Any] = {k: given[k] for k in ("beam_width", "select") if k in given}
    return Choice(strategy=row.strategy, n=row.n or 1, **options)  # type: ignore[arg-type]


def _read_trials(
    path: Path, options: Mapping[_Outcome, Choice], found: defaultdict[_Key, _Found]
) -> None:
    decode = msgspec.json.Decoder(_Line).decode
    try:
        with path.open("rb") as file:
            for number, text in enumerate(file, 1):
                try:
                    line = decode(text)
                except msgspec.DecodeError as error:
                    raise ConfigurationError(f"{path}, line {number}: {error}") from error
                option = options.get((line.strategy, line.select, line.n))
                if option is not None:
                    found[line.id, line.seed].trials[option] = Trial(line.correct, line.tokens)
    except OSError as error:
        raise ConfigurationError(f"run: cannot read {path} ({error.strerror})") from error


def _read_samples(journal: Path, measure: Measure) -> Iterator[Result]:
    """Every set of independent samples that can be used, one at a time."""
    for run in read_runs(journal):
        if run.settings.strategy in _SAMPLERS[measure]:
            yield from read_results(journal, run=run.id)


def _estimate(samples: Result, measure: Measure, pilots: int) -> float:
    """From the first samples; an early stop may have left the last of them undrawn."""
    finished = {candidate.path: candidate for candidate in samples.candidates}
    drawn = [(i,) for i in range(pilots) if (i,) in samples.tree]
    first = [finished.get(path) for path in drawn]
    if measure == "score":
        return mean_score([None if pilot is None else pilot.score for pilot in first])
    return agreement([None if pilot is None else pilot.group for pilot in first])


async def _pass_at_1(known: _Found, checker: AnswerChecker) -> float:
    right = 0
    for answer, count in known.votes:
        if known.gold is not None and await checker.equal(known.gold, answer):
            right += count
    return right / known.drawn
