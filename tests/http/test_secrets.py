"""Keys and headers go to the server and nowhere else."""

import logging
import traceback

import pytest

from tests.generation.fake_server import FakeServer, Naps, Reset, Status, expansion
from tts_async.errors import ConfigurationError, GenerationError
from tts_async.generation.openai import OpenAIGenerator
from tts_async.generation.vllm import VLLMGenerator
from tts_async.http import Credentials

KEY = "sk-very-secret-key"
TOKEN = "tenant-token-12345"
SALT = "salt-nobody-may-see"


async def test_they_reach_the_server() -> None:
    """The key as a bearer token, headers as given; a password in the URL as basic auth."""
    async with FakeServer() as server:
        async with VLLMGenerator(server.base_url, api_key=f"{KEY}\n", headers={"X-Team": TOKEN}):
            assert server.headers["Authorization"] == f"Bearer {KEY}"
            assert server.headers["X-Team"] == TOKEN
        async with VLLMGenerator(server.base_url.replace("127", "me:pass@127")):
            assert server.headers["Authorization"] == "Basic bWU6cGFzcw=="
        headers = {"authorization": "Custom scheme"}
        async with VLLMGenerator(server.base_url, api_key=KEY, headers=headers):
            assert server.headers["Authorization"] == "Custom scheme"


@pytest.mark.parametrize("make", [VLLMGenerator, OpenAIGenerator])
async def test_they_show_nowhere(
    make: type[VLLMGenerator] | type[OpenAIGenerator], caplog: pytest.LogCaptureFixture
) -> None:
    """Not in a repr, a log at DEBUG or a traceback, even when the server quotes them."""
    caplog.set_level(logging.DEBUG)
    shown = []
    async with FakeServer() as server:
        url = server.base_url.replace("127", "me:url-password@127")
        quote = {"error": {"message": f"Incorrect API key provided: {KEY} for team {TOKEN}"}}
        options = {"api_key": KEY, "headers": {"X-Team": TOKEN}, "retry": Naps().policy(attempts=2)}
        if make is VLLMGenerator:
            options["cache_salt"] = SALT
        generator = make(url, "tiny", **options)  # type: ignore[arg-type]
        shown.append(repr(generator))
        async with generator:
            shown.append(repr(vars(generator)))
            for path in ("/v1/completions", "/v1/chat/completions"):
                server.fail(path, Status(401, quote), Status(500, quote), Status(500, quote))
                server.fail(path, Reset(), Reset())
            for _ in range(3):
                with pytest.raises(GenerationError) as caught:
                    await generator.generate(expansion(stop=None))
                shown += traceback.format_exception(caught.value)
    shown += [record.getMessage() for record in caplog.records]
    for secret in (KEY, TOKEN, SALT, "url-password"):
        assert not [text for text in shown if secret in text]
    assert any("Incorrect API key provided: *** for team ***" in text for text in shown)


def test_credentials_show_only_names() -> None:
    """What is sent can be seen without seeing it."""
    credentials = Credentials(KEY, {"X-Team": TOKEN, "X-Env": "dev"})
    assert repr(credentials) == "<Credentials Authorization, X-Team, X-Env>"
    assert credentials.redact(f"{KEY} dev {TOKEN}") == "*** dev ***"


def test_a_broken_header_is_refused_without_showing_it() -> None:
    """A line break in a value would be a second header."""
    with pytest.raises(ConfigurationError, match="X-Team") as caught:
        Credentials(None, {"X-Team": f"{TOKEN}\r\nX-Evil: 1"})
    assert TOKEN not in str(caught.value)
    with pytest.raises(ConfigurationError, match=r"headers: expected a mapping .*, got list"):
        Credentials(None, [("X-Team", TOKEN)])  # type: ignore[arg-type]
