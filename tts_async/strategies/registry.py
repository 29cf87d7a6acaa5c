"""Strategies by name, for command lines and configuration files."""

import difflib
from dataclasses import fields
from typing import Any, Final

from tts_async.errors import ConfigurationError
from tts_async.strategies.beam_search import BeamSearch
from tts_async.strategies.best_of_n import BestOfN
from tts_async.strategies.compute_optimal import ComputeOptimal
from tts_async.strategies.dvts import DVTS
from tts_async.strategies.greedy import Greedy
from tts_async.strategies.majority import Majority
from tts_async.strategies.protocol import Strategy
from tts_async.strategies.reference import (
    ReferenceBeamSearch,
    ReferenceBestOfN,
    ReferenceDVTS,
)

STRATEGIES: Final[dict[str, type[Strategy]]] = {
    "greedy": Greedy,
    "majority": Majority,
    "best_of_n": BestOfN,
    "beam_search": BeamSearch,
    "dvts": DVTS,
    "compute_optimal": ComputeOptimal,
}

REFERENCE_STRATEGIES: Final[dict[str, type[Strategy]]] = {
    "sal_best_of_n": ReferenceBestOfN,
    "sal_beam_search": ReferenceBeamSearch,
    "sal_dvts": ReferenceDVTS,
}
"""search-and-learn to the letter; by name only, never among "all strategies"."""

_ALL: Final = STRATEGIES | REFERENCE_STRATEGIES


def make_strategy(name: str, **options: Any) -> Strategy:
    """The strategy called ``name``, with the options it knows; those it does not are an error.

    Options that are ``None`` count as not given. Raises ``ConfigurationError``.
    """
    kind = _ALL.get(name.replace("-", "_"))
    if kind is None:
        near = difflib.get_close_matches(name, _ALL, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigurationError(
            f"strategy: unknown {name!r}; {hint}choose one of {', '.join(_ALL)}"
        )
    given = {key: value for key, value in options.items() if value is not None}
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    for key in given:
        if key not in known:
            choices = ", ".join(sorted(known)) or "none"
            raise ConfigurationError(f"{key}: {name} has no such option; it knows: {choices}")
    return kind(**given)


def name_of(strategy: Strategy) -> str:
    """The registered name of a strategy, or the name of its class or function."""
    for name, kind in _ALL.items():
        if type(strategy) is kind:
            return name
    return getattr(strategy, "__name__", type(strategy).__name__)


def is_registered(strategy: Strategy) -> bool:
    """Whether it is one of those that come with the package, and not somebody's variant of one."""
    return type(strategy) in _ALL.values()


def needs_verifier(strategy: Strategy) -> bool:
    """Whether a strategy asks for scores; of one that is not registered, it is assumed."""
    if isinstance(strategy, ComputeOptimal):
        return strategy.table.needs_verifier
    return not isinstance(strategy, Greedy | Majority)
