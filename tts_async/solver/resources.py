"""From what a user says to the generator and verifier that are opened.

Everything heavy is imported here, in the function that needs it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tts_async.errors import ConfigurationError
from tts_async.types.generation import Generator, Sampling
from tts_async.types.verification import Verifier

if TYPE_CHECKING:
    from tts_async.http.retry import RetryPolicy

EMBEDDED = "embedded"
SELF = "self"

GeneratorLike = Generator | Path | str
VerifierLike = Verifier | Callable[..., Any] | Path | str


def make_generator(generator: GeneratorLike | None) -> Generator:
    """A generator object, the folder of a local model, or ``None`` for the embedded one."""
    if generator is None or isinstance(generator, str | Path):
        from tts_async.embedded import GENERATOR_PATH, TEMPERATURE
        from tts_async.generation.local import LocalGenerator

        if generator is None or generator == EMBEDDED:
            return LocalGenerator(GENERATOR_PATH, sampling=Sampling(temperature=TEMPERATURE))
        return LocalGenerator(generator)
    if not callable(getattr(generator, "generate", None)):
        raise ConfigurationError(
            f"generator: {type(generator).__name__} has no generate() method; "
            "pass a Generator, the folder of a model, or base_url=..."
        )
    return generator


async def make_server_generator(
    base_urls: Sequence[str], model: str | None, api_key: str | None, retry: "RetryPolicy | None"
) -> Generator:
    """A generator for a server, or for several of one model, of the kind that fits them."""
    from tts_async.generation.detect import detect_servers

    return await detect_servers(base_urls, model=model, api_key=api_key, retry=retry)


def make_verifier(
    verifier: VerifierLike,
    *,
    base_urls: Sequence[str] = (),
    model: str | None = None,
    api_key: str | None = None,
    retry: "RetryPolicy | None" = None,
) -> Verifier:
    """A verifier object, a function, the folder or URL of a PRM, ``"embedded"`` or ``"self"``.

    The last is the generator's own server, which the other arguments are about, as a judge;
    ``retry`` is for every server.
    """
    if verifier == SELF:
        return _make_judge(base_urls, model, api_key, retry)
    if isinstance(verifier, str) and "://" in verifier:
        from tts_async.verifiers.vllm import VLLMVerifier

        return VLLMVerifier(verifier, retry=retry)
    if isinstance(verifier, str | Path):
        from tts_async.embedded import PRM_PATH
        from tts_async.verifiers.pool import VerifierPool

        return VerifierPool(PRM_PATH if verifier == EMBEDDED else verifier)
    if callable(getattr(verifier, "score", None)):
        return cast(Verifier, verifier)
    if callable(verifier):
        from tts_async.verifiers.function import FunctionVerifier

        return FunctionVerifier(verifier)
    raise ConfigurationError(
        f"verifier: {type(verifier).__name__} is neither a Verifier nor callable; pass one of "
        "these, the folder or URL of a process reward model, 'embedded' or 'self'"
    )


def _make_judge(
    base_urls: Sequence[str], model: str | None, api_key: str | None, retry: "RetryPolicy | None"
) -> Verifier:
    if len(base_urls) != 1:
        raise ConfigurationError(
            "verifier: 'self' has the generator's server judge its own steps, and takes one"
            " base_url=...; for anything else pass JudgeVerifier(base_url=...)"
        )
    from tts_async.verifiers.judge import JudgeVerifier

    return JudgeVerifier(base_urls[0], model, api_key=api_key, retry=retry)
