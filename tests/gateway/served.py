"""A gateway on a port of this machine, and questions to it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp.test_utils import TestServer

from tts_async import Solver
from tts_async.gateway import GatewaySettings, make_app
from tts_async.testing import RandomGenerator, ScriptedGenerator, ScriptedVerifier

Reply = tuple[int, Any]


class Served:
    """A running gateway."""

    def __init__(self, server: TestServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self.session = session

    @property
    def url(self) -> str:
        """The base URL that clients are given."""
        return str(self.server.make_url("/v1"))

    def connections(self) -> int:
        """How many are open."""
        assert self.server.runner is not None
        assert self.server.runner.server is not None
        return len(self.server.runner.server.connections)

    async def ask(self, model: str = "greedy", question: str = "1 + 1", **fields: Any) -> Reply:
        """Status and body of a chat completion with one message."""
        messages = [{"role": "user", "content": question}]
        return await self.post({"model": model, "messages": messages, **fields})

    async def post(self, body: Any, **options: Any) -> Reply:
        """The same with any body."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        async with self.session.post(
            f"{self.url}/chat/completions", data=data, headers=headers, **options
        ) as response:
            return response.status, await response.json()

    async def get(self, path: str) -> Reply:
        """Status and body of another page."""
        async with self.session.get(self.server.make_url(path)) as response:
            return response.status, await response.json()

    async def stream(self, **fields: Any) -> list[Any]:
        """The data of all events of a stream, JSON parsed."""
        return [json.loads(d) for d in await self.lines(**fields) if d.startswith("{")]

    async def lines(self, question: str = "1 + 1", **fields: Any) -> list[str]:
        """All lines of a stream without their ``data: ``."""
        body = {"messages": [{"role": "user", "content": question}], "stream": True, **fields}
        async with self.session.post(f"{self.url}/chat/completions", json=body) as response:
            assert response.content_type == "text/event-stream", await response.text()
            text = await response.text()
        return [line.removeprefix("data: ") for line in text.splitlines() if line]


@asynccontextmanager
async def serving(solver: Solver, **settings: Any) -> AsyncIterator[Served]:
    """A gateway before this solver."""
    app = make_app(solver, GatewaySettings(**settings))
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        yield Served(server, session)


def boxed(answer: str, text: str = "So") -> str:
    """The end of an answer."""
    return rf"{text}: \boxed{{{answer}}}"


def scripted(*answers: str | Exception, scores: Any = None, **options: Any) -> Solver:
    """A solver whose model gives these answers, one after the other."""
    verifier = None if scores is None else ScriptedVerifier(scores)
    generator = ScriptedGenerator({"": answers}, **options)
    return Solver(generator=generator, verifier=verifier)


def random_trees(delay: float = 0.0) -> Solver:
    """A solver on random trees whose verifier has no opinion."""
    verifier = ScriptedVerifier(lambda _: 0.5)
    return Solver(generator=RandomGenerator(delay=delay), verifier=verifier)
