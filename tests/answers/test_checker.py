r"""Mathematical equality: what is equal, what is not, and what a hostile expression costs."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.answers.processes import is_running
from tts_async.answers import AnswerChecker
from tts_async.errors import ConfigurationError
from tts_async.worker import WorkerProcess

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOWER = "9^{9^{9^9}}"
LIMIT = 3.0  # seconds; honest comparisons take milliseconds, also on a busy machine


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def checker() -> AsyncIterator[AnswerChecker]:
    """One process for all tests that do not harm it."""
    async with AnswerChecker(time_limit=30) as checker:
        yield checker


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt{3}}"),
        (r"3\sqrt{13}", r"\sqrt{117}"),
        (r"11\sqrt2", r"11 \sqrt{2}"),
        ("x^2-1", "(x-1)(x+1)"),
        ("-13x+3", "3 - 13x"),
        ("6 - 5i", "-5i+6"),
        (r"\cot x", r"\frac{1}{\tan x}"),
        (r"\frac{20000}{\pi}", r"20000\pi^{-1}"),
        ("10!", "3628800"),
        (r"1\frac{4}{5}", r"\frac95"),
        (r"1.2\times10^3", "1200"),
        (r"\sqrt[3]{8}", "2"),
        ("x=5", "5"),
        (r"x \in [-2,7]", "[-2,7]"),
        ("1<x<2", "(1,2)"),
        (r"x>5", r"(5,\infty)"),
        (r"(-\infty,2)\cup(3,\infty)", r"(3,\infty)\cup(-\infty,2)"),
        ("3, 5, 7", "7,3,5"),
        (r"\{1\pm\sqrt{5},-2\}", r"-2, 1-\sqrt{5}, 1+\sqrt{5}"),
        (r"1 \pm \sqrt{19}", r"1+\sqrt{19}, 1-\sqrt{19}"),
        (r"\begin{pmatrix} 1/5 \\ -18/5 \end{pmatrix}", r"\begin{bmatrix}0.2\\-3.6\end{bmatrix}"),
        (r"5.4 \text{ cents}", "5.4"),
        (r"15\mbox{ cm}^2", "15"),
        (r"\text{Yes}", "yes"),
        ("y = 2x + 3", "y=3+2x"),
        ("2 and 3", "3,2"),
    ],
)
async def test_equal(checker: AnswerChecker, a: str, b: str) -> None:
    """The same thing in two forms, whichever comes first."""
    assert await checker.equal(a, b)
    assert await checker.equal(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("5", "6"),
        ("1/3", "0.333333"),
        ("1", "2x+z=1"),
        ("0", "5x - 7y + 11z + 4 = 0"),
        (r"\sqrt{2}", "1.4142"),
        (r"\pi", "3.14"),
        ("x", "y"),
        ("x=5", "y=5"),
        ("x+1", "x-1"),
        ("x^2", "2x"),
        (r"\frac{a}{b}", r"\frac{b}{a}"),
        ("x<5", "x>5"),
        (r"x\leq5", "x<5"),
        ("(3,4]", "[3,4]"),
        ("(1,2)", "(2,1)"),
        ("(2,1)", "1,2"),
        ("(1,2)", "[1,2]"),
        ("3, 5, 7", "3, 5, 8"),
        ("3, 5", "3, 5, 7"),
        (r"1 + \sqrt{19}", r"1 \pm \sqrt{19}"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}2\\1\end{pmatrix}"),
        (r"(-\infty,2)\cup(3,\infty)", r"(-\infty,2)\cup[3,\infty)"),
        (r"\infty", r"-\infty"),
        (r"\emptyset", "0"),
        ("52_8", "52_9"),
        ("6-5i", "6+5i"),
        (r"\text{even}", r"\text{odd}"),
        ("east", "seat"),
        (r"\text{Evelyn}", r"\text{Navin}"),
        ("A", "B"),
        ("1/0", "2/0"),
        ("a=1,b=2", "a=2,b=1"),
        (r"\frac{1}{x}", "x"),
        ("", "5"),
    ],
)
async def test_different(checker: AnswerChecker, a: str, b: str) -> None:
    """Different things stay different, whichever comes first."""
    assert not await checker.equal(a, b)
    assert not await checker.equal(b, a)


async def test_groups_by_meaning(checker: AnswerChecker) -> None:
    """Groups are numbered by first appearance; None and blanks abstain."""
    answers = ["x+1", None, "0.5", "1+x", " ", r"\frac12", "2", "(x^2-1)/(x-1)", "$"]
    assert await checker.group(answers) == [0, None, 1, 0, None, 1, 2, 0, None]
    assert await checker.group([]) == []
    assert await checker.group([None]) == [None]


async def test_a_bridge_does_not_join_different_numbers(checker: AnswerChecker) -> None:
    """50 % is 50 and is 0.5, which are not equal: it joins one of them, in every order."""
    assert await checker.group(["0.5", r"50\%", "50"]) == [0, 1, 1]
    assert await checker.group([r"50\%", "0.5", "50"]) == [0, 1, 0]
    assert await checker.group(["50", r"50\%", "0.5"]) == [0, 0, 1]


async def test_arithmetic_needs_no_process() -> None:
    """Plain numbers and equal writings are decided without starting anything."""
    async with AnswerChecker() as checker:
        answers = [f"{i % 7}.0" if i % 2 else f"{i % 7}" for i in range(64)]
        assert await checker.group(answers) == [i % 7 for i in range(64)]
        assert await checker.equal("x+1", "$x + 1$")
        assert checker.pid is None
        assert checker.statistics().asked == 0
        assert "no process" in repr(checker)


async def test_a_second_look_is_free(checker: AnswerChecker) -> None:
    """Rulings are remembered, in both directions and for other spellings."""
    assert await checker.equal(r"\sin^2 x", r"1-\cos^2 x")
    asked = checker.statistics().asked
    assert await checker.equal(r"1 - \cos^2 x", r"$\sin^2 x$")
    assert checker.statistics().asked == asked


async def test_a_hostile_answer_costs_its_own_limit_once() -> None:
    """Among good answers it is a group of its own, and is never evaluated twice."""
    async with AnswerChecker(time_limit=LIMIT) as checker:
        await checker.equal("x", "y")
        good = ["x+1", "1+x", r"\sqrt{8}", r"2\sqrt{2}", "7"]
        assert await checker.group([TOWER, *good, TOWER]) == [0, 1, 1, 2, 2, 3, 0]
        assert checker.statistics().expired == 1
        assert await checker.group([*good, TOWER, "x+2"]) == [0, 0, 1, 1, 2, 3, 4]
        assert checker.statistics().expired == 1


async def test_hostile_texts() -> None:
    """A huge nesting and a megabyte of text are different from 5, and the checker goes on."""
    hostile = ["{" * 900 + "5" + "}" * 900, "x" * 1_000_000]
    async with AnswerChecker(time_limit=LIMIT) as checker:
        assert await checker.group([*hostile, *hostile, "5", "x+1", "1+x"]) == [
            *[0, 1] * 2,
            *[2, 3, 3],
        ]
        assert checker.statistics().expired <= 1


async def test_many_callers_one_of_them_hostile() -> None:
    """Concurrent groups queue for the process and come out right; the event loop goes on."""
    async with AnswerChecker(time_limit=LIMIT) as checker:
        callers = asyncio.gather(
            checker.group([TOWER, "5"]),
            *(checker.group([f"x+{i}", f"{i}+x", f"x-{i}"]) for i in range(1, 6)),
        )
        ticks = 0
        while not callers.done():
            await asyncio.sleep(0.01)
            ticks += 1
        assert callers.result() == [[0, 1], *[[0, 0, 1]] * 5]
        assert checker.statistics().expired == 1
        assert ticks > 20


async def test_cancelled_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelling a comparison that hangs, then closing, waits for nobody and leaves nothing."""
    kill, killed = WorkerProcess.kill, list[int | None]()

    async def note(worker: WorkerProcess) -> None:
        killed.append(worker.pid)
        await kill(worker)

    monkeypatch.setattr(WorkerProcess, "kill", note)
    async with AnswerChecker(time_limit=60) as checker:
        await checker.equal("x", "y")
        pid = checker.pid
        comparison = asyncio.create_task(checker.equal(TOWER, "x"))
        await asyncio.sleep(0.2)
        comparison.cancel()
        with pytest.raises(asyncio.CancelledError):
            await comparison
    assert killed == [pid]  # and not asked to go
    assert pid is not None
    assert not is_running(pid)


async def test_cancelled_while_the_process_starts() -> None:
    """Giving up before the first answer leaves no process either."""
    async with AnswerChecker() as checker:
        comparison = asyncio.create_task(checker.equal("x+1", "1+x"))
        await asyncio.sleep(0.05)
        comparison.cancel()
        await asyncio.wait([comparison])
        assert comparison.cancelled()
        assert await checker.equal("x+1", "1+x")
        pid = checker.pid
    assert pid is not None
    assert not is_running(pid)


@pytest.mark.parametrize("arguments", [{"time_limit": 0}, {"time_limit": -1.0}, {"memory": 0}])
async def test_limits_are_checked(arguments: dict[str, float]) -> None:
    """Limits that make no sense are refused by name."""
    with pytest.raises(ConfigurationError, match=next(iter(arguments))):
        AnswerChecker(**arguments)  # type: ignore[arg-type]
