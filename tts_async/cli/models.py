"""From the model options of a command to a ``Solver``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import typer

from tts_async.cli.search_options import SamplingOptions, SearchOptions
from tts_async.embedded import PRM_PATH, TEMPERATURE
from tts_async.errors import ConfigurationError
from tts_async.inference.hub import REPOSITORY
from tts_async.solver import Solver
from tts_async.strategies import DVTS, Majority, Strategy, name_of, needs_verifier
from tts_async.types.budget import Budget
from tts_async.types.generation import Sampling
from tts_async.types.verification import Verifier
from tts_async.verifiers import VerifierPool

EMBEDDED: Final = "embedded"
NONE: Final = "none"
SELF: Final = "self"

_MODELS: Final = "Models"


@dataclass(frozen=True, kw_only=True)
class GeneratorOptions:
    """What generates, as given on the command line.

    Raises ``ConfigurationError`` for options that contradict each other and folders that are not
    there: wrong use is worth noticing before anything is started.
    """

    base_url: Annotated[
        list[str] | None,
        typer.Option(
            metavar="URL[,URL...]",
            help="An OpenAI-compatible server, such as vLLM; several of one model share the work. "
            "May be repeated.",
            rich_help_panel=_MODELS,
        ),
    ] = None
    model: Annotated[
        str | None, typer.Option(help="Name of the server's model.", rich_help_panel=_MODELS)
    ] = None
    api_key: Annotated[
        str | None,
        typer.Option(
            envvar="OPENAI_API_KEY",
            show_envvar=True,
            show_default=False,
            help="Key for the server; better given in the environment.",
            rich_help_panel=_MODELS,
        ),
    ] = None
    generator: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="A local model instead of the embedded one.",
            rich_help_panel=_MODELS,
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.base_url is not None and not self.base_urls:
            raise ConfigurationError("base-url: it is empty; give a URL, such as http://HOST:8000")
        if self.base_url is not None and self.generator is not None:
            raise ConfigurationError("base-url: give either --generator or --base-url, not both")
        if self.model is not None and self.base_url is None:
            raise ConfigurationError("model: names a model of a server; give its --base-url too")
        if self.generator == NONE:
            raise ConfigurationError("generator: something has to generate; leave the option out")
        _check_folder("generator", self.generator)

    @property
    def base_urls(self) -> list[str]:
        """The servers, each by itself."""
        given = ",".join(self.base_url or ())
        return [url.strip() for url in given.split(",") if url.strip()]

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded model generates."""
        return self.base_url is None and self.generator in (None, EMBEDDED)

    @property
    def generator_name(self) -> str:
        """The generator in words; never with a password that may stand in its URL."""
        if self.base_url is None:
            return self.generator or EMBEDDED
        urls = ", ".join(map(without_password, self.base_urls))
        return f"{self.model} at {urls}" if self.model else urls

    def make_solver(self, sampling: SamplingOptions, **arguments: Any) -> Solver:
        """A solver that draws with it; ``arguments`` are further ones of ``Solver``."""
        usual = Sampling(temperature=TEMPERATURE) if self.is_embedded else Sampling()
        return Solver(
            generator=None if self.base_url else self.generator or EMBEDDED,
            base_url=self.base_urls or None,
            model=self.model,
            api_key=self.api_key,
            sampling=sampling.over(usual),
            **arguments,
        )


@dataclass(frozen=True, kw_only=True)
class Models(GeneratorOptions):
    """What generates and what scores, as given on the command line."""

    verifier: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL|URL|embedded|self|none",
            help="What scores the steps: a reward model (its folder or its name on the Hugging "
            "Face hub), one on a vLLM server, or the generator's server as its own judge. "
            "(default: embedded for the embedded model, else none)",
            rich_help_panel=_MODELS,
        ),
    ] = None
    verifier_device: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[,NAME...]",
            help="Where a local reward model runs: cuda:0, cpu, cpu:2 for two processes, or "
            "several. (default: cpu)",
            rich_help_panel=_MODELS,
        ),
    ] = None
    verifier_dtype: Annotated[
        str | None,
        typer.Option(
            metavar="TYPE",
            help="Precision of a local reward model: float32, bfloat16, float16. "
            "(default: float32)",
            rich_help_panel=_MODELS,
        ),
    ] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (_is_served(self.verifier) or _is_repository(self.verifier)):
            _check_folder("verifier", self.verifier)
        runs_here = self._verifier_to_use is not None and not _is_served(self.verifier)
        for option, value in (
            ("verifier-device", self.verifier_device),
            ("verifier-dtype", self.verifier_dtype),
        ):
            if value is not None and not runs_here:
                raise ConfigurationError(
                    f"{option}: is for a reward model that runs here; give --verifier its folder or"
                    " its name on the hub, or leave the option out"
                )

    @property
    def verifier_name(self) -> str | None:
        """The verifier in words, ``None`` for none; never with a password that may stand in it."""
        name = self._verifier_to_use
        return without_password(name) if name and _is_served(name) else name

    @property
    def _verifier_to_use(self) -> str | None:
        if self.verifier is None:
            return EMBEDDED if self.is_embedded else None
        return None if self.verifier == NONE else self.verifier

    @property
    def default_strategy(self) -> Strategy:
        """What is used where nobody says how to search."""
        return Majority() if self.verifier_name is None else DVTS()

    def solver_for(
        self, strategies: Sequence[Strategy], search: SearchOptions, **arguments: Any
    ) -> Solver:
        """A solver for these strategies; without the verifier where none of them needs it.

        To start a process reward model costs seconds. ``arguments`` are further ones of
        ``Solver``. Raises ``ConfigurationError`` when a strategy needs a verifier that is missing.
        """
        needy = [name_of(strategy) for strategy in strategies if needs_verifier(strategy)]
        if needy and self.verifier_name is None:
            raise ConfigurationError(
                f"verifier: {needy[0]} scores steps, and there is no verifier; "
                "pass --verifier FOLDER, URL or self, or use majority or greedy"
            )
        return self.make_solver(
            search,
            verifier=self._make_verifier() if needy else None,
            aggregation=search.aggregation,
            budget=Budget(tokens=search.token_budget),
            speculate=search.speculate,
            **arguments,
        )

    def _make_verifier(self) -> Verifier | str | None:
        name, options = self._verifier_to_use, dict[str, Any]()
        if self.verifier_device is not None:
            options["devices"] = [part.strip() for part in self.verifier_device.split(",")]
        if self.verifier_dtype is not None:
            options["dtype"] = self.verifier_dtype
        if name is None or not options:
            return name
        return VerifierPool(PRM_PATH if name == EMBEDDED else name, **options)


def _check_folder(option: str, name: str | None) -> None:
    if name not in (None, EMBEDDED, NONE) and not (name and Path(name).is_dir()):
        raise ConfigurationError(f"{option}: no such folder: {name or repr(name)}")


def _is_served(verifier: str | None) -> bool:
    return verifier is not None and (verifier == SELF or "://" in verifier)


def _is_repository(verifier: str | None) -> bool:
    return verifier is not None and REPOSITORY.fullmatch(verifier) is not None


def without_password(url: str) -> str:
    """The same URL, fit to be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
