"""The simulated generator behind HTTP, in a process of its own: what ``VLLMGenerator`` talks to.

It speaks vLLM's wire (models, tokenize, detokenize, completions by token ids, metrics) and answers
when a server with these costs would. It ends after ``SECONDS``, or when whoever started it is gone.
"""

import argparse
import asyncio
import json
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict
from typing import Any

import aiohttp
from aiohttp import web

from benchmarks.child_server import child_server, until_abandoned
from benchmarks.fleet import trace
from benchmarks.fleet.costs import COSTS
from benchmarks.fleet.decoding import DecodingServer
from benchmarks.fleet.in_process import start_runs
from benchmarks.fleet.stopwatch import Stopwatch

SECONDS = 900.0
MODEL, CONTEXT = "simulated", 131_072


class Wire:
    """The handlers of one server."""

    def __init__(self, server: DecodingServer) -> None:
        self._server = server

    def routes(self) -> list[web.RouteDef]:
        """Every path that it knows."""
        return [
            web.get("/version", self.version),
            web.get("/v1/models", self.models),
            web.get("/metrics", self.metrics),
            web.get("/statistics", self.statistics),
            web.post("/tokenize", self.tokenize),
            web.post("/detokenize", self.detokenize),
            web.post("/v1/completions", self.complete),
        ]

    async def version(self, _: web.Request) -> web.Response:
        """As a vLLM would."""
        return web.json_response({"version": "0.32.0+simulated"})

    async def models(self, _: web.Request) -> web.Response:
        """The only one."""
        model = {"id": MODEL, "owned_by": "vllm", "max_model_len": CONTEXT}
        return web.json_response({"data": [model]})

    async def metrics(self, _: web.Request) -> web.Response:
        """How full it is."""
        batch = self._server.batch
        labels = f'{{model_name="{MODEL}"}}'
        return web.Response(
            text=f"vllm:num_requests_running{labels} {batch.running}\n"
            f"vllm:num_requests_waiting{labels} {batch.waiting}\n"
        )

    async def statistics(self, _: web.Request) -> web.Response:
        """The books, which no vLLM would show."""
        batch = self._server.batch
        totals, history = asdict(batch.totals), batch.history
        return web.json_response(
            {"totals": totals, "history": history, "service": self._server.service}
        )

    async def tokenize(self, request: web.Request) -> web.Response:
        """The prompt of a problem, whose number is its text; or of any text."""
        body = await request.json()
        if "messages" in body:
            problem = int(body["messages"][-1]["content"])
            end = trace.encode_place(trace.root_of(problem))
            ids = [trace.FILLER] * (trace.prompt_tokens(problem) - len(end)) + end
        else:
            ids = [trace.FILLER]
        return web.json_response({"count": len(ids), "tokens": ids})

    async def detokenize(self, request: web.Request) -> web.Response:
        """Only the delimiter is white space."""
        ids = (await request.json())["tokens"]
        text = "".join("\n\n" if token == trace.DELIMITER else " word" for token in ids)
        return web.json_response({"prompt": text})

    async def complete(self, request: web.Request) -> web.Response:
        """The trace's continuations, when the machine would have them."""
        body = await request.json()
        prompt = body["prompt"]
        place, to_end = trace.decode_place(prompt), "stop" not in body
        runs = start_runs(place, len(prompt), body["n"], body["seed"], to_end=to_end)
        await self._server.decode(runs)
        steps = [trace.as_step(run.drawn, fill=True) for run in runs]
        choices = [
            {
                "index": index,
                "text": step.text,
                "finish_reason": "stop",
                "stop_reason": "\n\n" if step.finish == "step" else None,
                "token_ids": step.token_ids,
            }
            for index, step in enumerate(steps)
        ]
        return web.json_response({"id": "cmpl", "model": MODEL, "choices": choices})


async def serve(costs: str, scale: float) -> None:
    """Print the port, then answer until it is time to go."""
    app = web.Application(client_max_size=2**24)
    app.add_routes(Wire(DecodingServer(COSTS[costs].generator, Stopwatch(scale))).routes())
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    try:
        await until_abandoned(asyncio.Event(), SECONDS)
    finally:
        await runner.cleanup()


def http_server(costs: str, scale: float) -> AbstractAsyncContextManager[str]:
    """Run it; the base URL of the running server."""
    return child_server("benchmarks.fleet.http_server", costs, str(scale))


async def read_statistics(url: str) -> dict[str, Any]:
    """What a server has done so far."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{url.removesuffix('/v1')}/statistics") as response,
    ):
        statistics: dict[str, Any] = json.loads(await response.read())
        return statistics


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("costs", choices=COSTS)
    parser.add_argument("scale", type=float)
    options = parser.parse_args()
    asyncio.run(serve(options.costs, options.scale))
