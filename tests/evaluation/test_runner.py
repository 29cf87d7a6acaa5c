"""Outcomes: what is right, what is wrong, and when a run is worth stopping."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from tests.evaluation.parrot import Listener, Parrot
from tts_async import DVTS, Greedy, Majority, Problem, Solver, Strategy
from tts_async.errors import ConfigurationError, GeneratorUnavailable, PromptTooLong
from tts_async.evaluation import Outcome, evaluate
from tts_async.testing import ScriptedGenerator, run_virtual


def problems(*texts: str, answer: str = "7") -> list[Problem]:
    """Problems that all have the same answer."""
    return [Problem(text, id=f"{i}", answer=answer) for i, text in enumerate(texts)]


def outcomes(problems: Sequence[Problem], strategy: Strategy | None = None) -> dict[str, Outcome]:
    """All outcomes by the text of their problem."""

    async def main() -> dict[str, Outcome]:
        async with Solver(generator=Parrot(), verifier=Listener()) as solver:
            found = evaluate(solver, problems, strategy or Majority(n=2))
            return {outcome.problem.text: outcome async for outcome in found}

    return run_virtual(main())


def test_right_wrong_and_silent() -> None:
    """An equal number is right however it is written; none at all is wrong."""
    found = outcomes(problems("say 7", "say 8", "be silent", answer="7.0"), DVTS(n=2, beam_width=2))
    assert {text: outcome.correct for text, outcome in found.items()} == {
        "say 7": True,
        "say 8": False,
        "be silent": False,
    }


def test_a_failing_problem_counts_as_wrong_and_keeps_its_error() -> None:
    """The others go on."""
    found = outcomes(problems("say 7", "broken", "say 7 again 7"))
    assert not found["broken"].correct
    assert repr(found["broken"].result.error) == "PromptTooLong('too long')"
    assert found["say 7"].correct
    assert found["say 7 again 7"].correct


def test_every_problem_with_every_seed() -> None:
    """All of them in one run; a problem that fails does so with each."""

    async def main() -> list[Outcome]:
        async with Solver(generator=Parrot(), verifier=Listener()) as solver:
            found = evaluate(solver, problems("say 7", "broken"), Majority(n=2), seeds=(4, 5, 6))
            return [outcome async for outcome in found]

    found = run_virtual(main())
    pairs = sorted((outcome.problem.text, outcome.result.seed) for outcome in found)
    assert pairs == [(text, seed) for text in ("broken", "say 7") for seed in (4, 5, 6)]
    assert {outcome.correct for outcome in found if outcome.problem.text == "say 7"} == {True}


def test_every_candidate_is_judged() -> None:
    """Equal ones together, silent ones as wrong."""
    script = {"": [r"$\boxed{7}$", r"$\boxed{7.0}$", r"$\boxed{8}$", "who knows"]}

    async def main() -> Outcome:
        async with Solver(generator=ScriptedGenerator(script)) as solver:
            (found,) = [o async for o in evaluate(solver, problems("p"), Majority(n=4))]
            return found

    found = run_virtual(main())
    assert found.right == (True, True, False, False)
    assert found.correct


def test_when_all_fail_the_error_is_raised() -> None:
    """A column of zeros would be a lie; the last error is raised as what it was."""
    with pytest.raises(PromptTooLong, match=r"^too long$"):
        outcomes(problems("broken 1", "broken 2"))


def test_a_server_that_is_gone_ends_the_run() -> None:
    """Five in a row suffice, whatever went well before and would come after."""
    texts = ["say 7", *(f"gone {i}" for i in range(6)), *(f"say {i}" for i in range(200))]
    with pytest.raises(GeneratorUnavailable, match="nobody is there"):
        outcomes(problems(*texts))


def test_a_server_that_comes_back_does_not() -> None:
    """Failures with successes between them are failures of their problems."""
    texts = [word for i in range(8) for word in (f"gone {i}", f"say {i}")]
    assert len(outcomes(problems(*texts))) == 16


def test_a_strategy_that_cannot_work_is_the_callers_error() -> None:
    """It would fail on every problem in the same way."""

    async def main() -> None:
        async with Solver(generator=Parrot()) as solver:
            async for _ in evaluate(solver, problems("say 7"), DVTS(n=4)):
                raise AssertionError

    with pytest.raises(ConfigurationError, match="no verifier"):
        run_virtual(main())


def test_problems_without_an_answer_cannot_be_judged() -> None:
    """They would all count as wrong."""
    unknown = Problem("say 8", id="x")
    with pytest.raises(ConfigurationError, match=r"1 of 2 have no answer .* first x; give each"):
        outcomes([*problems("say 7"), unknown])


async def test_cancelling_ends_everything_in_flight() -> None:
    """The outcomes so far are there, and no search goes on behind the scenes."""
    parrot, seen, all_run = Parrot(), list[Outcome](), asyncio.Event()
    several = problems("say 7", *(f"slow {i}" for i in range(5)))

    async def main() -> None:
        async with (
            Solver(generator=parrot) as solver,
            aclosing(evaluate(solver, several, Greedy())) as found,
        ):
            async for outcome in found:
                seen.append(outcome)
                all_run.set()

    task = asyncio.create_task(main())
    await all_run.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [outcome.problem.text for outcome in seen] == ["say 7"]
    assert parrot.running == 0
