"""``OpenAIGenerator`` against a server that knows only OpenAI's API, and one that knows more."""

import asyncio
import subprocess
import sys
from dataclasses import replace

import openai
import pytest

from tests.generation.fake_server import (
    OPENAI,
    Changed,
    Delay,
    FakeServer,
    Fault,
    Naps,
    Reply,
    Reset,
    Status,
    Truncated,
    expansion,
    say,
)
from tts_async.errors import (
    ConfigurationError,
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
    PromptTooLong,
)
from tts_async.generation.openai import OpenAIGenerator
from tts_async.seeds import derive_seed

CHAT = "/v1/chat/completions"
VLLM_ONLY = {"return_token_ids", "include_stop_str_in_output", "priority", "continue_final_message"}


async def test_whole_answers_from_any_server() -> None:
    """Four answers in one request, without a field that OpenAI's API lacks."""
    async with (
        FakeServer(say("4"), extras=OPENAI) as server,
        OpenAIGenerator(server.base_url) as generator,
    ):
        steps = await generator.generate(expansion(n=4, stop=None))
        assert [(s.text, s.finish, s.tokens, s.token_ids) for s in steps] == [
            ("4", "stop", 2, ())
        ] * 4
        [body] = server.bodies(CHAT)
        assert body == {
            "model": "tiny",
            "messages": [
                {"role": "system", "content": "Think."},
                {"role": "user", "content": "1+1?"},
            ],
            "temperature": 0.8,
            "top_p": 1.0,
            "max_tokens": 64,
            "seed": 7,
            "n": 4,
        }
        assert not VLLM_ONLY & set(body)


@pytest.mark.parametrize(
    "request_", [expansion(), expansion(steps=("a\n\n",)), expansion(steps=("a\n\n",), stop=None)]
)
async def test_steps_need_a_server_that_can_continue(request_: object) -> None:
    """The error says what works instead, and nothing is sent."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url) as generator,
    ):
        with pytest.raises(ConfigurationError, match="greedy, majority or best_of_n"):
            await generator.generate(request_)  # type: ignore[arg-type]
        assert server.counts[CHAT] == 0


async def test_steps_on_a_server_that_can_continue() -> None:
    """The open assistant message goes on, and the delimiter is put back."""
    async with (
        FakeServer() as server,
        OpenAIGenerator(server.base_url, continue_final_message=True) as generator,
    ):
        [first] = await generator.generate(expansion())
        assert first.finish == "step"
        assert first.text.endswith(".\n\n")
        [second] = await generator.generate(expansion(steps=(first.text,)))
        assert server.bodies(CHAT)[1]["messages"][-1]["content"] == first.text
        assert second.text != first.text


def test_a_journal_tells_by_its_identity_what_continues_and_what_does_not() -> None:
    """One that continues draws other steps from the same model."""
    url = "http://localhost:1/v1"
    assert OpenAIGenerator(url).identity is None
    assert OpenAIGenerator(url, continue_final_message=True).identity == "continue_final_message"


@pytest.mark.parametrize("most", [1, 3])
async def test_a_server_that_ignores_n(most: int) -> None:
    """The missing answers are asked for one by one, each with its own seed."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url) as generator,
    ):
        server.most_choices = most
        steps = await generator.generate(expansion(n=4, stop=None))
        assert len({step.text for step in steps}) == 4
        first, *others = server.bodies(CHAT)
        assert (first["n"], first["seed"]) == (4, 7)
        assert [body["seed"] for body in others] == [derive_seed(7, i) for i in range(most, 4)]
        assert all("n" not in body for body in others)


async def test_a_server_that_ignores_n_is_remembered() -> None:
    """The second time n is not sent at all, and the answers are the same."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url) as generator,
    ):
        server.most_choices = 1
        first = await generator.generate(expansion(n=3, stop=None))
        await generator.generate(expansion(n=1, stop=None))
        server.requests.clear()
        assert await generator.generate(expansion(n=3, stop=None)) == first
        assert all("n" not in body for body in server.bodies(CHAT))


async def test_a_server_that_refuses_n() -> None:
    """As good as one that ignores it."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url) as generator,
    ):
        server.fail(CHAT, Status(400, {"error": {"message": "only n = 1 is supported"}}))
        steps = await generator.generate(expansion(n=3, stop=None))
        assert len({step.text for step in steps}) == 3


async def test_greedy_is_asked_for_once() -> None:
    """Greedy answers are all the same."""
    async with FakeServer() as server, OpenAIGenerator(server.base_url) as generator:
        steps = await generator.generate(expansion(n=3, stop=None, temperature=0.0))
        assert len(steps) == 3
        assert len(set(steps)) == 1
        assert server.counts[CHAT] == 1


