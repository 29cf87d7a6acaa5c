"""From the model's name and the extension ``tts`` to a strategy."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Final

from tts_async.errors import ConfigurationError
from tts_async.evaluation.plans import candidates_within, fitting_width, option_names
from tts_async.gateway.errors import GatewayError, above_limit
from tts_async.gateway.model_names import ModelNames, NamedSearch, find_strategy
from tts_async.gateway.schema import SearchOptions
from tts_async.gateway.settings import GatewaySettings
from tts_async.solver import Solver
from tts_async.strategies import Strategy, make_strategy, name_of, needs_verifier

_OPTIONS: Final = (
    "beam_width",
    "max_steps",
    "lookahead",
    "select",
    "early_stop",
    "confidence",
)
"""Of ``SearchOptions``, what is an option of strategies, besides ``n``."""


@dataclass(frozen=True, slots=True)
class StrategyChoice:
    """Chooses strategies for one gateway: of ``names``, within ``settings``, for ``solver``."""

    solver: Solver
    settings: GatewaySettings
    names: ModelNames

    def choose(self, model: str, options: SearchOptions) -> Strategy:
        """The strategy that is asked for; raises ``GatewayError`` for one that cannot be had."""
        named = self._name(model, options)
        if named.n is not None and named.n > self.settings.max_candidates:
            field = "model" if options.n is None else "tts.n"
            raise above_limit(field, named.n, self.settings.max_candidates)
        given = {"n": named.n, **{name: getattr(options, name) for name in _OPTIONS}}
        given = {name: value for name, value in given.items() if value is not None}
        try:
            strategy = self._make(named.strategy, given)
            fewer = candidates_within(strategy, self.settings.max_candidates)
            if fewer is not None:
                strategy = self._make(named.strategy, {**given, "n": fewer})
        except ConfigurationError as error:
            raise _named_field(error, options) from error
        if needs_verifier(strategy) and not self.solver.has_verifier:
            raise GatewayError(
                400,
                "verifier_required",
                f"model: {name_of(strategy)} scores steps, and this gateway has no verifier; "
                "use greedy or majority-N",
                param="model",
            )
        return strategy

    def _name(self, model: str, options: SearchOptions) -> NamedSearch:
        """The extension's strategy and number before the model's."""
        of_model = self.names.find(model)
        if options.strategy is None:
            return NamedSearch(of_model.strategy, options.n or of_model.n)
        found = find_strategy(options.strategy)
        if found is None:
            message = f"tts.strategy: there is no {options.strategy!r}; use a model's name"
            raise GatewayError(400, "invalid_value", message, param="tts.strategy")
        n = options.n or found.n
        if n is None and "n" in option_names(str(found.strategy)):
            n = of_model.n
        return NamedSearch(found.strategy, n)

    def _make(self, name: str | None, options: dict[str, Any]) -> Strategy:
        if name is None:
            return _vary(self.solver.strategy, options)
        if "n" in options and "beam_width" in option_names(name):
            options.setdefault("beam_width", fitting_width(options["n"]))
        if name == "compute_optimal":
            options["policy"] = self.settings.policy
        return make_strategy(name, **options)


def _vary(strategy: Strategy, options: Mapping[str, Any]) -> Strategy:
    """The same strategy with some of its options changed."""
    if not options:
        return strategy
    for name in options:
        if not is_dataclass(strategy) or name not in {field.name for field in fields(strategy)}:
            raise ConfigurationError(f"{name}: {name_of(strategy)} has no such option")
    width = getattr(strategy, "beam_width", None)
    if "n" in options and width is not None:
        options = {"beam_width": fitting_width(options["n"], width), **options}
    return replace(strategy, **options)  # type: ignore[type-var]


def _named_field(error: ConfigurationError, options: SearchOptions) -> GatewayError:
    """An option's error begins with its name; where it was not given, the model's name had it."""
    name = str(error).partition(":")[0]
    if getattr(options, name, None) is not None:
        return GatewayError(400, "invalid_value", f"tts.{error}", param=f"tts.{name}")
    return GatewayError(400, "invalid_value", f"model: {error}", param="model")
