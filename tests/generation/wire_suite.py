"""What every ``Generator`` must show, written once and run against each of them.

A check is an async function that takes a ``Subject``: an open generator, and how to see whether it
still works on something. Run the lists that apply, in a test module of any generator:

    @pytest.mark.parametrize("check", [*WHOLE_ANSWERS, *STEPS, *TOKEN_IDS], ids=name)
    async def test_the_contract(check: Check, subject: Subject) -> None:
        await check(subject)

``WHOLE_ANSWERS`` is for every generator, ``STEPS`` for those that stop at a delimiter and go on
with a path, ``TOKEN_IDS`` for those that also know their ids, ``LOGPROBS`` for those that can say
how likely a token was. The checks hold for a real model and for a fake: they compare answers with
each other and never with a text.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import pytest

from tests.patience import PATIENCE
from tts_async.errors import PromptTooLong
from tts_async.types.generation import GenerationRequest, Generator, Sampling, Step
from tts_async.types.problem import Problem

DELIMITER = "\n\n"
MOST_STEPS = 30
DOOMED = 9
"""So many continuations are asked for by requests that will be cancelled, and by no other. They are
more than a real model writes in ten seconds; a fake should not answer them at all."""


@dataclass(frozen=True)
class Subject:
    """An open generator. ``count_busy``: how many requests or sequences it still works on.

    ``problem`` is one that its model answers in different ways, in at most ``answer_tokens``.
    """

    generator: Generator
    count_busy: Callable[[], Awaitable[int]]
    problem: str = "What is (9*12)-(41+66)?"
    answer_tokens: int = 200

    async def ask(self, n: int = 1, **changes: object) -> Sequence[Step]:
        """Continuations of ``self.request(n, …)``."""
        return await self.generator.generate(self.request(n, **changes))

    def request(
        self,
        n: int = 1,
        *,
        problem: str | None = None,
        system_prompt: str | None = "Think.",
        path: Sequence[Step] = (),
        by_ids: bool = True,
        stop: str | None = None,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        seed: int = 7,
        logprobs: bool = False,
    ) -> GenerationRequest:
        """A request with defaults for what a check does not care about; whole answers."""
        ids = tuple(token for step in path for token in step.token_ids)
        return GenerationRequest(
            problem=Problem(problem or self.problem),
            system_prompt=system_prompt,
            steps=tuple(step.text for step in path),
            token_ids=ids if by_ids else (),
            n=n,
            stop=stop,
            sampling=Sampling(temperature=temperature, max_tokens=max_tokens or self.answer_tokens),
            seed=seed,
            logprobs=logprobs,
        )

    async def descend(self, **changes: object) -> list[Step]:
        """One path from the root to its end, step by step."""
        path: list[Step] = []
        while not path or (path[-1].finish == "step" and len(path) < MOST_STEPS):
            path += await self.ask(path=path, stop=DELIMITER, **changes)
        return path

    async def until_idle(self) -> None:
        """Wait until it works on nothing any more."""
        async with asyncio.timeout(PATIENCE):
            while await self.count_busy():  # noqa: ASYNC110 - of a server, which sets no event
                await asyncio.sleep(0.01)


Check = Callable[[Subject], Awaitable[None]]


def name(check: Check) -> str:
    """What a test of it is called."""
    return check.__name__


async def exactly_n(subject: Subject) -> None:
    """As many continuations as asked for, each with a text, a cost and a reason."""
    for n in (1, 2, 7):
        steps = await subject.ask(n)
        assert len(steps) == n
        assert all(step.text for step in steps)
        assert all(step.tokens >= 1 for step in steps)
        assert {step.finish for step in steps} <= {"stop", "length"}


async def a_seed_says_it_all(subject: Subject) -> None:
    """The same seed draws the same, another one something else, and so does another index."""
    first = await subject.ask(8)
    assert await subject.ask(8) == first
    assert await subject.ask(8, seed=8_000_000) != first
    assert len({step.text for step in first}) > 1


async def in_the_order_of_their_index(subject: Subject) -> None:
    """Asking for more adds continuations behind those that are there already."""
    texts = [step.text for step in await subject.ask(4)]
    assert [step.text for step in await subject.ask(2)] == texts[:2]
    assert [step.text for step in await subject.ask()] == texts[:1]


async def company_changes_nothing(subject: Subject) -> None:
    """A continuation is the same alone and among the requests of other problems."""
    alone = await subject.ask(4)
    others = [subject.ask(2, problem=f"{i}+{i}?", seed=i) for i in range(20)]
    _, together, _ = await asyncio.gather(
        asyncio.gather(*others[:10]), subject.ask(4), asyncio.gather(*others[10:])
    )
    assert together == alone


async def two_hundred_at_once(subject: Subject) -> None:
    """More than it can hold: every one is answered, as if it were alone."""
    asked = [{"n": 1 + i % 3, "seed": i, "max_tokens": 12} for i in range(200)]
    together = await asyncio.gather(*(subject.ask(**one) for one in asked))  # type: ignore[arg-type]
    assert [len(steps) for steps in together] == [one["n"] for one in asked]
    for i in range(0, 200, 40):
        assert await subject.ask(**asked[i]) == together[i]  # type: ignore[arg-type]
    await subject.until_idle()


async def no_stop_is_the_whole_answer(subject: Subject) -> None:
    """Without a stop it goes through the delimiters to the end."""
    for step in await subject.ask(8):
        assert step.finish != "step"
    assert any(step.finish == "stop" for step in await subject.ask(8))
    assert any(DELIMITER in step.text for step in await subject.ask(8))


async def max_tokens_is_heeded(subject: Subject) -> None:
    """What is longer is truncated and says so."""
    (whole,) = await subject.ask(temperature=0.0)
    (cut,) = await subject.ask(temperature=0.0, max_tokens=3)
    assert (cut.finish, cut.tokens) == ("length", 3)
    assert whole.text.startswith(cut.text)
    assert whole.text != cut.text


async def greedy_several_times(subject: Subject) -> None:
    """Temperature 0 works with any n and seed: they are all the same."""
    first, *others = await subject.ask(4, temperature=0.0)
    assert len(others) == 3
    assert {step.text for step in others} == {first.text}


async def too_long_is_said(subject: Subject) -> None:
    """A problem that fills the context is its own error, and the next one is answered."""
    with pytest.raises(PromptTooLong, match=r"\d"):
        await subject.ask(problem="1+" * 5000 + "1?")
    assert len(await subject.ask()) == 1


async def any_script_is_a_problem(subject: Subject) -> None:
    """Cyrillic, Chinese, an emoji, a combining accent: text like any other."""
    steps = await subject.ask(2, problem="Сколько будет 2+3? 二加三 🧮 e\u0301", max_tokens=20)
    assert len(steps) == 2


async def no_system_prompt_is_needed(subject: Subject) -> None:
    """``None`` sends none."""
    assert len(await subject.ask(2, system_prompt=None)) == 2


async def cancelling_frees_everything(subject: Subject) -> None:
    """Who is cancelled leaves nothing running; who is not gets the same as alone."""
    kept = subject.request(2, seed=1)
    expected = await subject.generator.generate(kept)
    staying = asyncio.create_task(subject.generator.generate(kept))
    doomed = [asyncio.create_task(subject.ask(DOOMED, seed=100 + i)) for i in range(400)]
    async with asyncio.timeout(PATIENCE):
        while not await subject.count_busy():  # noqa: ASYNC110 - of a server
            await asyncio.sleep(0)
    for task in doomed:
        task.cancel()
    ends = await asyncio.gather(*doomed, return_exceptions=True)
    cancelled = [end for end in ends if isinstance(end, asyncio.CancelledError)]
    finished = [end for end in ends if isinstance(end, list)]  # a fast server was done with some
    assert len(cancelled) + len(finished) == len(ends)
    assert len(cancelled) > len(ends) / 2
    assert await staying == expected
    await subject.until_idle()
    assert await subject.generator.generate(kept) == expected


WHOLE_ANSWERS: list[Check] = [
    exactly_n,
    a_seed_says_it_all,
    in_the_order_of_their_index,
    company_changes_nothing,
    two_hundred_at_once,
    no_stop_is_the_whole_answer,
    max_tokens_is_heeded,
    greedy_several_times,
    too_long_is_said,
    any_script_is_a_problem,
    no_system_prompt_is_needed,
    cancelling_frees_everything,
]


async def a_step_keeps_its_stop(subject: Subject) -> None:
    """The delimiter ends the text of a step, and is nowhere before its end."""
    for step in await subject.ask(8, stop=DELIMITER):
        assert step.finish == "step"
        assert step.text.index(DELIMITER) == len(step.text) - len(DELIMITER)


async def every_reason_to_end(subject: Subject) -> None:
    """Steps to the delimiter, the last one to the end, and one that is truncated on the way."""
    path = await subject.descend(temperature=0.0)
    assert len(path) > 1
    assert [step.finish for step in path] == ["step"] * (len(path) - 1) + ["stop"]
    (cut,) = await subject.ask(path=path[:1], stop=DELIMITER, temperature=0.0, max_tokens=1)
    assert (cut.finish, cut.tokens) == ("length", 1)


async def step_by_step_is_in_one_go(subject: Subject) -> None:
    """Greedy steps, put together, are the greedy answer."""
    (whole,) = await subject.ask(temperature=0.0)
    path = await subject.descend(temperature=0.0)
    assert "".join(step.text for step in path) == whole.text


async def a_path_may_be_text_alone(subject: Subject) -> None:
    """A path that somebody else began goes on, from its text."""
    path = (await subject.descend(temperature=0.0))[:1]
    by_text = await subject.ask(4, path=path, by_ids=False, stop=DELIMITER)
    assert len(by_text) == 4
    assert by_text != await subject.ask(4, stop=DELIMITER)


STEPS: list[Check] = [
    a_step_keeps_its_stop,
    every_reason_to_end,
    step_by_step_is_in_one_go,
    a_path_may_be_text_alone,
]


async def ids_are_what_it_cost(subject: Subject) -> None:
    """One id per token; only the end-of-sequence token is counted without one."""
    steps = [*await subject.ask(8, stop=DELIMITER), *await subject.ask(8)]
    assert all(step.tokens - len(step.token_ids) == (step.finish == "stop") for step in steps)
    assert all(len(set(step.token_ids)) > 1 for step in steps)


async def ids_win_over_text(subject: Subject) -> None:
    """A path given by its ids is that path, whatever text comes with it."""
    path = (await subject.descend(temperature=0.0))[:2]
    by_ids = await subject.ask(4, path=path, stop=DELIMITER)
    lies = [Step("no such step" + DELIMITER, "step", 1, step.token_ids) for step in path]
    assert await subject.ask(4, path=lies, stop=DELIMITER) == by_ids
    assert await subject.ask(4, path=path, by_ids=False, stop=DELIMITER) == by_ids


TOKEN_IDS: list[Check] = [ids_are_what_it_cost, ids_win_over_text]


async def a_logprob_for_every_token(subject: Subject) -> None:
    """Where asked for, and asking changes nothing else."""
    plain = await subject.ask(4)
    asked = await subject.ask(4, logprobs=True)
    assert [step.text for step in asked] == [step.text for step in plain]
    assert all(step.logprobs is None for step in plain)
    for step in asked:
        assert step.logprobs is not None
        assert len(step.logprobs) == step.tokens
        assert all(value <= 0.0 for value in step.logprobs)


LOGPROBS: list[Check] = [a_logprob_for_every_token]
