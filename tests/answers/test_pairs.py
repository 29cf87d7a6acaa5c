"""Hundreds of pairs that a grader would tell apart, or take for the same, and groups of them."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.answers.pairs import DIFFERENT, SAME
from tts_async.answers import AnswerChecker

FAMILIES = [pair for pair in SAME if len(set(pair)) == 2][::4]
"""Answers that belong together, to be mixed with one another: every group has a rival."""

Checked = tuple[asyncio.Runner, AnswerChecker]


@pytest.fixture(scope="module")
def checked() -> Iterator[Checked]:
    """One event loop and one process for the module; what was asked once is remembered."""
    with asyncio.Runner() as runner:
        checker = AnswerChecker(time_limit=30)
        yield runner, checker
        runner.run(checker.aclose())


def misjudged(
    checked: Checked, pairs: list[tuple[str, str]], *, same: bool
) -> list[tuple[str, str]]:
    """The pairs that are not judged so, in one direction or both."""
    runner, checker = checked

    async def judge() -> list[tuple[str, str]]:
        ordered = [order for a, b in pairs for order in ((a, b), (b, a))]
        return [(a, b) for a, b in ordered if await checker.equal(a, b) is not same]

    return runner.run(judge())


def test_the_lists_are_long_and_have_no_doubles() -> None:
    """What the next tests say they cover."""
    assert len(DIFFERENT) >= 300
    assert len(SAME) >= 150
    assert len({frozenset(pair) for pair in DIFFERENT + SAME}) == len(DIFFERENT) + len(SAME)


def test_no_two_that_differ_are_equal(checked: Checked) -> None:
    """Not one, in either direction."""
    assert misjudged(checked, DIFFERENT, same=False) == []


def test_all_that_are_the_same_are_equal(checked: Checked) -> None:
    """Every one, in both directions."""
    assert misjudged(checked, SAME, same=True) == []
    assert checked[1].statistics().expired == 0


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(FAMILIES), min_size=1, max_size=4).flatmap(
        lambda families: st.permutations([answer for pair in families for answer in pair])
    ),
    st.randoms(use_true_random=False),
)
def test_groups_of_hard_answers_do_not_depend_on_their_order(
    checked: Checked, answers: list[str], random: object
) -> None:
    """A partition: whatever the order, the same answers share a group."""
    runner, checker = checked
    shuffled = sorted(answers, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert partition(runner, checker, answers) == partition(runner, checker, shuffled)


def partition(
    runner: asyncio.Runner, checker: AnswerChecker, answers: list[str]
) -> set[frozenset[str]]:
    """The groups as sets of answers; no answer may be in two of them."""
    groups = runner.run(checker.group(answers))
    assert None not in groups
    members = {
        number: frozenset(a for a, n in zip(answers, groups, strict=True) if n == number)
        for number in groups
    }
    assert sum(map(len, members.values())) == len(set(answers))
    return set(members.values())
