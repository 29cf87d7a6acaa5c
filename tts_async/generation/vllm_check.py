"""Questions to a vLLM server that no search asks: what can it do, and is it well?

Each is asked of the server itself rather than read off its version: what it was started with, and
what a gateway in front of it lets through, decide more than its age.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from tts_async.errors import (
    GenerationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
)
from tts_async.http.discovery import QUICK, ServedModel, choose_model, parse_models
from tts_async.http.retry import ONCE, RetryPolicy
from tts_async.http.transport import Transport
from tts_async.http.vllm_tokenize import encode
from tts_async.types.checkup import Feature
from tts_async.types.scheduling import ServerLoad

PREFIX_CACHING = re.compile(
    r'^vllm:cache_config_info\{.*\benable_prefix_caching="(\w+)"', re.MULTILINE
)
BLOCK_SIZE = re.compile(r'^vllm:cache_config_info\{.*\bblock_size="(\d+)"', re.MULTILINE)
REQUESTS = r"^vllm:num_requests_%s\{[^}]*\} ([0-9.e+]+)$"
RUNNING = re.compile(REQUESTS % "running", re.MULTILINE)
WAITING = re.compile(REQUESTS % "waiting", re.MULTILINE)
HITS = re.compile(r"^vllm:prefix_cache_hits(?:_total)?\{", re.MULTILINE)


async def ask_for_a_token(
    transport: Transport,
    model: str,
    parse: Callable[[Any], Any],
    retry: RetryPolicy | None = None,
    **options: Any,
) -> Any:
    """The smallest completion there is."""
    body = {"model": model, "prompt": "1", "max_tokens": 1, "seed": 0, **options}
    url = f"{transport.address.root}/v1/completions"
    return await transport.post(url, encode(body), parse, retry)


async def accepts_priority(
    transport: Transport, model: str, retry: RetryPolicy | None = None
) -> bool:
    """Whether a request may say how urgent it is.

    Some versions answer 400 unless started with ``--scheduling-policy priority``; 0.32 takes the
    field in any case, and heeds it with that flag only.
    """
    try:
        await ask_for_a_token(transport, model, _first_choice, retry, priority=1)
    except GeneratorRejected:
        return False
    return True


async def check_health(transport: Transport, served: ServedModel, *, deep: bool) -> None:
    """Raise ``GenerationError`` unless it answers and serves the same; ``deep``: generates."""
    models = await transport.get(f"{transport.address}/models", parse_models, ONCE)
    where = str(transport.address)
    if choose_model(models, served.id, where).context_length != served.context_length:
        raise GeneratorUnavailable(f"{where}: {served.id!r} came back with another context length")
    if deep:
        await ask_for_a_token(transport, served.id, _first_choice, ONCE)


async def read_version(transport: Transport) -> str | None:
    """What ``/version`` says, if anything."""
    try:
        return await transport.get(f"{transport.address.root}/version", _parse_version, ONCE)
    except GenerationError:
        return None


async def read_load(transport: Transport) -> ServerLoad:
    """What ``/metrics`` says of the server's queue, all its engines together, if anything."""
    overloads = transport.statistics().overloads
    try:
        text = await transport.read(f"{transport.address.root}/metrics", ONCE)
    except GenerationError:
        return ServerLoad(None, None, overloads)
    running, waiting = RUNNING.findall(text), WAITING.findall(text)
    if not running or not waiting:
        return ServerLoad(None, None, overloads)
    return ServerLoad(_total(running), _total(waiting), overloads)


async def find_features(transport: Transport, model: str) -> tuple[Feature, ...]:
    """What works; raises ``GeneratorUnavailable`` when the server stops answering."""
    return (
        await _check_token_ids(transport, model),
        await _check_logprobs(transport, model),
        await _check_priority(transport, model),
        *await _check_metrics(transport),
    )


async def _check_token_ids(transport: Transport, model: str) -> Feature:
    found = partial(
        Feature, name="token ids", fix="serve the model with vLLM 0.11 or later, without a gateway"
    )
    try:
        await ask_for_a_token(transport, model, _token_ids, QUICK, n=2, return_token_ids=True)
    except (GeneratorRejected, MalformedResponse) as error:
        return found(works=False, detail=str(error))
    return found(works=True, detail="paths are continued exactly, step by step")


async def _check_logprobs(transport: Transport, model: str) -> Feature:
    found = partial(
        Feature, name="logprobs", optional=True, fix="start vLLM with --max-logprobs of 1 or more"
    )
    try:
        works = await ask_for_a_token(transport, model, _has_logprobs, QUICK, logprobs=1)
    except (GeneratorRejected, MalformedResponse) as error:
        return found(works=False, detail=str(error))
    return found(works=works)


async def _check_priority(transport: Transport, model: str) -> Feature:
    found = partial(
        Feature, name="priority", optional=True, fix="start vLLM with --scheduling-policy priority"
    )
    if not await accepts_priority(transport, model, QUICK):
        return found(works=False, detail="the server refuses the field, so it is not sent")
    return found(
        works=None, detail="accepted; whether the server heeds it cannot be seen from outside"
    )


async def _check_metrics(transport: Transport) -> tuple[Feature, Feature]:
    counted = partial(
        Feature, name="prefix cache metrics", optional=True, fix="let /metrics through to clients"
    )
    caching = partial(
        Feature, name="prefix caching", optional=True, fix="start vLLM with --enable-prefix-caching"
    )
    try:
        text = await transport.read(f"{transport.address.root}/metrics", ONCE)
    except GenerationError as error:
        return caching(works=None, detail="no metrics"), counted(works=False, detail=str(error))
    enabled, size = PREFIX_CACHING.search(text), BLOCK_SIZE.search(text)
    works = None if enabled is None else enabled[1] == "True"
    detail = f"in blocks of {size[1]} tokens" if size and works else ""
    return caching(works=works, detail=detail), counted(works=HITS.search(text) is not None)


def _first_choice(reply: Any) -> dict[str, Any]:
    choices = reply.get("choices") if isinstance(reply, dict) else None
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise MalformedResponse("no choices in the answer")
    return choices[0]


def _token_ids(reply: Any) -> None:
    if not isinstance(_first_choice(reply).get("token_ids"), list):
        raise MalformedResponse("a choice has no token_ids")


def _has_logprobs(reply: Any) -> bool:
    return bool(_first_choice(reply).get("logprobs"))


def _parse_version(reply: Any) -> str | None:
    version = reply.get("version") if isinstance(reply, dict) else None
    return version if isinstance(version, str) else None


def _total(numbers: list[str]) -> int:
    return round(sum(map(float, numbers)))
