"""Drawing solutions: verdicts, steps, and runs that are killed and continued."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from tests.patience import until
from tests.training.coin import GOLD, Coin, problems
from tts_async import Generator, Problem, Solver
from tts_async.errors import ConfigurationError, DatasetError
from tts_async.testing import ScriptedGenerator
from tts_async.training import Solution, read_solutions, roll_out

PROCESS = str(Path(__file__).with_name("drawing_process.py"))


async def draw(
    generator: Generator, out: Path, questions: list[Problem], *, n: int = 2, seed: int = 0
) -> int:
    """Roll out, and how many were new."""
    async with Solver(generator=generator) as solver:
        return await roll_out(solver, questions, out, n=n, seed=seed)


async def test_each_solution_has_its_steps_and_its_verdict(tmp_path: Path) -> None:
    """Right by mathematical equality, wrong, silent, and truncated."""
    texts = ["a\n\n\\boxed{42.0}", r"\boxed{7}", "who knows", "a\n\nb…"]
    question = Problem("p", id="p", answer=GOLD, metadata={"level": 1})
    assert await draw(ScriptedGenerator({"": texts}), tmp_path / "out", [question], n=4) == 4
    drawn = await read(tmp_path / "out")
    assert [solution.correct for solution in drawn] == [True, False, False, False]
    assert [solution.predicted for solution in drawn] == ["42.0", "7", None, None]
    assert [solution.finish for solution in drawn] == ["stop", "stop", "stop", "length"]
    assert drawn[0].steps == ("a\n\n", r"\boxed{42.0}")
    assert (drawn[3].steps, drawn[3].whole_steps) == (("a\n\n", "b"), ("a\n\n",))
    assert [solution.key for solution in drawn] == [("p", i) for i in range(4)]
    assert drawn[0].problem == question


async def test_what_is_there_is_not_drawn_again(tmp_path: Path) -> None:
    """More problems and more solutions each are added; the file of one run has the same rows."""
    coin, questions = Coin(), list(problems(4))
    assert await draw(coin, tmp_path / "out", questions[:2]) == 4
    assert await draw(coin, tmp_path / "out", questions[:2]) == 0
    assert await draw(coin, tmp_path / "out", questions, n=3) == 8
    await draw(Coin(), tmp_path / "whole", questions, n=3)
    assert rows(tmp_path / "out") == rows(tmp_path / "whole")


async def test_a_killed_run_is_continued(tmp_path: Path) -> None:
    """SIGKILL in the middle, a torn line at the end: nothing is lost, nothing is there twice."""
    out = tmp_path / "deep" / "out.jsonl"
    process = await asyncio.create_subprocess_exec(sys.executable, PROCESS, str(out))
    await until(lambda: out.exists() and out.read_text().count("\n") == 10)
    process.kill()
    await process.wait()
    assert len(await read(out)) == 10
    with out.open("a") as file:
        file.write(rows(out)[0][:40])
    assert await draw(Coin(), out, list(problems(8))) == 6
    await draw(Coin(), tmp_path / "whole", list(problems(8)))
    assert rows(out) == rows(tmp_path / "whole")


async def test_wrong_use_is_explained(tmp_path: Path) -> None:
    """A problem without an answer, a file of another seed, a folder in the place of a file."""
    with pytest.raises(ConfigurationError, match="problems: 'x' has no answer"):
        await draw(Coin(), tmp_path / "out", [Problem("p", id="x")])
    await draw(Coin(), tmp_path / "out", list(problems(1)))
    with pytest.raises(ConfigurationError, match="was drawn with seed 0, not 5"):
        await draw(Coin(), tmp_path / "out", list(problems(1)), seed=5)
    with pytest.raises(ConfigurationError, match="out: cannot write to"):
        await draw(Coin(), tmp_path, list(problems(1)))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (
            '{"prompt": "p"}\n',
            r"other, line 1: not a rolled-out solution \(KeyError\('problem'\)\)",
        ),
        ("[1]\n", "other, line 1: expected a JSON object, got list"),
        ("{'a': 1}\n", "other, line 1: not JSON"),
        ("all I ever wrote", "other: its last line is no row"),
    ],
)
async def test_a_file_of_something_else_is_left_alone(
    tmp_path: Path, content: str, complaint: str
) -> None:
    """The message says where it stands and what is wrong with it."""
    out = tmp_path / "other"
    out.write_text(content)
    with pytest.raises(DatasetError, match=complaint):
        await draw(Coin(), out, list(problems(1)))
    assert out.read_text() == content


def test_a_solution_survives_the_file() -> None:
    """Whatever is in it."""
    solution = Solution(
        problem=Problem("p \u2028", id="7", answer="1", metadata={"subject": "algebra"}),
        sample=3,
        seed=9,
        steps=("one\n\n", "zwölf"),
        finish="length",
        predicted=None,
        correct=False,
    )
    assert Solution.from_dict(json.loads(json.dumps(solution.to_dict()))) == solution


async def read(out: Path) -> list[Solution]:
    """The solutions of a file."""
    return await asyncio.to_thread(read_solutions, out)


def rows(path: Path) -> list[str]:
    """The lines of a file in alphabetical order."""
    return sorted(path.read_text(encoding="utf-8").splitlines())
