"""Going on with an evaluation: whether it is the same one, and what is known of it.

What was drawn and scored is in the journal, so nothing is taken from the earlier results but the
times: those of a row that is replayed say nothing about what it cost.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from tts_async.errors import ConfigurationError
from tts_async.evaluation.plans import full_name_of
from tts_async.evaluation.report import Report
from tts_async.evaluation.results import ResultRow, Results, parse_results, printable
from tts_async.evaluation.row import Row
from tts_async.strategies import Strategy


def go_on_with(earlier: Results, report: Report, plan: Sequence[Strategy]) -> None:
    """Make this evaluation the continuation of ``earlier``, with the date of its beginning.

    Raises ``ConfigurationError``, naming the option, when it is another one. More strategies,
    budgets, seeds and problems than before are welcome; fewer would lose results.
    """
    _check_options(earlier, parse_results(report.to_dict()))
    _check_plan(earlier.rows, plan)
    with suppress(ValueError):  # edited by hand
        report.created = datetime.fromisoformat(earlier.created)


def _check_options(earlier: Results, now: Results) -> None:
    """Whether everything that decides the outcome is the same, and there is no less of it."""
    for name in ("dataset", "level"):
        _compare(name, getattr(earlier, name), getattr(now, name))
    _compare("seed", next(iter(earlier.seeds), None), now.seeds[0])
    for name in ("generator", "verifier"):
        before, after = getattr(earlier, name), getattr(now, name)
        if not _may_be_the_same(before, after):
            _compare(name, before, after)
    for name in sorted(earlier.options.keys() | now.options.keys()):
        _compare(name, earlier.options.get(name), now.options.get(name))
    if missing := set(earlier.seeds) - set(now.seeds):
        raise ConfigurationError(f"seeds: it has {_list(missing)} too; give at least as many")
    if earlier.problems > now.problems:
        raise ConfigurationError(
            f"limit: it has {earlier.problems} problems and this one {now.problems}; give at least "
            "as many"
        )


def _check_plan(rows: Sequence[ResultRow], plan: Sequence[Strategy]) -> None:
    """Whether every earlier row is planned again."""
    settings = {_settings(strategy) for strategy in plan}
    counts: dict[str, set[int | None]] = {}
    for strategy in plan:
        counts.setdefault(full_name_of(strategy), set()).add(getattr(strategy, "n", None))
    for row in rows:
        name = row.label.partition(" ")[0]
        if row.settings in settings:
            continue
        if name not in counts:
            raise ConfigurationError(f"strategy: it has {name} too; name it again")
        if row.n not in counts[name]:
            raise ConfigurationError(f"n: it has {row.label} too; give it again")
        raise ConfigurationError(
            f"strategy: the settings of {row.label} were {row.settings[:200]}; resume with the "
            "same, or choose another --out"
        )


def keep_times(earlier: Results | None, row: Row) -> None:
    """Give a row that was replayed from end to end the times of its first run, where known."""
    rows = [] if earlier is None else earlier.rows
    known = next((one for one in rows if one.settings == _settings(row.strategy)), None)
    if known and known.complete and known.runs == row.runs and row.is_replayed:
        row.replayed_tokens = known.replayed_tokens
        row.keep_times(known.seconds, {one.seed: one.seconds for one in known.seeds})


def _settings(strategy: Strategy) -> Any:
    """As they stand in the results."""
    return printable(repr(strategy))


def _compare(name: str, before: Any, now: Any) -> None:
    if before != now:
        raise ConfigurationError(
            f"{name.replace('_', '-')}: it was {_say(before)} before and is {_say(now)} now; "
            "resume with the same, or choose another --out"
        )


def _may_be_the_same(before: str | None, now: str | None) -> bool:
    """A server may have moved; whether it serves the same model, the journal knows."""
    return before is None or now is None or ("://" in before and "://" in now)


def _say(value: Any) -> str:
    return "not given" if value is None else str(value)


def _list(seeds: set[int]) -> str:
    return ", ".join(map(str, sorted(seeds)))
