"""Monte-Carlo labels against a generator whose chances are known."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.training.coin import Coin, problems, solution
from tts_async import Solver
from tts_async.errors import ConfigurationError, GeneratorUnavailable
from tts_async.training import LabelledSolution, Solution, label_by_completions, read_labelled
from tts_async.types.generation import GenerationRequest, Step


async def label(
    generator: Coin, solutions: Sequence[Solution], out: Path, *, k: int = 8, soft: bool = False
) -> list[LabelledSolution]:
    """The labels by completions of this generator, in the order of the samples."""
    async with Solver(generator=generator, max_in_flight=1) as solver:
        await label_by_completions(solver, solutions, out, k=k, soft=soft)
    return sorted(await read(out), key=lambda row: row.sample)


async def read(out: Path) -> list[LabelledSolution]:
    """The rows of a file."""
    return await asyncio.to_thread(read_labelled, out)


async def test_soft_labels_are_the_chances(tmp_path: Path) -> None:
    """To within three standard errors of 1,000 draws, and the answer itself is certain."""
    drawn = solution("a p=0.9", "b p=0.3", "the end", correct=False)
    (row,) = await label(Coin(), [drawn], tmp_path / "out", k=1000, soft=True)
    assert row.shares is not None
    assert row.shares[0] == pytest.approx(0.9, abs=0.03)
    assert row.shares[1] == pytest.approx(0.3, abs=0.045)
    assert row.shares[2] == 0.0
    assert row.labels == (True, True, False)


async def test_hard_labels_ask_whether_some_completion_gets_there(tmp_path: Path) -> None:
    """With a chance of 0.5 and 20 draws nearly surely; with none never."""
    drawn = solution("a p=0.5", "b p=0", "the end")
    (row,) = await label(Coin(), [drawn], tmp_path / "out", k=20)
    assert (row.labels, row.shares) == ((True, False), None)
    assert row.steps == ("a p=0.5\n\n", "b p=0")


async def test_a_hopeless_step_is_the_last_one(tmp_path: Path) -> None:
    """Whatever comes after it costs nothing and is not labelled."""
    coin = Coin()
    drawn = solution("a p=0", "b p=1", "c p=1", "the end")
    (row,) = await label(coin, [drawn], tmp_path / "out", soft=True)
    assert coin.paths == ["a p=0\n\n"]
    assert (row.steps, row.labels, row.shares) == (("a p=0",), (False,), (0.0,))


async def test_equal_prefixes_are_completed_once(tmp_path: Path) -> None:
    """Two of the three solutions share a step, and two are the same."""
    coin = Coin()
    drawn = [
        solution("a p=1", "b p=1", "wrong", sample=0),
        solution("a p=1", "c p=1", "wrong", sample=1),
        solution("a p=1", "c p=1", "wrong", sample=2),
    ]
    rows = await label(coin, drawn, tmp_path / "out")
    assert coin.paths == ["a p=1\n\n", "a p=1\n\nb p=1\n\n", "a p=1\n\nc p=1\n\n"]
    assert [row.labels for row in rows] == [(True, True, False)] * 3


async def test_a_right_solution_is_a_completion_of_its_prefixes(tmp_path: Path) -> None:
    """Its steps are right without a draw; for a share it counts as one of k + 1."""
    coin = Coin()
    drawn = solution("a p=0", "the end", correct=True)
    (row,) = await label(coin, [drawn], tmp_path / "hard")
    assert (coin.requests, row.labels) == ([], (True, True))
    (row,) = await label(coin, [drawn], tmp_path / "soft", k=4, soft=True)
    assert row.shares == (1 / 5, 1.0)


async def test_a_torn_last_step_is_not_judged(tmp_path: Path) -> None:
    """A truncated solution gives the steps that are whole; one without any gives nothing."""
    torn = Solution(
        problem=solution("x").problem,
        sample=0,
        seed=0,
        steps=("a p=1\n\n", "and then"),
        finish="length",
        predicted=None,
        correct=False,
    )
    (row,) = await label(Coin(), [torn], tmp_path / "out")
    assert (row.steps, row.labels) == (("a p=1",), (True,))


async def test_a_soft_label_above_zero_is_a_right_hard_one(tmp_path: Path) -> None:
    """Both kinds draw the same completions where both draw."""
    drawn = [solution(f"{i} p=0.2", "b p=0.3", "end", sample=i) for i in range(20)]
    drawn += [solution("0 p=0.2", "lucky p=0", "end", correct=True, sample=20)]
    hard = await label(Coin(), drawn, tmp_path / "hard", k=3)
    soft = await label(Coin(), drawn, tmp_path / "soft", k=3, soft=True)
    assert [row.labels for row in hard] == [row.labels for row in soft]
    assert {True, False} == {row.labels[0] for row in hard}


async def test_the_same_seed_gives_the_same_labels(tmp_path: Path) -> None:
    """Whatever the order of the file."""
    drawn = [solution(f"{name} p=0.5", "wrong", sample=i) for i, name in enumerate("abc")]
    rows = await label(Coin(), drawn, tmp_path / "one", k=3, soft=True)
    again = await label(Coin(), drawn[::-1], tmp_path / "two", k=3, soft=True)
    assert rows == again


async def test_a_run_that_ended_early_is_continued(tmp_path: Path) -> None:
    """What is labelled is not labelled again, and the whole is what one run would have given."""

    class Dying(Coin):
        """Gone after two answers."""

        async def generate(self, request: GenerationRequest) -> list[Step]:
            if len(self.requests) == 2:
                raise GeneratorUnavailable("nobody is there")
            return await super().generate(request)

    drawn = [solution("a p=0.5", "wrong", problem=problem) for problem in problems(9)]
    with pytest.raises(GeneratorUnavailable):
        await label(Dying(), drawn, tmp_path / "out")
    assert len(await read(tmp_path / "out")) == 2
    coin = Coin()
    await label(coin, drawn, tmp_path / "out")
    assert len(coin.requests) == 7
    undisturbed = await label(Coin(), drawn, tmp_path / "whole")
    by_id = sorted(await read(tmp_path / "out"), key=lambda row: row.problem.id)
    assert by_id == sorted(undisturbed, key=lambda row: row.problem.id)


async def test_labels_of_two_kinds_do_not_mix(tmp_path: Path) -> None:
    """Another k, another file."""
    drawn = [solution("a p=1", "wrong")]
    await label(Coin(), drawn, tmp_path / "out", k=2)
    with pytest.raises(ConfigurationError, match="holds labels by '2 completions, hard, seed 0'"):
        await label(Coin(), drawn, tmp_path / "out", k=3)
    with pytest.raises(ConfigurationError, match="k: must be at least 1"):
        await label(Coin(), drawn, tmp_path / "out", k=0)
