"""``VLLMGenerator`` against a server that speaks vLLM's wire: by token ids, once per problem."""

import asyncio
import math
from dataclasses import replace
from typing import Any

import pytest

from tests.generation.fake_server import (
    EOS,
    Changed,
    FakeServer,
    Naps,
    Status,
    decode,
    encode,
    expansion,
    say,
)
from tests.patience import until
from tts_async.errors import (
    GeneratorRejected,
    GeneratorUnavailable,
    MalformedResponse,
    PromptTooLong,
)
from tts_async.generation.vllm import VLLMGenerator
from tts_async.types.generation import Step
from tts_async.types.problem import Problem

COMPLETIONS = "/v1/completions"
PROMPT = "<system>Think.<user>1+1?<assistant>"


async def test_the_first_requests_to_the_letter() -> None:
    """Conversation to ids, ids to the completion: system prompt, template and all."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        server.requests.clear()
        await generator.generate(expansion(n=2))
        assert server.requests[0] == (
            "/tokenize",
            {
                "model": "tiny",
                "messages": [
                    {"role": "system", "content": "Think."},
                    {"role": "user", "content": "1+1?"},
                ],
                "add_generation_prompt": True,
            },
        )
        assert server.requests[1] == (
            COMPLETIONS,
            {
                "model": "tiny",
                "prompt": [1, *encode(PROMPT)],
                "n": 2,
                "max_tokens": 64,
                "temperature": 0.8,
                "top_p": 1.0,
                "seed": 7,
                "return_token_ids": True,
                "stop": ["\n\n"],
                "include_stop_str_in_output": True,
            },
        )
        assert server.headers["Content-Type"] == "application/json"


async def test_steps_come_back_in_order() -> None:
    """Text with its delimiter, ids that say the same, cost and reason, by index."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        steps = await generator.generate(expansion(n=3))
        length = 1 + len(encode(PROMPT))
        assert [step.text for step in steps] == [f"Step {s} after {length}.\n\n" for s in (7, 8, 9)]
        assert all(decode(list(step.token_ids)) == step.text for step in steps)
        assert all(step.tokens == len(step.token_ids) for step in steps)
        assert {step.finish for step in steps} == {"step"}


async def test_children_continue_by_ids() -> None:
    """What is sent back is the prompt and exactly the ids that were sampled."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        [step] = await generator.generate(expansion())
        await generator.generate(expansion(steps=(step.text,), token_ids=step.token_ids))
        first, second = server.bodies(COMPLETIONS)
        assert second["prompt"] == [*first["prompt"], *step.token_ids]
        assert server.counts["/tokenize"] == 2  # one of them when it opened


async def test_a_path_without_ids_is_tokenised() -> None:
    """A path that another generator began continues from its text."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        await generator.generate(expansion(steps=("a\n\n", "b\n\n")))
        [body] = server.bodies(COMPLETIONS)
        assert body["prompt"] == [1, *encode(PROMPT), *encode("a\n\nb\n\n")]
        assert server.bodies("/tokenize")[-1] == {
            "model": "tiny",
            "prompt": "a\n\nb\n\n",
            "add_special_tokens": False,
        }


async def test_the_end_of_the_answer() -> None:
    """EOS costs a token and leaves none behind; a truncated answer is not finished."""
    async with FakeServer(say("4")) as server, VLLMGenerator(server.base_url) as generator:
        assert await generator.generate(expansion()) == [Step("4", "stop", 2, tuple(encode("4")))]
        assert await generator.generate(expansion(stop=None, max_tokens=1)) == [
            Step("4", "length", 1, tuple(encode("4")))
        ]


@pytest.mark.parametrize(
    ("sampled", "text", "exact"),
    [
        (encode("a\n\nSo"), "a\n\n", encode("a\n\n")),  # the token goes on after the delimiter
        ([*encode("a.\n"), *encode("\n\n")], "a.\n\n", encode("a.\n\n")),  # it ends in its middle
        ([*encode("a\n"), *encode("\n")], "a\n\n", [*encode("a\n"), *encode("\n")]),  # at its end
        (encode("a.\n\n"), "a.\n\n", encode("a.\n\n")),
    ],
)
async def test_a_delimiter_inside_a_token(sampled: list[int], text: str, exact: list[int]) -> None:
    """Ids that say more than the text are replaced by ids of the text; others are kept."""

    def write(_prompt: list[int], _seed: int) -> list[int]:
        return [*sampled, *encode("and more"), EOS]

    async with FakeServer(write) as server, VLLMGenerator(server.base_url) as generator:
        [step] = await generator.generate(expansion())
        assert step == Step(text, "step", len(sampled), tuple(exact))


