"""Opening: which model, how long a context, is it vLLM at all, and is anybody there."""

import asyncio
import socket
from typing import Any

import pytest

from tests.generation.fake_server import OPENAI, VLLM, FakeServer, Reply, Status
from tts_async.errors import (
    ConfigurationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
)
from tts_async.generation.detect import detect, detect_server
from tts_async.generation.openai import OpenAIGenerator
from tts_async.generation.vllm import VLLMGenerator
from tts_async.http import ServerAddress

MODELS = "/v1/models"


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("given", "root", "api"),
    [
        ("http://h:8000/v1", "http://h:8000", "http://h:8000/v1"),
        ("http://h:8000/v1/", "http://h:8000", "http://h:8000/v1"),
        ("http://h:8000", "http://h:8000", "http://h:8000/v1"),
        ("https://h/team/v1", "https://h/team", "https://h/team/v1"),
        ("https://h/openai", "https://h/openai", "https://h/openai"),
        ("http://[::1]:80/v1", "http://[::1]:80", "http://[::1]:80/v1"),
        ("http://me:secret@h/v1", "http://h", "http://h/v1"),
    ],
)
def test_addresses(given: str, root: str, api: str) -> None:
    """With and without /v1, below a path, and never with the password in it."""
    address = ServerAddress.parse(given)
    assert (address.root, address.api) == (root, api)
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    "given",
    ["localhost:8000", "ftp://h/v1", "http://", "http://h:x/v1", "http://[h/v1", "http://h/v1?a=1"],
)
def test_addresses_that_are_none(given: str) -> None:
    """The message quotes what was given and shows how it should look."""
    with pytest.raises(ConfigurationError, match=r"base_url: .*for example") as caught:
        ServerAddress.parse(given)
    assert given in str(caught.value)


def test_a_bad_address_does_not_show_its_password() -> None:
    """Not even when it is the address that is wrong."""
    with pytest.raises(ConfigurationError) as caught:
        ServerAddress.parse("ftp://me:hunter22@h/v1")
    assert "hunter22" not in str(caught.value)


async def test_address_and_key_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_BASE_URL and OPENAI_API_KEY are what they are for every other client."""
    async with FakeServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-from-environment")
        async with VLLMGenerator():
            assert server.headers["Authorization"] == "Bearer sk-from-environment"
        async with VLLMGenerator(api_key="sk-argument"):
            assert server.headers["Authorization"] == "Bearer sk-argument"


async def test_no_address_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither argument nor environment: said at construction."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ConfigurationError, match="OPENAI_BASE_URL"):
        VLLMGenerator()


async def test_the_only_model_is_found() -> None:
    """Nothing but the URL is needed; without /v1 is fine too."""
    async with FakeServer() as server:
        for url in (server.base_url, server.base_url.removesuffix("/v1")):
            async with VLLMGenerator(url) as generator:
                assert (generator.model, generator.context_length) == ("tiny", 4096)


async def test_several_models_are_listed() -> None:
    """A choice is the user's; a wrong name is answered with the right ones."""
    async with FakeServer() as server:
        server.models = [{"id": "big"}, {"id": "small", "max_model_len": 99}]
        with pytest.raises(ConfigurationError, match=r"pass model=; it serves 'big', 'small'"):
            await VLLMGenerator(server.base_url).__aenter__()
        with pytest.raises(ConfigurationError, match=r"does not serve 'tiny'; it serves 'big', "):
            await VLLMGenerator(server.base_url, "tiny").__aenter__()
        async with VLLMGenerator(server.base_url, "small") as generator:
            assert generator.context_length == 99


async def test_an_adapter_has_the_context_of_its_base() -> None:
    """A LoRA adapter is listed without a length."""
    async with FakeServer() as server:
        base = {"id": "base", "max_model_len": 512}
        server.models = [base, {"id": "lora", "parent": "base", "max_model_len": None}]
        async with VLLMGenerator(server.base_url, "lora") as generator:
            assert generator.context_length == 512


async def test_a_dead_port_is_clear_and_quick() -> None:
    """The URL and what to do, within seconds."""
    url = f"http://127.0.0.1:{free_port()}/v1"
    for generator in (VLLMGenerator(url), OpenAIGenerator(url, "m")):
        with pytest.raises(GeneratorUnavailable) as caught:
            async with asyncio.timeout(30):  # to retry as long as a search would takes minutes
                await generator.__aenter__()
        assert url in str(caught.value)
        assert "start the server, or correct base_url" in str(caught.value)


async def test_a_locked_door() -> None:
    """401 is not retried; the server's words and the fix are in the message."""
    async with FakeServer() as server:
        server.fail(MODELS, Status(401, {"error": "Unauthorized"}))
        with pytest.raises(GeneratorRejected, match=r"401: Unauthorized; check api_key"):
            await VLLMGenerator(server.base_url).__aenter__()
        assert server.counts[MODELS] == 1


@pytest.mark.parametrize("reply", [{}, {"data": None}, {"data": [1]}, {"data": [{"id": 3}]}, 7])
async def test_a_list_that_is_none(reply: Any) -> None:
    """Something answers, but it is no model server."""
    async with FakeServer() as server:
        server.fail(MODELS, *[Reply(reply)] * 3)
        with pytest.raises(MalformedResponse, match="no list of models"):
            await VLLMGenerator(server.base_url).__aenter__()


async def test_not_a_vllm_server() -> None:
    """A server without token ids is pointed to the generator that fits it."""
    async with FakeServer(extras=OPENAI) as server:
        with pytest.raises(ConfigurationError, match=r"use OpenAIGenerator"):
            await VLLMGenerator(server.base_url).__aenter__()


@pytest.mark.parametrize(
    ("extras", "kind"),
    [
        (VLLM, "vllm"),
        (VLLM - {"/version"}, "vllm"),
        (VLLM - {"/tokenize"}, "openai"),
        (OPENAI, "openai"),
    ],
)
async def test_detection(extras: frozenset[str], kind: str) -> None:
    """It is vLLM if it says so and hands out token ids."""
    async with FakeServer(extras=extras) as server:
        assert await detect(server.base_url) == kind
        expected = VLLMGenerator if kind == "vllm" else OpenAIGenerator
        async with await detect_server(server.base_url) as generator:
            assert type(generator) is expected


async def test_detection_without_a_list_of_models() -> None:
    """A server that lists nothing is still told apart; a dead one is an error."""
    async with FakeServer() as server:
        server.fail(MODELS, Status(404))
        assert await detect(server.base_url) == "vllm"
    with pytest.raises(GeneratorUnavailable, match="start the server"):
        await detect(f"http://127.0.0.1:{free_port()}")


async def test_a_llama_cpp_like_tokenizer_is_not_vllm() -> None:
    """It has a /tokenize, but of another kind."""
    async with FakeServer() as server:
        server.fail("/tokenize", Reply({"tokens": []}))
        assert await detect(server.base_url) == "openai"