async def test_connections_stay_within_capacity() -> None:
    """However many answers are asked for one by one, no more connections than ``capacity``."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url, capacity=5) as generator,
    ):
        server.most_choices = 1
        await asyncio.gather(
            *(generator.generate(expansion(n=4, stop=None, seed=i)) for i in range(10))
        )
        assert server.most_running <= 5
        assert server.connections <= 5


async def test_logprobs_on_request() -> None:
    """They say exactly what each answer cost; an answer without them is none."""
    wanted = replace(expansion(n=2, stop=None), logprobs=True)
    retry = Naps().policy()
    async with (
        FakeServer(say("4"), extras=OPENAI) as server,
        OpenAIGenerator(server.base_url, retry=retry) as generator,
    ):
        steps = await generator.generate(wanted)
        assert [(step.tokens, step.logprobs) for step in steps] == [(2, (0.0, -0.125))] * 2
        assert server.bodies(CHAT)[0]["logprobs"] is True
        server.always = Changed(lambda reply: reply["choices"][0].pop("logprobs"))
        with pytest.raises(MalformedResponse, match="ask without logprobs"):
            await generator.generate(wanted)


async def test_the_users_own_client() -> None:
    """It brings its address and headers, obeys our retry policy, and stays open."""
    async with (
        FakeServer(extras=OPENAI) as server,
        openai.AsyncOpenAI(
            base_url=server.base_url, api_key="sk-own", default_headers={"X-Own": "1"}
        ) as client,
    ):
        generator = OpenAIGenerator(client=client, retry=Naps().policy(attempts=2))
        async with generator:
            server.fail(CHAT, Status(500), Status(500))
            with pytest.raises(GeneratorUnavailable, match="gave up after 2 attempts"):
                await generator.generate(expansion(stop=None))
            assert server.counts[CHAT] == 2
            assert server.headers["X-Own"] == "1"
            assert server.headers["Authorization"] == "Bearer sk-own"
        assert not client.is_closed()
    with pytest.raises(ConfigurationError, match="client"):
        OpenAIGenerator("http://h/v1", client=client)


def test_wrong_options_are_refused() -> None:
    """At once, and by name."""
    with pytest.raises(ConfigurationError, match="capacity: must be at least 1, got 0"):
        OpenAIGenerator("http://h/v1", capacity=0)
    with pytest.raises(ConfigurationError, match="timeout: must be positive seconds, got -1"):
        OpenAIGenerator("http://h/v1", timeout=-1)


@pytest.mark.parametrize(
    "fault",
    [
        Status(429, headers={"Retry-After": "9"}),
        Status(503),
        Reset(),
        Truncated(),
        Reply(b'{"choices": ['),
        Reply({"choices": []}),
        Reply(b"[]"),
    ],
    ids=str,
)
async def test_what_passes_is_retried_with_the_same_seed(fault: Fault) -> None:
    """The same policy as for vLLM, Retry-After included."""
    naps = Naps()
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url, retry=naps.policy()) as generator,
    ):
        server.fail(CHAT, fault)
        assert len(await generator.generate(expansion(n=2, stop=None))) == 2
        first, second = server.bodies(CHAT)
        assert first == second
        assert len(naps.taken) == 1
        assert (naps.taken[0] >= 9.0) is (fault == Status(429, headers={"Retry-After": "9"}))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
async def test_what_stays_is_not_retried(status: int) -> None:
    """The server's own words, at once."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url) as generator,
    ):
        server.fail(CHAT, Status(status, {"error": {"message": "not like this"}}))
        with pytest.raises(GeneratorRejected, match=rf"HTTP {status}: not like this"):
            await generator.generate(expansion(stop=None))
        assert server.counts[CHAT] == 1


async def test_a_limit_that_cannot_fit_is_left_to_the_server() -> None:
    """Prompt and limit together exceed the context: the answer ends where the context does."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url) as generator,
    ):
        (step,) = await generator.generate(expansion(stop=None, max_tokens=5000))
        assert step.finish == "stop"
        first, second = server.bodies("/v1/chat/completions")
        assert first.pop("max_tokens") == 5000
        assert first == second


async def test_too_long() -> None:
    """The server's word on length has the same name as our own."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url) as generator,
    ):
        with pytest.raises(PromptTooLong, match="maximum context length is 4096"):
            await generator.generate(expansion("x" * 5000, stop=None))


async def test_a_request_takes_no_longer_than_its_timeout() -> None:
    """A hanging server is given up on."""
    retry = Naps().policy(attempts=2)
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url, timeout=1.0, retry=retry) as generator,
    ):
        server.always = Delay()
        with pytest.raises(GeneratorUnavailable, match="no answer in time"):
            await generator.generate(expansion(stop=None))


async def test_cancelling_closes_the_connections() -> None:
    """All of an expansion's requests end with it."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url) as generator,
    ):
        server.most_choices = 1
        server.fail(CHAT, Delay(0.0), *[Delay()] * 4)
        asked = asyncio.create_task(generator.generate(expansion(n=5, stop=None)))
        await server.until_running(4)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        await server.until_running(0)


async def test_models_may_be_unlisted() -> None:
    """With a name it works anyway; without one the fix is in the message."""
    async with FakeServer(extras=OPENAI) as server:
        server.fail("/v1/models", Status(404), Status(404))
        async with OpenAIGenerator(server.base_url, "tiny") as generator:
            assert len(await generator.generate(expansion(stop=None))) == 1
        with pytest.raises(ConfigurationError, match="pass model="):
            await OpenAIGenerator(server.base_url).__aenter__()


async def test_needs_to_be_open() -> None:
    """It says so, before and after, and can be opened again."""
    async with FakeServer(extras=OPENAI) as server:
        generator = OpenAIGenerator(server.base_url)
        for _ in range(2):
            with pytest.raises(GeneratorUnavailable, match="async with"):
                await generator.generate(expansion(stop=None))
            assert "closed" in repr(generator)
            async with generator:
                assert "0 retries" in repr(generator)
                assert len(await generator.generate(expansion(stop=None))) == 1


async def test_nonsense_that_stays() -> None:
    """A server that never makes sense is an error of ours."""
    async with (
        FakeServer(extras=OPENAI) as server,
        OpenAIGenerator(server.base_url, retry=Naps().policy()) as generator,
    ):
        server.always = Reply({"choices": "none"})
        with pytest.raises(MalformedResponse, match="gave up after 3 attempts"):
            await generator.generate(expansion(stop=None))


def test_the_client_library_is_imported_late() -> None:
    """It is slow to import, and a search on vLLM never needs it."""
    code = "import sys, tts_async.generation.detect; sys.exit('openai' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