async def test_token_texts_are_asked_for_once() -> None:
    """The tokens that end steps become known: a second expansion asks for nothing more."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        await generator.generate(expansion(n=4))
        asked = server.counts["/detokenize"]
        assert asked == 1  # ".\n\n" ends all four, and needs no look at what is before it
        await generator.generate(expansion("another", n=4))
        assert server.counts["/detokenize"] == asked


async def test_one_tokenize_per_problem_under_concurrency() -> None:
    """Forty expansions of four problems at once: four conversations are tokenised."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        before = server.counts["/tokenize"]
        requests = [expansion(f"problem {i % 4}", seed=i) for i in range(40)]
        await asyncio.gather(*(generator.generate(request) for request in requests))
        assert server.counts["/tokenize"] - before == 4
        assert server.counts[COMPLETIONS] == 40


async def test_connections_stay_within_capacity() -> None:
    """However many ask, no more than ``capacity`` connections are opened."""
    async with FakeServer() as server, VLLMGenerator(server.base_url, capacity=5) as generator:
        await asyncio.gather(*(generator.generate(expansion(seed=i)) for i in range(50)))
        assert server.most_running <= 5
        assert server.connections <= 5


async def test_max_tokens_shrinks_to_the_context() -> None:
    """What is left of the context is asked for, not more."""
    async with FakeServer() as server:
        server.context_length = 1 + len(encode(PROMPT)) + 3
        async with VLLMGenerator(server.base_url) as generator:
            assert generator.context_length == server.context_length
            [step] = await generator.generate(expansion(stop=None, max_tokens=500))
            assert server.bodies(COMPLETIONS)[0]["max_tokens"] == 3
            assert (step.finish, step.tokens) == ("length", 3)


async def test_a_prompt_that_cannot_fit_is_not_sent() -> None:
    """The error names both numbers."""
    async with FakeServer() as server:
        server.context_length = len(encode(PROMPT))
        async with VLLMGenerator(server.base_url) as generator:
            length = 1 + len(encode(PROMPT))
            with pytest.raises(PromptTooLong, match=rf"{length} tokens.*has {length - 1}"):
                await generator.generate(expansion())
            assert server.counts[COMPLETIONS] == 0


async def test_the_servers_word_on_length() -> None:
    """A server that tells no limit beforehand tells it when it is hit."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        body = {"error": {"message": "This model's maximum context length is 16 tokens."}}
        server.fail(COMPLETIONS, Status(400, body))
        with pytest.raises(PromptTooLong, match="maximum context length is 16"):
            await generator.generate(expansion())


async def test_greedy_with_several_children() -> None:
    """Temperature 0 works although vLLM refuses n > 1: the children are the same."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        steps = await generator.generate(expansion(n=3, temperature=0.0))
        assert len(steps) == 3
        assert len(set(steps)) == 1


async def test_logprobs_on_request() -> None:
    """One for every sampled token, the end included; an answer without them is asked for again."""
    wanted = replace(expansion(n=2, stop=None), logprobs=True)
    async with FakeServer(say("4")) as server, VLLMGenerator(server.base_url) as generator:
        assert [step.logprobs for step in await generator.generate(wanted)] == [(0.0, -0.125)] * 2
        assert (await generator.generate(expansion()))[0].logprobs is None
    retry = Naps().policy()
    async with FakeServer() as server, VLLMGenerator(server.base_url, retry=retry) as generator:
        for value in (math.nan, 0.5, None):
            server.always = Changed(lambda reply, value=value: spoil(reply, value))
            with pytest.raises(MalformedResponse, match="gave up after 3 attempts"):
                await generator.generate(wanted)
        server.always = Changed(lambda reply: reply["choices"][0].pop("logprobs"))
        with pytest.raises(MalformedResponse, match="ask without logprobs"):
            await generator.generate(wanted)
        server.always = Status(400, {"error": {"message": "logprobs are switched off"}})
        with pytest.raises(GeneratorRejected, match="logprobs are switched off"):
            await generator.generate(wanted)


