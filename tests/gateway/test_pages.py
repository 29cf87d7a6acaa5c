"""Everything beside chat completions: models, health, readiness, and what is not there."""

import asyncio
import gzip
import json
from typing import Any

import pytest

from tests.gateway.served import boxed, random_trees, scripted, serving
from tts_async import Solver
from tts_async.errors import ConfigurationError, GeneratorUnavailable
from tts_async.gateway import GatewaySettings, make_app
from tts_async.gateway.readiness import READINESS
from tts_async.testing import ScriptedGenerator
from tts_async.types.checkup import ServiceReport


async def test_models() -> None:
    """A list, and each by itself, also one that is not in it."""
    async with serving(random_trees(), aliases={"gpt-4o": "dvts-4"}) as gateway:
        status, listed = await gateway.get("/v1/models")
        names = [model["id"] for model in listed["data"]]
        assert (status, listed["object"]) == (200, "list")
        assert names[:3] == ["default", "gpt-4o", "greedy"]
        assert await gateway.get("/v1/models/greedy") == (200, listed["data"][2])
        assert (await gateway.get("/v1/models/beam-12"))[1]["id"] == "beam-12"
        status, body = await gateway.get("/v1/models/gpt-5")
        assert (status, body["error"]["code"]) == (404, "model_not_found")


async def test_health_asks_nobody() -> None:
    """Only whether the process answers."""
    async with serving(scripted(GeneratorUnavailable("away"))) as gateway:
        assert await gateway.get("/health") == (200, {"status": "ok"})


class Checked(ScriptedGenerator):
    """A generator that can be asked how it is."""

    def __init__(self, *errors: str | None) -> None:
        super().__init__({"": [boxed("7")]})
        self.errors = errors
        self.checks = 0
        self.gone = False

    async def check(self) -> list[ServiceReport]:
        """A replica for every error, or none for ``None``."""
        self.checks += 1
        await asyncio.sleep(0.01)
        if self.gone:
            raise GeneratorUnavailable("http://secret:8000")
        return [ServiceReport(role="generator", kind="fake", error=error) for error in self.errors]


@pytest.mark.parametrize(
    ("errors", "status"), [([None], 200), (["away"], 503), (["away", None], 200)]
)
async def test_ready_means_that_something_can_generate(errors: list[Any], status: int) -> None:
    """One of several replicas is enough."""
    async with serving(Solver(generator=Checked(*errors))) as gateway:
        got, body = await gateway.get("/ready")
    assert got == status
    assert body == (
        {"status": "ready"} if status == 200 else {"status": "not ready", "failing": ["generator"]}
    )


async def test_ready_asks_once_for_all() -> None:
    """However many ask, and again when the answer is old."""
    generator = Checked(None)
    async with serving(Solver(generator=generator), ready_seconds=3600) as gateway:
        await asyncio.gather(*(gateway.get("/ready") for _ in range(20)))
        assert generator.checks == 1
        generator.gone = True
        assert (await gateway.get("/ready"))[0] == 200
        gateway.server.app[READINESS]._looked -= 3600  # type: ignore[operator]
        assert (await gateway.get("/ready"))[0] == 503
        assert generator.checks == 2


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "unknown_url"),
        ("POST", "/v1/completions", 404, "unknown_url"),
        ("GET", "/v1/../v1/models/../../etc/passwd", 404, "unknown_url"),
        ("GET", "/v1/models/..%2f..%2fetc%2fpasswd", 404, "model_not_found"),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("DELETE", "/v1/models/greedy", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there(method: str, path: str, status: int, code: str) -> None:
    """In the shape of every other error."""
    async with serving(random_trees()) as gateway:
        url = gateway.server.make_url("/").with_path(path, encoded=True)
        async with gateway.session.request(method, url) as response:
            assert (response.status, (await response.json())["error"]["code"]) == (status, code)
            assert ("Allow" in response.headers) == (status == 405)


async def test_bodies_that_are_not_taken() -> None:
    """Too large, also when unpacked; of another kind; too slow."""
    async with serving(random_trees(), max_body_bytes=5000, client_seconds=1) as gateway:
        status, body = await gateway.ask(question="x" * 5000)
        assert (status, body["error"]["code"]) == (413, "request_too_large")
        packed = gzip.compress(json.dumps({"model": "x" * 100_000}).encode())
        status, body = await gateway.post(packed, headers={"Content-Encoding": "gzip"})
        assert (status, body["error"]["code"]) == (413, "request_too_large")
        status, body = await gateway.post(b"not gzip", headers={"Content-Encoding": "gzip"})
        assert (status, body["error"]["type"]) == (400, "invalid_request_error")
        status, body = await gateway.post({}, headers={"Content-Type": "text/plain"})
        assert (status, body["error"]["code"]) == (415, "unsupported_media_type")

        async def slowly() -> Any:
            yield b"{"
            await asyncio.sleep(2)
            yield b"}"

        async with gateway.session.post(
            f"{gateway.url}/chat/completions",
            data=slowly(),
            headers={"Content-Type": "application/json"},
        ) as response:
            assert response.status == 408
            assert (await response.json())["error"]["code"] == "request_timeout"


@pytest.mark.parametrize(
    "settings",
    [
        {"max_choices": 0},
        {"client_seconds": 0},
        {"keep_alive_seconds": -1},
        {"max_seconds": float("nan")},
        {"max_queued": -1},
    ],
)
def test_settings_that_let_nothing_through(settings: Any) -> None:
    """Are refused by name."""
    with pytest.raises(ConfigurationError, match=next(iter(settings))):
        GatewaySettings(**settings)


def test_settings_that_may_be_zero() -> None:
    """No queue, no patience: odd, but clear."""
    GatewaySettings(max_queued=0, progress_seconds=0, ready_seconds=0, drain_seconds=0)


def test_an_alias_that_leads_nowhere() -> None:
    """Is found before anybody asks for it."""
    with pytest.raises(ConfigurationError, match="aliases"):
        make_app(scripted(), GatewaySettings(aliases={"gpt-4o": "dvts-x"}))
