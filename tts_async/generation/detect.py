"""Which of the server generators a URL, or a list of them, needs: ``base_url=`` is enough.

vLLM is what calls itself so (``/version``, or as the owner of its models) *and* hands out token ids
at ``/tokenize``: other servers have one or the other, and a gateway in front of a vLLM may pass on
neither. Whatever else answers is an OpenAI-compatible server.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from ssl import SSLContext
from typing import Any, Literal

from tts_async.concurrency import gather
from tts_async.errors import (
    ConfigurationError,
    GenerationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
)
from tts_async.generation.openai import OpenAIGenerator
from tts_async.generation.replicas import ReplicatedGenerator
from tts_async.generation.vllm import VLLMGenerator
from tts_async.http.address import ServerAddress
from tts_async.http.credentials import Credentials
from tts_async.http.discovery import list_models
from tts_async.http.retry import FAIL_FAST, ONCE, RetryPolicy
from tts_async.http.transport import Transport

ServerKind = Literal["vllm", "openai"]

DETECT_SECONDS = 10.0


ServerGenerator = VLLMGenerator | OpenAIGenerator


async def detect_servers(
    base_urls: Sequence[str],
    *,
    model: str | None = None,
    api_key: str | None = None,
    headers: Mapping[str, str] | None = None,
    ssl: SSLContext | bool | None = None,
    retry: RetryPolicy | None = None,
) -> ServerGenerator | ReplicatedGenerator:
    """A generator over all servers of one model, not opened yet; just that server's for one.

    ``retry``: how long a request may be in trouble, with all of them where there are several.

    What does not answer now is taken to be what the others are: it may yet. Raises
    ``ConfigurationError``, and ``GeneratorUnavailable`` when nothing answers at all.
    """
    addresses = [ServerAddress.parse(url) for url in base_urls]
    names = [str(address) for address in addresses]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice or not names:
        wrong = f"{twice[0]} is given twice" if twice else "the list is empty"
        raise ConfigurationError(f"base_url: {wrong}; give the URL of every replica once")
    if len(names) == 1:
        return await detect_server(
            base_urls[0], model=model, api_key=api_key, headers=headers, ssl=ssl, retry=retry
        )
    kinds = await gather(
        *(_detect_if_there(url, api_key=api_key, headers=headers, ssl=ssl) for url in base_urls)
    )
    found = {kind for kind in kinds if isinstance(kind, str)}
    if not found:
        raise GeneratorUnavailable(f"none of the replicas answers: {'; '.join(map(str, kinds))}")
    if len(found) > 1:
        vllm = ", ".join(name for name, kind in zip(names, kinds, strict=True) if kind == "vllm")
        raise ConfigurationError(
            f"base_url: replicas must be servers of one kind; of these only {vllm} is vLLM"
        )
    make = VLLMGenerator if "vllm" in found else OpenAIGenerator
    return ReplicatedGenerator(
        [
            make(url, model, api_key=api_key, headers=headers, ssl=ssl, retry=FAIL_FAST)
            for url in base_urls
        ],
        retry=retry,
    )


async def detect_server(
    base_url: str | None,
    *,
    model: str | None = None,
    api_key: str | None = None,
    headers: Mapping[str, str] | None = None,
    ssl: SSLContext | bool | None = None,
    retry: RetryPolicy | None = None,
) -> ServerGenerator:
    """A generator for the server at ``base_url``, not opened yet.

    Raises ``ConfigurationError``, and ``GeneratorUnavailable`` when nothing answers.
    """
    kind = await detect(base_url, api_key=api_key, headers=headers, ssl=ssl)
    make = VLLMGenerator if kind == "vllm" else OpenAIGenerator
    return make(base_url, model, api_key=api_key, headers=headers, ssl=ssl, retry=retry)


async def detect(
    base_url: str | None,
    *,
    api_key: str | None = None,
    headers: Mapping[str, str] | None = None,
    ssl: SSLContext | bool | None = None,
) -> ServerKind:
    """``"vllm"`` or ``"openai"``; raises ``GeneratorUnavailable`` when nothing answers."""
    address = ServerAddress.parse(base_url)
    credentials = Credentials(api_key, headers, userinfo=address.userinfo)
    transport = Transport(address, credentials, timeout=DETECT_SECONDS, ssl=ssl)
    await transport.open()
    try:
        return "vllm" if await _is_vllm(transport) else "openai"
    finally:
        await transport.aclose()


async def _detect_if_there(base_url: str, **access: Any) -> ServerKind | GeneratorUnavailable:
    try:
        return await detect(base_url, **access)
    except GeneratorUnavailable as error:
        return error


async def _is_vllm(transport: Transport) -> bool:
    root = transport.address.root
    try:
        owners = {model.owner for model in await list_models(transport)}
    except (MalformedResponse, GeneratorRejected):
        owners = set()  # no list of models, or not for us: the generator will say so in its turn
    if "vllm" not in owners:
        version = partial(transport.get, f"{root}/version")
        if not await _answers(version, _has_version):
            return False
    tokenize = partial(transport.post, f"{root}/tokenize", b'{"prompt": "a"}')
    return await _answers(tokenize, _has_tokens)


async def _answers(ask: Callable[..., Any], parse: Callable[[Any], bool]) -> bool:
    try:
        return bool(await ask(parse, ONCE))
    except GenerationError:
        return False


def _has_version(reply: Any) -> bool:
    return isinstance(reply, dict) and isinstance(reply.get("version"), str)


def _has_tokens(reply: Any) -> bool:
    # llama.cpp has a /tokenize too; it neither counts nor understands "prompt".
    return isinstance(reply, dict) and bool(reply.get("tokens")) and bool(reply.get("count"))
