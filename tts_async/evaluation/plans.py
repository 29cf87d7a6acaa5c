"""Which strategies an evaluation compares: names times budgets."""

from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from tts_async.errors import ConfigurationError
from tts_async.strategies import STRATEGIES, Strategy, make_strategy, name_of

BEAM_WIDTH = 4
"""The published recipe's, and the widest that a plan uses unless told otherwise."""


def plan_runs(
    names: Sequence[str],
    counts: Sequence[int],
    *,
    beam_width: int | None = None,
    **options: Any,
) -> list[Strategy]:
    """Every strategy with every ``n``, in the order given, each once.

    A name may say how to select: ``"best_of_n:naive"``; that wins over ``select``. A strategy
    without an ``n`` (greedy) runs once. No beam is wider than ``n``, so that n=1 works
    for tree search too. Other ``options`` (``lookahead``, ``select``, …) go to the strategies that
    know them. Raises ``ConfigurationError``, also for an option that none of them knows.
    """
    if not names:
        raise ConfigurationError(f"strategy: name at least one of {', '.join(STRATEGIES)}")
    known = {name: option_names(name.partition(":")[0]) for name in names}
    given = {key: value for key, value in options.items() if value is not None}
    wanted = {**given, **({} if beam_width is None else {"beam_width": beam_width})}
    for key in wanted:
        if not any(key in of_strategy for of_strategy in known.values()):
            raise ConfigurationError(f"{key}: none of {', '.join(names)} has such an option")
    runs: list[Strategy] = []
    for full_name, of_strategy in known.items():
        name, colon, selection = full_name.partition(":")
        own = {key: value for key, value in given.items() if key in of_strategy}
        if colon:
            own["select"] = selection  # where there is no such option, the strategy says so
        for n in counts if "n" in of_strategy else (None,):
            if "beam_width" in of_strategy and n is not None:
                own["beam_width"] = fitting_width(n, beam_width)
            runs.append(make_strategy(name, n=n, **own))
    return list(dict.fromkeys(runs))


def fitting_width(n: int, beam_width: int | None = None) -> int:
    """The beam width for a budget of ``n``: as wanted (4 by default), but at most ``n``."""
    return min(BEAM_WIDTH if beam_width is None else beam_width, n)


def candidates_within(strategy: Strategy, most: int) -> int | None:
    """How many a strategy may draw that would draw more by itself; ``None`` where it would not."""
    if getattr(strategy, "n", 1) <= most:
        return None
    return most - most % getattr(strategy, "beam_width", 1) or most  # beams of equal size


def label_of(strategy: Strategy) -> str:
    """A strategy in a few characters, ``"dvts n=16"`` or ``"best_of_n:naive n=4"``."""
    name = full_name_of(strategy)
    return f"{name} n={strategy.n}" if has_budget(strategy) else name  # type: ignore[attr-defined]


def full_name_of(strategy: Strategy) -> str:
    """The name, with the selection where that is not the usual one: ``"best_of_n:naive"``."""
    name, selection = name_of(strategy), selection_of(strategy)
    usual = getattr(type(strategy), "select", None)
    return name if selection in (None, usual) else f"{name}:{selection}"


def selection_of(strategy: Strategy) -> str | None:
    """How it selects, where that is an option of its own (a majority vote has no choice)."""
    return getattr(strategy, "select", None) if "select" in _field_names(strategy) else None


def has_budget(strategy: Strategy) -> bool:
    """Whether it takes an ``n`` (greedy decoding does not)."""
    return "n" in _field_names(strategy)


def option_names(name: str) -> set[str]:
    """The options of a registered strategy; raises ``ConfigurationError`` for an unknown one."""
    return _field_names(make_strategy(name))


def _field_names(strategy: Any) -> set[str]:
    return {field.name for field in fields(strategy)} if is_dataclass(strategy) else set()
