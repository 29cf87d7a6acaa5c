"""Answers of other tasks: own extraction, own comparison, and what happens when they fail."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.patience import PATIENCE
from tts_async.answers import AnswerChecker
from tts_async.errors import AnswerError, ConfigurationError


def last_word(text: str) -> str | None:
    """The last word, if there is one."""
    words = text.split()
    return words[-1] if words else None


def same_length(a: str, b: str) -> bool:
    """An equality that mathematics would not come up with."""
    return len(a) == len(b)


async def test_own_rules() -> None:
    """Extraction, comparison and groups are those of the functions; no process starts."""
    async with AnswerChecker(extract=last_word, compare=same_length) as checker:
        answers = await checker.extract(["it is red", r"\boxed{5}", " ", "so it is blue"])
        assert answers == ["red", r"\boxed{5}", None, "blue"]
        assert await checker.group([*answers, "tea", "", "x"]) == [0, 1, None, 2, 0, None, 3]
        assert await checker.equal("1.0", "2.0")
        assert not await checker.equal("1", "1.0")
        assert checker.pid is None
        assert checker.is_custom
        assert "last_word" in repr(checker)
        assert "same_length" in repr(checker)


async def test_own_rules_may_wait() -> None:
    """Coroutine functions, objects with such a call, and functions that return an awaitable."""

    class Judge:
        async def __call__(self, a: str, b: str) -> bool:
            await asyncio.sleep(0)
            return a.lower() == b.lower()

    async def extract(text: str) -> str | None:
        await asyncio.sleep(0)
        return last_word(text)

    def later(text: str) -> Awaitable[str | None]:
        return extract(text)

    for extraction in (extract, later):
        async with AnswerChecker(extract=extraction, compare=Judge()) as checker:
            assert await checker.extract(["a b", ""]) == ["b", None]
            assert await checker.group(["a", "B", "A"]) == [0, 1, 0]


async def test_ordinary_functions_do_not_hold_up_the_loop() -> None:
    """They run in threads: two that wait for each other both come back."""
    barrier = threading.Barrier(2, timeout=PATIENCE)

    def compare(a: str, b: str) -> bool:
        barrier.wait()
        return False

    async with AnswerChecker(compare=compare) as checker:
        assert not any(await asyncio.gather(checker.equal("a", "b"), checker.equal("c", "d")))


async def test_one_rule_without_the_other() -> None:
    """Own extraction with mathematics, own comparison with boxes."""
    async with AnswerChecker(extract=last_word) as checker:
        assert await checker.group(await checker.extract(["is x+1", "1+x", "5"])) == [0, 0, 1]
        assert not checker.is_final(r"\boxed{5}")
    async with AnswerChecker(compare=same_length) as checker:
        assert await checker.extract([r"\boxed{5}", "none"]) == ["5", None]
        assert checker.is_final(r"\boxed{5}")
    async with AnswerChecker() as checker:
        assert not checker.is_custom


async def test_nothing_is_asked_twice() -> None:
    """A test suite may be behind a comparison: each text and each pair once."""
    calls: list[tuple[str, ...]] = []

    def extract(text: str) -> str:
        calls.append((text,))
        return text

    def compare(a: str, b: str) -> bool:
        calls.append((a, b))
        return False

    async with AnswerChecker(extract=extract, compare=compare) as checker:
        for texts in (["a", "b", "a"], ["a", "b", "c"]):
            groups = await checker.group(await checker.extract(texts))
            assert groups == [*map(texts.index, texts)]
    assert sorted(calls) == [("a",), ("a", "b"), ("a", "c"), ("b",), ("b", "c"), ("c",)]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"extract": lambda text: 1 / 0}, "extract: .*lambda> raised ZeroDivisionError: .*'text'"),
        ({"extract": lambda text: 5}, "extract: .* returned 5 instead of a string or None, for"),
        ({"compare": lambda a, b: {}[a]}, "compare: .* raised KeyError: 'one', for 'one' and 'two"),
        ({"compare": lambda a, b: 0.7}, "compare: .* returned 0.7 instead of True or False"),
        ({"compare": lambda a: True}, "compare: .* raised TypeError"),
    ],
)
async def test_a_function_that_fails(rules: dict[str, Any], message: str) -> None:
    """The error names the function, what it did, and the answer it did it on, in short."""
    async with AnswerChecker(**rules) as checker:
        judge = checker.extract if "extract" in rules else checker.group
        texts = ["text"] if "extract" in rules else ["one", "two" + 10_000 * "!"]
        with pytest.raises(AnswerError, match=message) as caught:
            await judge(texts)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", ["extract", "compare"])
async def test_what_is_no_function(name: str) -> None:
    """Is refused by name."""
    with pytest.raises(ConfigurationError, match=f"{name}: 'boxed' is not callable"):
        AnswerChecker(**{name: "boxed"})  # type: ignore[arg-type]


def near(a: str, b: str) -> bool:
    """Not transitive: 1 is near 2 is near 3."""
    return abs(int(a) - int(b)) <= 1


def later_is_fine(a: str, b: str) -> bool:
    """Not even symmetric."""
    return a <= b


def first_come_first_lead(answers: Sequence[str], compare: Callable[[str, str], bool]) -> list[int]:
    """The groups as defined: one answer after the other joins the first leader it is equal to."""
    leaders: list[str] = []
    groups = []
    for answer in answers:
        fits = (
            n for n, leader in enumerate(leaders) if leader == answer or compare(leader, answer)
        )
        number = next(fits, len(leaders))
        if number == len(leaders):
            leaders.append(answer)
        groups.append(number)
    return groups


@settings(max_examples=40)
@given(st.lists(st.sampled_from("123456"), max_size=12), st.sampled_from([near, later_is_fine]))
def test_an_odd_comparison_still_gives_a_partition(
    answers: list[str], compare: Callable[[str, str], bool]
) -> None:
    """The same every time, in the order given; more answers never change the groups so far."""

    async def groups(count: int) -> list[int | None]:
        async with AnswerChecker(compare=compare) as checker:
            return await checker.group(answers[:count])

    whole = asyncio.run(groups(len(answers)))
    assert whole == first_come_first_lead(answers, compare)
    assert asyncio.run(groups(len(answers) // 2)) == whole[: len(answers) // 2]
