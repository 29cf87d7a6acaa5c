"""Model names that say how to search: ``greedy``, ``majority-16``, ``dvts-64``."""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tts_async.errors import ConfigurationError
from tts_async.gateway.errors import GatewayError

DEFAULT: Final = "default"
"""The solver's own strategy, unless an alias of that name says otherwise."""
LISTED: Final = (4, 16, 64, 256)
"""Numbers of candidates that ``/v1/models`` names; any other may be asked for as well."""

_FAMILIES: Final = {
    "greedy": "greedy",
    "majority": "majority",
    "best-of-n": "best_of_n",
    "beam": "beam_search",
    "dvts": "dvts",
    "compute-optimal": "compute_optimal",
}
_NAME: Final = re.compile(r"(?P<family>[a-z][a-z_-]*?)(?:-(?P<n>\d{1,6}))?")
_SCORED: Final = frozenset({"best-of-n", "beam", "dvts", "compute-optimal"})


@dataclass(frozen=True, slots=True)
class NamedSearch:
    """A strategy's name and number of candidates; ``None`` where the name leaves it open."""

    strategy: str | None = None
    n: int | None = None


@dataclass(frozen=True, slots=True)
class ModelNames:
    """The names a gateway answers to. ``aliases``: further ones, for one of the others each."""

    aliases: Mapping[str, str]
    has_verifier: bool
    max_candidates: int

    def __post_init__(self) -> None:
        for alias, target in self.aliases.items():
            if target != DEFAULT and find_strategy(target) is None:
                raise ConfigurationError(
                    f"aliases: {alias!r} stands for {target!r}, which there is not; "
                    f"choose one of {', '.join(_patterns())}"
                )

    def find(self, name: str) -> NamedSearch:
        """What a name stands for; raises ``GatewayError`` with the nearest one."""
        target = self.aliases.get(name, name)
        if target == DEFAULT:
            return NamedSearch()
        found = find_strategy(target)
        if found is None:
            near = difflib.get_close_matches(name, self.listed(), n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise GatewayError(
                404,
                "model_not_found",
                f"model: there is no {name!r}; {hint}choose one of {', '.join(_patterns())}",
                param="model",
            )
        return found

    def listed(self) -> Iterator[str]:
        """The names to show: of strategies that work here, with usual numbers of candidates."""
        yield DEFAULT
        yield from (alias for alias in self.aliases if alias != DEFAULT)
        for family in _FAMILIES:
            if family in _SCORED and not self.has_verifier:
                continue
            if family == "greedy":
                yield family
            else:
                yield from (f"{family}-{n}" for n in LISTED if n <= self.max_candidates)


def find_strategy(name: str) -> NamedSearch | None:
    """What is meant by a name of ours, or by a strategy's own (``best_of_n``)."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    family = match["family"].replace("_", "-")
    strategy = _FAMILIES.get(family) or _OWN_NAMES.get(family)
    if strategy is None or (strategy == "greedy" and match["n"]):
        return None
    return NamedSearch(strategy, None if match["n"] is None else int(match["n"]))


def _patterns() -> Iterator[str]:
    return (name if name == "greedy" else f"{name}-N" for name in _FAMILIES)


_OWN_NAMES: Final = {name.replace("_", "-"): name for name in _FAMILIES.values()}
