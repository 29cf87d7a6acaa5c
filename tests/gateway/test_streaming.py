"""Chat completions as a stream."""

import asyncio
from typing import Any

import pytest

from tests.gateway.connection import asking
from tests.gateway.served import boxed, random_trees, scripted, serving
from tests.patience import until
from tts_async import Solver
from tts_async.errors import GeneratorUnavailable
from tts_async.gateway.search_progress import SearchProgress
from tts_async.testing import ScriptedGenerator, ScriptedVerifier


def deltas(chunks: list[Any], key: str, index: int = 0) -> list[str]:
    """What the chunks add to one field of one choice."""
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    found = [choice["delta"].get(key) for choice in choices if choice["index"] == index]
    return [text for text in found if text]


async def test_chunks_in_openais_shape() -> None:
    """Role, progress where clients look for thoughts, the answer, why it ended."""
    async with serving(random_trees(delay=0.02), progress_seconds=0) as gateway:
        _, whole = await gateway.ask("beam-4", seed=3)
        chunks = await gateway.stream(model="beam-4", seed=3)
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({(chunk["id"], chunk["created"], chunk["model"]) for chunk in chunks}) == 1
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert deltas(chunks, "content") == [whole["choices"][0]["message"]["content"]]
    ends = [chunk["choices"][0]["finish_reason"] for chunk in chunks]
    assert ends == [None] * (len(chunks) - 1) + ["stop"]
    assert chunks[-1]["tts"]["votes"] == whole["tts"]["votes"]
    assert not any("usage" in chunk for chunk in chunks)
    thoughts = deltas(chunks, "reasoning_content")
    assert thoughts[0].startswith("depth 1, 0 candidates")
    assert "best score 0.50" in thoughts[-1]
    assert all(thought.endswith("tokens\n") for thought in thoughts)


async def test_the_end_of_a_stream() -> None:
    """The usage where it was asked for, and then the word that ends it."""
    async with serving(scripted(boxed("7"))) as gateway:
        lines = await gateway.lines(model="majority-2", stream_options={"include_usage": True})
        chunks = await gateway.stream(model="majority-2", stream_options={"include_usage": True})
    assert lines[-1] == "[DONE]"
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens"] == chunks[-2]["tts"]["spend"]["tokens"]


async def test_several_choices() -> None:
    """Each with its index, role and end."""
    async with serving(scripted(boxed("7"), boxed("8"))) as gateway:
        chunks = await gateway.stream(model="majority-2", n=2, tts={"early_stop": False})
    assert [deltas(chunks, "content", i) for i in (0, 1)] == [[boxed("7")], [boxed("8")]]
    assert [deltas(chunks, "role", i) for i in (0, 1)] == [["assistant"], ["assistant"]]
    ends = [c["choices"][0]["index"] for c in chunks if c["choices"][0]["finish_reason"]]
    assert ends == [0, 1]


async def test_headers_that_no_proxy_collects_by() -> None:
    """And none stores or changes."""
    async with serving(scripted(boxed("7"))) as gateway:
        body = {"model": "greedy", "messages": [{"role": "user", "content": "x"}], "stream": True}
        async with gateway.session.post(f"{gateway.url}/chat/completions", json=body) as response:
            assert response.headers["X-Accel-Buffering"] == "no"
            assert response.headers["Cache-Control"] == "no-cache, no-transform"
            assert response.headers["Content-Type"] == "text/event-stream; charset=utf-8"


async def test_a_long_silence_is_broken() -> None:
    """By comments, which no client sees."""
    async with serving(random_trees(delay=1.0), keep_alive_seconds=0.1) as gateway:
        lines = await gateway.lines(model="majority-2")
    assert lines.count(": still searching") >= 3
    assert lines.index(": still searching") == 1  # right after the first chunk
    assert lines[-1] == "[DONE]"


async def test_progress_comes_at_a_bounded_rate() -> None:
    """A wide search has thousands of events; a client is told of a few states."""
    generator = ScriptedGenerator(
        {"": [boxed(str(i % 10)) for i in range(40)]}, delay=lambda r: 0.01, capacity=1
    )
    body = {"model": "majority-40", "tts": {"early_stop": False}}
    async with serving(Solver(generator=generator), progress_seconds=0.2) as gateway:
        begun = asyncio.get_running_loop().time()
        chunks = await gateway.stream(**body)
        took = asyncio.get_running_loop().time() - begun
    assert len(deltas(chunks, "reasoning_content")) <= 1 + took / 0.2


@pytest.mark.parametrize("stream", [False, True])
async def test_an_error_before_the_first_word_has_its_status(stream: bool) -> None:
    """So that clients wait and ask again as they do without a stream."""
    async with serving(scripted(GeneratorUnavailable("away"))) as gateway:
        status, body = await gateway.ask("majority-2", stream=stream)
    assert (status, body["error"]["code"]) == (503, "generator_unavailable")


async def test_an_error_in_the_middle_is_an_event() -> None:
    """In the shape in which OpenAI's clients look for it."""
    script = {"": ["a\n\n"], "a\n\n": [GeneratorUnavailable("away")]}
    generator = ScriptedGenerator(script, delay=0.05)
    solver = Solver(generator=generator, verifier=ScriptedVerifier(lambda _: 0.5))
    async with serving(solver, progress_seconds=0) as gateway:
        lines = await gateway.lines(model="beam-2")
        chunks = await gateway.stream(model="beam-2")
    assert lines[-1] == "[DONE]"
    assert chunks[-1]["error"]["code"] == "generator_unavailable"
    assert chunks[-1]["error"]["type"] == "server_error"


async def test_an_empty_answer_is_an_error_of_a_stream_too() -> None:
    """As without one."""
    async with serving(scripted("", delay=0.3), keep_alive_seconds=0.1) as gateway:
        chunks = await gateway.stream(model="greedy")
    assert chunks[-1]["error"]["code"] == "empty_answer"


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    """What is meant for it does not wait in memory for ever."""
    text = "x" * 20_000_000 + boxed("7")
    async with (
        serving(scripted(text), client_seconds=0.3) as gateway,
        asking(gateway, model="greedy", stream=True) as connection,
    ):
        connections = gateway.connections
        await until(lambda: bool(connections()))
        await until(lambda: not connections())
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await connection.reader.readexactly(len(text))


async def test_progress_in_a_line() -> None:
    """Complete answers say more than paths, and long paths more than short ones."""
    script = {"": ["a\n\n", boxed("7")], "a\n\n": [boxed("8"), "b\n\n"], "a\n\nb\n\n": ["c…"]}
    scores = {"a": 0.9, "b": 0.8, "c": 0.7, boxed("7"): 0.3, boxed("8"): 0.4}
    generator, verifier = ScriptedGenerator(script), ScriptedVerifier(scores)
    lines = list[str]()
    progress = SearchProgress()
    async with Solver(generator=generator, verifier=verifier) as solver:
        async for event in solver.stream("x", strategy="dvts", seed=0):
            progress.watch(event)
            if progress.changed.is_set():
                progress.changed.clear()
                lines.append(str(progress))
    assert lines[0].startswith("depth 1, ")
    assert "best score 0.40" in lines[-1]