def spoil(reply: dict[str, Any], value: float | None) -> None:
    """Put this in the place of a log-probability."""
    reply["choices"][0]["logprobs"]["token_logprobs"][0] = value


async def test_priority_as_told() -> None:
    """Said either way, the server is not asked."""
    async with FakeServer() as server:
        for flag in (False, True):
            async with VLLMGenerator(server.base_url, priority=flag) as generator:
                await generator.generate(expansion(priority=5))
        plain, prioritised = server.bodies(COMPLETIONS)
        assert "priority" not in plain
        assert prioritised["priority"] == 5


@pytest.mark.parametrize("refuses", [False, True])
async def test_priority_is_asked_for_once(refuses: bool) -> None:
    """Only when a request has one; some servers answer 400 unless their queue heeds it."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        server.refuses_priority = refuses
        await generator.generate(expansion(n=2))
        assert server.counts[COMPLETIONS] == 1
        requests = [expansion(priority=5, seed=i) for i in range(10)]
        await asyncio.gather(*(generator.generate(request) for request in requests))
        question, *sent = server.bodies(COMPLETIONS)[1:]
        assert (question["max_tokens"], question["priority"]) == (1, 1)
        assert [body.get("priority") for body in sent] == [None if refuses else 5] * 10


async def test_cache_salt_is_in_every_completion() -> None:
    """And in no message: it is a secret of a kind."""
    async with (
        FakeServer() as server,
        VLLMGenerator(server.base_url, cache_salt="pepper") as generator,
    ):
        await generator.generate(expansion())
        await generator.generate(expansion(stop=None, priority=1))
        bodies = [body for body in server.bodies(COMPLETIONS) if "return_token_ids" in body]
        assert [body["cache_salt"] for body in bodies] == ["pepper"] * 2
        assert "pepper" not in repr(generator)


async def test_tenants_share_no_prefixes() -> None:
    """Each has a salt of its own, beside that of the generator; nobody has none."""
    async with (
        FakeServer() as server,
        VLLMGenerator(server.base_url) as plain,
        VLLMGenerator(server.base_url, cache_salt="pepper") as salted,
    ):
        for tenant in ("", "a", "b"):
            for generator in (plain, salted):
                problem = Problem("p", tenant=tenant)
                await generator.generate(replace(expansion(), problem=problem))
        bodies = [body for body in server.bodies(COMPLETIONS) if "return_token_ids" in body]
        salts = [body.get("cache_salt") for body in bodies]
        assert salts == [None, "pepper", "a", "pepper:a", "b", "pepper:b"]


async def test_opened_twice_it_is_the_same() -> None:
    """A caller who opens it, and a solver that does so too: nothing is left open."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        async with generator:
            await generator.generate(expansion())
        await until(lambda: not server.connections)


async def test_repr_and_statistics_show_the_state() -> None:
    """Where, what, how far: at a glance."""
    async with FakeServer() as server:
        generator = VLLMGenerator(server.base_url)
        assert "model=None context=None" in repr(generator)
        async with generator:
            server.fail(COMPLETIONS, Status(429, headers={"Retry-After": "0"}))
            await generator.generate(expansion())
            assert "model='tiny' context=4096, 0 in flight, 1 retries" in repr(generator)
            statistics = generator.statistics()
            assert (statistics.retries, statistics.overloads, statistics.in_flight) == (1, 1, 0)


async def test_needs_to_be_open() -> None:
    """Before and after the ``async with`` it says what is missing; it can be opened again."""
    async with FakeServer() as server:
        generator = VLLMGenerator(server.base_url)
        for _ in range(2):
            with pytest.raises(GeneratorUnavailable, match="async with"):
                await generator.generate(expansion())
            async with generator:
                assert len(await generator.generate(expansion())) == 1


async def test_a_refusal_speaks_with_the_servers_voice() -> None:
    """404 for an unknown model, with its own message."""
    async with FakeServer() as server, VLLMGenerator(server.base_url) as generator:
        server.model = "renamed"
        with pytest.raises(GeneratorRejected, match=r"404: The model `tiny` does not exist"):
            await generator.generate(expansion())
