"""``--trace``: from a client's header over the gateway's searches to the collector."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tts_async.errors import ConfigurationError

SCRIPT = str(Path(__file__).with_name("parrot_command.py"))
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


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


@pytest.mark.parametrize("stream", [False, True])
async def test_the_gateway_continues_a_trace(
    collector: tuple[str, list[bytes]], *, stream: bool
) -> None:
    """Streaming or not; what is left at a signal is sent too."""
    url, arrived = collector
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, SCRIPT, "serve", "--port", "0", "--trace"),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": url},
    )
    assert process.stderr is not None
    found = re.search(r"listening on (\S+) ", (await process.stderr.readline()).decode())
    assert found
    ask = {"model": "greedy", "messages": [{"role": "user", "content": "say 7"}], "stream": stream}
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{found[1]}/chat/completions", json=ask, headers=headers) as response,
    ):
        assert response.status == 200
        await response.read()
    process.send_signal(signal.SIGTERM)
    await process.communicate()
    assert process.returncode == 0
    batch = ExportTraceServiceRequest.FromString(b"".join(arrived))
    spans = [s for r in batch.resource_spans for scope in r.scope_spans for s in scope.spans]
    (solve,) = [span for span in spans if span.name == "solve"]
    assert (solve.trace_id.hex(), solve.parent_span_id.hex()) == (TRACE, PARENT)
    assert {span.trace_id.hex() for span in spans} == {TRACE}
    assert b"say 7" not in b"".join(arrived)


@pytest.mark.parametrize("name", ["serve", "mcp"])
def test_without_the_packages_it_says_so(
    command: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is started."""

    def configure() -> None:
        raise ConfigurationError("tracing needs the package opentelemetry")

    monkeypatch.setattr("tts_async.cli.traces.configure_tracing", configure)
    outcome = command(name, "--trace")
    assert outcome.exit_code == 2
    assert outcome.stderr == "tts-async: error: tracing needs the package opentelemetry\n"
