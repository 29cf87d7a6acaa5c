"""From the model options of a command to a ``Solver``."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tts_async.embedded import PRM_PATH, TEMPERATURE
from tts_async.errors import ConfigurationError
from tts_async.inference.hub import REPOSITORY
from tts_async.solver import Solver
from tts_async.strategies import Greedy, Strategy, name_of, needs_verifier
from tts_async.types.generation import Sampling
from tts_async.types.verification import Verifier
from tts_async.verifiers import VerifierPool

EMBEDDED = "embedded"
NONE = "none"
SELF = "self"


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What generates and what scores, as given on the command line.

    Raises ``ConfigurationError`` for options that contradict each other and folders that are not
    there: wrong use is worth noticing before anything is started.
    """

    generator: str | None = None
    base_url: Sequence[str] | None = None
    model: str | None = None
    api_key: str | None = None
    verifier: str | None = None
    verifier_device: str | None = None
    verifier_dtype: str | None = None

    def __post_init__(self) -> None:
        if self.base_url is not None and not self.base_urls:
            raise ConfigurationError("base-url: it is empty; give a URL, such as http://HOST:8000")
        if self.base_url is not None and self.generator is not None:
            raise ConfigurationError("base-url: give either --generator or --base-url, not both")
        if self.model is not None and self.base_url is None:
            raise ConfigurationError("model: names a model of a server; give its --base-url too")
        elsewhere = _is_served(self.verifier) or _is_repository(self.verifier)
        verifier_folder = None if elsewhere else self.verifier
        for option, folder in (("generator", self.generator), ("verifier", verifier_folder)):
            if folder not in (None, EMBEDDED, NONE) and not Path(str(folder)).is_dir():
                raise ConfigurationError(f"{option}: no such folder: {folder}")
        for option, value in (
            ("verifier-device", self.verifier_device),
            ("verifier-dtype", self.verifier_dtype),
        ):
            if value is not None and (_is_served(self.verifier) or not self._verifier_to_use):
                raise ConfigurationError(
                    f"{option}: is for a reward model that runs here; give --verifier its folder or"
                    " its name on the hub, or leave the option out"
                )
        if self.generator == NONE:
            raise ConfigurationError("generator: something has to generate; leave the option out")

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
    def generator_name(self) -> str:
        """The generator in words; never with a password that may stand in its URL."""
        if self.base_url is None:
            return self.generator or EMBEDDED
        urls = ", ".join(map(without_password, self.base_urls))
        return f"{self.model} at {urls}" if self.model else urls

    def make_solver(self, strategies: Sequence[Strategy], **arguments: Any) -> Solver:
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
        verifier = self._make_verifier() if needy else None
        return Solver(
            generator=None if self.base_url else self.generator or EMBEDDED,
            base_url=self.base_urls or None,
            model=self.model,
            api_key=self.api_key,
            verifier=verifier,
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

    def sampling(
        self, temperature: float | None, top_p: float | None, max_tokens: int | None
    ) -> Sampling | None:
        """The sampling asked for; ``None``, the generator's own, where nothing was.

        Raises ``ConfigurationError`` for values that no generator takes.
        """
        if temperature is not None and not 0 <= temperature < math.inf:
            raise ConfigurationError(f"temperature: must be 0 or more, got {temperature}")
        if top_p is not None and not 0 < top_p <= 1:
            raise ConfigurationError(f"top-p: must be above 0 and at most 1, got {top_p}")
        if max_tokens is not None and max_tokens < 1:
            raise ConfigurationError(f"max-tokens: must be at least 1, got {max_tokens}")
        asked = {"temperature": temperature, "top_p": top_p, "max_tokens": max_tokens}
        given: dict[str, Any] = {key: value for key, value in asked.items() if value is not None}
        base = Sampling(temperature=TEMPERATURE) if self.is_embedded else Sampling()
        return replace(base, **given) if given else None


def _is_served(verifier: str | None) -> bool:
    return verifier is not None and (verifier == SELF or "://" in verifier)


def _is_repository(verifier: str | None) -> bool:
    return verifier is not None and REPOSITORY.fullmatch(verifier) is not None


def without_password(url: str) -> str:
    """The same URL, fit to be shown."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def reject_unused(
    strategies: Sequence[Strategy], *, aggregation: str | None, temperature: float | None
) -> None:
    """Raise ``ConfigurationError`` for an option that would change nothing for any of them."""
    names = " and ".join(dict.fromkeys(map(name_of, strategies)))
    if aggregation is not None and not any(map(needs_verifier, strategies)):
        raise ConfigurationError(f"aggregation: {names} needs no scores; leave the option out")
    if temperature and all(isinstance(strategy, Greedy) for strategy in strategies):
        raise ConfigurationError(f"temperature: {names} always uses 0; leave the option out")
