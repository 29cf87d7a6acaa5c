"""Traces that come in with a request and go out with another, over real HTTP."""

from collections.abc import AsyncIterator
from functools import partial
from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from opentelemetry.propagate import inject
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tts_async import Solver
from tts_async.generation import VLLMGenerator
from tts_async.observe.tracing import trace_requests, trace_searches

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


@pytest.fixture
async def model_server() -> AsyncIterator[tuple[str, list[str]]]:
    """What a generator needs of vLLM, and the ``traceparent`` of every completion it was asked."""
    seen: list[str] = []

    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": [{"id": "m", "max_model_len": 1000}]})

    async def tokenize(_: web.Request) -> web.Response:
        return web.json_response({"tokens": [1, 2, 3], "count": 3, "max_model_len": 1000})

    async def complete(request: web.Request) -> web.Response:
        seen.append(request.headers.get("traceparent", ""))
        choice = {"index": 0, "text": r"$\boxed{1}$", "token_ids": [5, 6]}
        choice |= {"finish_reason": "stop", "stop_reason": None}
        return web.json_response({"choices": [choice], "usage": {"completion_tokens": 2}})

    app = web.Application()
    app.router.add_get("/v1/models", models)
    app.router.add_post("/tokenize", tokenize)
    app.router.add_post("/v1/completions", complete)
    async with TestServer(app) as server:
        yield str(server.make_url("/")), seen


async def send_context(
    _: object, __: SimpleNamespace, request: aiohttp.TraceRequestStartParams
) -> None:
    """What OpenTelemetry's own instrumentation of aiohttp does."""
    inject(request.headers)


async def test_a_trace_goes_through(
    model_server: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the client's header over ``solve`` and ``expand`` to the model server's."""
    outgoing = aiohttp.TraceConfig()
    outgoing.on_request_start.append(send_context)
    session = partial(aiohttp.ClientSession, trace_configs=[outgoing])
    monkeypatch.setattr("tts_async.http.transport.aiohttp.ClientSession", session)
    url, seen = model_server
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    observers = [trace_searches(provider)]
    async with Solver(generator=VLLMGenerator(url), observers=observers) as solver:

        async def answer(_: web.Request) -> web.Response:
            return web.Response(text=(await solver.solve("p", strategy="greedy")).answer)

        app = web.Application(middlewares=[trace_requests()])
        app.router.add_get("/", answer)
        monkeypatch.undo()
        async with TestClient(TestServer(app)) as client:
            headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
            async with client.get("/", headers=headers) as response:
                assert await response.text() == "1"
            async with client.get("/") as response:
                assert await response.text() == "1"
    (first, second) = [span for span in exporter.get_finished_spans() if span.name == "solve"]
    assert first.context is not None
    assert f"{first.context.trace_id:032x}" == TRACE
    assert first.parent is not None
    assert f"{first.parent.span_id:016x}" == PARENT
    assert second.parent is None
    expansions = [span for span in exporter.get_finished_spans() if span.name == "expand"]
    contexts = [span.context for span in expansions if span.context is not None]
    sent = [f"00-{context.trace_id:032x}-{context.span_id:016x}" for context in contexts]
    assert [header.rpartition("-")[0] for header in seen] == sent
