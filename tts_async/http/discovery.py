"""What is this server, and what does it serve?

Asked once, when a generator opens, and with little patience: at that moment a dead server is a
typing error in the URL far more often than a restart, and the user is watching.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tts_async.errors import ConfigurationError, GeneratorUnavailable, MalformedResponse
from tts_async.http.retry import RetryPolicy
from tts_async.http.transport import Transport

QUICK = RetryPolicy(attempts=3, seconds=2.0, first_wait=0.2, longest_wait=0.5)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One entry of ``/v1/models``; ``context_length`` in tokens, where the server tells it.

    ``root`` is what it was loaded from, a folder or a name on a hub, where the server tells that.
    """

    id: str
    context_length: int | None = None
    owner: str | None = None
    root: str | None = None


def parse_models(reply: Any) -> tuple[ServedModel, ...]:
    """The models in an answer of ``/v1/models``; raises ``MalformedResponse``."""
    entries = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("id"), str) for entry in entries
    ):
        raise MalformedResponse("no list of models")
    lengths = {entry["id"]: _length(entry) for entry in entries}
    return tuple(
        # vLLM gives an adapter no length of its own: it has that of the model it sits on.
        ServedModel(
            id=entry["id"],
            context_length=lengths[entry["id"]] or lengths.get(str(entry.get("parent"))),
            owner=entry.get("owned_by"),
            root=entry.get("root"),
        )
        for entry in entries
    )


def choose_model(served: Sequence[ServedModel], wanted: str | None, where: str) -> ServedModel:
    """The model that is wanted, or the only one; ``ConfigurationError`` lists the others."""
    names = ", ".join(repr(model.id) for model in served) or "none"
    if wanted is not None:
        for model in served:
            if model.id == wanted:
                return model
        raise ConfigurationError(f"model: {where} does not serve {wanted!r}; it serves {names}")
    if len(served) != 1:
        raise ConfigurationError(
            f"model: cannot choose one of the models at {where}, pass model=; it serves {names}"
        )
    return served[0]


async def list_models(transport: Transport) -> tuple[ServedModel, ...]:
    """Ask for the models; a server that cannot be reached says so within seconds."""
    try:
        return await transport.get(f"{transport.address}/models", parse_models, QUICK)
    except GeneratorUnavailable as error:
        raise unreachable(error) from error.__cause__


def unreachable(error: GeneratorUnavailable) -> GeneratorUnavailable:
    """The same error, with what to do about it."""
    return GeneratorUnavailable(f"{error}; start the server, or correct base_url")


def _length(entry: dict[str, Any]) -> int | None:
    length = entry.get("max_model_len")
    return length if isinstance(length, int) and length > 0 else None
