"""Tracing as a program switches it on: real export to a collector, in a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tts_async.errors import ConfigurationError
from tts_async.observe.tracing import configure_tracing, trace_requests, trace_searches

PROGRAM = """
import asyncio
from tts_async import Solver
from tts_async.observe.tracing import configure_tracing, trace_searches
from tts_async.testing import RandomGenerator

async def main():
    async with Solver(generator=RandomGenerator(), observers=[trace_searches()]) as solver:
        await solver.solve("p", strategy="greedy")

finish = configure_tracing()
asyncio.run(main())
finish()
"""


@pytest.fixture
async def collector() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Where spans are sent, and what arrived."""
    arrived: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        arrived.append(await request.read())
        return web.Response(content_type="application/x-protobuf")

    app = web.Application()
    app.router.add_post("/v1/traces", take)
    async with TestServer(app) as server:
        yield str(server.make_url("")), arrived


@pytest.mark.parametrize(
    ("given", "name"), [({}, "tts-async"), ({"OTEL_SERVICE_NAME": "mine"}, "mine")]
)
async def test_spans_reach_the_collector(
    collector: tuple[str, list[bytes]], given: dict[str, str], name: str
) -> None:
    """Where the environment says it is, under the name that it says."""
    url, arrived = collector
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": url, **given}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
    found = ExportTraceServiceRequest.FromString(b"".join(arrived))
    (resource,) = found.resource_spans
    described = {item.key: item.value.string_value for item in resource.resource.attributes}
    assert described["service.name"] == name
    assert "service.version" in described
    names = [span.name for scope in resource.scope_spans for span in scope.spans]
    assert sorted(names) == ["expand", "solve"]


@pytest.mark.parametrize("make", [trace_searches, trace_requests, configure_tracing])
def test_a_missing_package_is_named(make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    for name in [*sys.modules]:
        if name.startswith(("opentelemetry", "tts_async.observe.tracing.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert callable(make)
    with pytest.raises(ConfigurationError, match=r"pip install 'tts-async\[tracing\]'"):
        make()
