"""What the live page's routes answer, and to whom."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from tests.gateway.live.living import ADMIN, KEYS, MINE, OTHERS, live_app
from tests.patience import PATIENCE
from tts_async import Problem
from tts_async.gateway.live import routes
from tts_async.gateway.live.assets import read_assets

STRICT = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"


@asynccontextmanager
async def page(**options: Any) -> AsyncIterator[tuple[TestClient[Any, Any], Any, Any]]:
    """A client, the solver and the hub."""
    app, solver, hub = live_app(**options)
    async with TestClient(TestServer(app)) as client:
        yield client, solver, hub


async def frames(response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    """The frames of a stream."""
    async for line in response.content:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])


async def first(client: TestClient[Any, Any], key: str, query: str = "") -> dict[str, Any]:
    """The first frame that somebody gets."""
    headers = {"Authorization": f"Bearer {key}"}
    async with client.get(f"/live/events{query}", headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        assert "no-cache" in response.headers["Cache-Control"]
        return await anext(frames(response))


async def test_the_page_and_its_files() -> None:
    """All that the page names is there, under a policy that lets in nothing else."""
    async with page() as (client, _, _):
        async with client.get("/") as response:
            html = await response.text()
            assert response.content_type == "text/html"
        named = re.findall(r'(?:href|src)="(live/[^"]+)"', html)
        assert len(named) > 10
        modules = {name for name in read_assets() if name.endswith(".js")}
        assert {name.removeprefix("live/") for name in named} <= set(read_assets())
        for name in [*named, *(f"live/{module}" for module in modules)]:
            async with client.get(f"/{name}") as response:
                assert response.status == 200, name
                assert response.headers["Content-Security-Policy"].startswith(STRICT)
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                body, tag = await response.text(), response.headers["ETag"]
            imported = re.findall(r'from "\./([^"]+)"', body)
            assert set(imported) <= modules
            async with client.get(f"/{name}", headers={"If-None-Match": tag}) as response:
                assert (response.status, await response.read()) == (304, b"")


async def test_files_of_the_page_do_not_fill_the_log() -> None:
    """There are two dozen of them; that somebody opened the page is worth a line."""
    with capture_logs() as lines:
        async with page() as (client, _, _):
            for path in ("/", "/live/look.css", "/live/tree.css"):
                async with client.get(path) as response:
                    assert response.status == 200
    levels = [(line["path"], line["log_level"]) for line in lines if line["event"] == "request"]
    assert levels == [("/", "info"), ("/live/look.css", "debug"), ("/live/tree.css", "debug")]


async def test_nothing_in_the_page_is_inline_or_from_elsewhere() -> None:
    """The policy would stop it; here it is seen before a browser does."""
    html = read_assets()["index.html"].body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=|https?://", html)


@pytest.mark.parametrize(
    "path", ["/live/", "/live/nothing.js", "/live/..%2froutes.py", "/live/%2e%2e/__init__.py"]
)
async def test_other_files_are_not_there(path: str) -> None:
    """In OpenAI's shape, as everywhere."""
    async with page() as (client, _, _), client.get(path) as response:
        assert response.status == 404
        assert (await response.json())["error"]["code"] == "unknown_url"


async def test_a_stream_needs_a_key_that_is_known() -> None:
    """Where there are keys; and not in the address, where logs would keep it."""
    async with page(keys=KEYS) as (client, _, _):
        for headers, query in [
            ({}, ""),
            ({}, f"?key={MINE}&api_key={MINE}"),
            ({"Authorization": "Bearer wrong"}, ""),
        ]:
            async with client.get(f"/live/events{query}", headers=headers) as response:
                assert response.status == 401
                assert "error" in await response.json()
        async with client.get("/") as response:
            assert response.status == 200  # it has to be there to ask for the key


async def test_everybody_sees_their_own() -> None:
    """An admin sees all; the tree of another's search is no more than one that is not there."""
    async with page(keys=KEYS) as (client, solver, _):
        for tenant in ("me", "other"):
            await solver.solve(Problem(f"what {tenant} asked", tenant=tenant), strategy="greedy")
        mine = await first(client, MINE, "?tree_of=1")
        assert [record["problem"] for record in mine["searches"]] == ["what me asked"]
        assert (mine["known"], "tree" in mine) == ([0], False)
        theirs = await first(client, OTHERS, "?tree_of=1")
        assert [record["problem"] for record in theirs["searches"]] == ["what other asked"]
        assert len(theirs["tree"]["nodes"]) == 1
        everything = await first(client, ADMIN)
        assert len(everything["searches"]) == 2


async def test_the_machine() -> None:
    """Places of the gateway and slots of the lanes."""
    async with page(max_searches=7) as (client, _, _):
        machine = (await first(client, ""))["machine"]
        assert [(lane["name"], lane["capacity"]) for lane in machine["lanes"]] == [
            ("searches", 7),
            ("generation", 256),
            ("verification", 256),
        ]
        assert len(machine["tokens"]) == 60


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "9" * 30, "١"])  # noqa: RUF001
async def test_a_wrong_number(number: str) -> None:
    """Is refused by the name of its field."""
    wanted = {"tree_of": number}
    async with page() as (client, _, _), client.get("/live/events", params=wanted) as response:
        assert response.status == 400
        assert (await response.json())["error"]["param"] == "tree_of"


async def test_a_search_is_found_by_what_its_client_called_it() -> None:
    """Its request's ``user``."""
    async with page() as (client, _, _):
        body = {"model": "greedy", "user": "me-7", "messages": [{"role": "user", "content": "x"}]}
        async with client.post("/v1/chat/completions", json=body) as response:
            assert response.status == 200
        (record,) = (await first(client, ""))["searches"]
        assert (record["user"], record["state"]) == ("me-7", "finished")


async def test_streams_end_with_the_gateway_and_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody who looks on holds up a shutdown, or looks on for ever with a key that was taken."""
    async with page() as (client, _, hub), client.get("/live/events") as response:
        await anext(frames(response))
        hub.close()
        async with asyncio.timeout(PATIENCE):
            await response.read()
    monkeypatch.setattr(routes, "STREAM_SECONDS", 0.2)
    async with page() as (client, _, _), client.get("/live/events") as response:
        async with asyncio.timeout(PATIENCE):
            assert len([frame async for frame in frames(response)]) >= 1
