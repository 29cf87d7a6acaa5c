"""The public fakes do what their documentation says."""

import asyncio

import pytest

from tts_async import GenerationRequest, Problem, Sampling, ScoreRequest
from tts_async.testing import RandomGenerator, ScriptedGenerator, ScriptedVerifier, run_virtual


def ask(
    n: int = 1, *, path: str = "", stop: str | None = "\n\n", seed: int = 0
) -> GenerationRequest:
    """A request for continuations of a path."""
    return GenerationRequest(
        problem=Problem("p"),
        system_prompt=None,
        steps=(path,) if path else (),
        token_ids=(),
        n=n,
        stop=stop,
        sampling=Sampling(),
        seed=seed,
    )


def test_virtual_time_jumps() -> None:
    """A day passes in no time, and timers fire in order."""

    async def main() -> list[int]:
        order: list[int] = []

        async def after(seconds: int) -> None:
            await asyncio.sleep(seconds)
            order.append(seconds)

        await asyncio.gather(after(86_400), after(10), after(3_600))
        assert asyncio.get_running_loop().time() == 86_400
        return order

    assert run_virtual(main()) == [10, 3_600, 86_400]


def test_virtual_time_reports_a_deadlock() -> None:
    """A program that waits for nothing is an error, not a test that hangs."""

    async def main() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(RuntimeError, match="deadlock"):
        run_virtual(main())


def test_a_script_is_played_in_order() -> None:
    """Continuations in turn, round again when all were given, first ones to the end."""

    async def main() -> None:
        generator = ScriptedGenerator({"": ["a\n\n", "b…"], "a\n\n": ["c"]}, delay=2.0)
        one, two, three = await generator.generate(ask(3))
        assert [one.text, two.text, three.text] == ["a\n\n", "b", "a\n\n"]
        assert [one.finish, two.finish] == ["step", "length"]
        fresh = ScriptedGenerator({"": ["a\n\n"], "a\n\n": ["c"]})
        (whole,) = await fresh.generate(ask(stop=None))
        assert (whole.text, whole.finish) == ("a\n\nc", "stop")
        assert len(generator.requests) == 1
        assert (generator.running, generator.peak) == (0, 3)
        with pytest.raises(KeyError):
            await generator.generate(ask(path="elsewhere"))
        with pytest.raises(OSError, match="asked for"):
            await ScriptedGenerator({"": [OSError("asked for")]}).generate(ask())

    run_virtual(main())


def test_random_trees_depend_on_the_seed_alone() -> None:
    """The same request gives the same steps, a longer one begins with them."""

    async def main() -> None:
        generator = RandomGenerator(depth=2)
        two, three = await generator.generate(ask(2)), await generator.generate(ask(3))
        assert [step.text for step in two] == [step.text for step in three][:2]
        other = await generator.generate(ask(2, seed=1))
        assert [step.text for step in two] != [step.text for step in other]

    run_virtual(main())


def test_scores_come_from_a_table_or_a_function() -> None:
    """Looked up by the step's text; an unknown step is an error of the test."""

    async def main() -> None:
        request = ScoreRequest(Problem("p"), ("a\n\n", "bb"))
        table = ScriptedVerifier({"a": 0.1, "bb": 0.2}, delay=1.0)
        assert await table.score([request]) == [[0.1, 0.2]]
        assert table.calls == [(request,)]
        assert await ScriptedVerifier(lambda step: len(step) / 10).score([request]) == [[0.1, 0.2]]
        with pytest.raises(KeyError):
            await ScriptedVerifier({}).score([request])

    run_virtual(main())
