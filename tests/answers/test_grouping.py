"""Grouping is a partition and does not depend on the order, however odd the equality is."""

import asyncio
import random
from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.answers.processes import assert_only_this_task_is_left
from tts_async.answers import AnswerChecker
from tts_async.answers.mathematics import Mathematics
from tts_async.answers.normal import decide, normal_form
from tts_async.answers.referee import Question

WRITINGS = ["1", "1.0", "0.5", "1/2", r"50\%", "50", "x", "$x$", "x+1", "1+x", "y", "(x)", None, ""]


class Whimsical:
    """Rules at random, but the same way each time: symmetric and anything but transitive."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    async def rule(self, questions: Sequence[Question]) -> list[bool]:
        """Now and then an answer hangs in its trial, and a third of the pairs are equal."""
        odds = {1: 0.9, 2: 0.33}
        return [random.Random(f"{self.seed}{q}").random() < odds[len(q)] for q in questions]

    async def aclose(self) -> None:
        """Nothing to close."""


def group(answers: Sequence[str | None], seed: int) -> list[int | None]:
    """The groups under a whimsical equality."""

    async def run() -> list[int | None]:
        mathematics = Mathematics(time_limit=5, memory=1000)
        mathematics._referee = Whimsical(seed)  # type: ignore[assignment]
        return await mathematics.group(answers)

    return asyncio.run(run())


answers_in_two_orders = st.lists(st.sampled_from(WRITINGS), max_size=20).flatmap(
    lambda answers: st.tuples(st.just(answers), st.permutations(range(len(answers))))
)


@settings(max_examples=50)
@given(answers_in_two_orders, st.integers(0, 1000))
def test_order_does_not_matter(both: tuple[list[str | None], list[int]], seed: int) -> None:
    """Shuffled answers fall into the same groups."""
    answers, order = both
    groups = group(answers, seed)
    shuffled = group([answers[i] for i in order], seed)
    pairs = {(groups[i], shuffled[place]) for place, i in enumerate(order)}
    for side in (0, 1):  # one to one
        assert len({pair[side] for pair in pairs}) == len(pairs)


@settings(max_examples=50)
@given(st.lists(st.sampled_from(WRITINGS), max_size=20), st.integers(0, 1000))
def test_groups_are_a_partition(answers: list[str | None], seed: int) -> None:
    """Each answer has one group; equal writings share it; different numbers never do."""
    groups = group(answers, seed)
    assert len(groups) == len(answers)
    assert [g is None for g in groups] == [not a for a in answers]
    appearances = list(dict.fromkeys(g for g in groups if g is not None))
    assert appearances == list(range(len(appearances)))
    for answer, number in zip(answers, groups, strict=True):
        for other, other_number in zip(answers, groups, strict=True):
            if not answer or not other:
                continue
            same = decide(normal_form(answer), normal_form(other))
            if answer == other:
                assert number == other_number
            if same is False:
                assert number != other_number


def test_a_chain_is_not_one_group() -> None:
    """With a = b, b = c, c = d and nothing else: members equal their leader, chains do not grow."""

    class Neighbours(Whimsical):
        async def rule(self, questions: Sequence[Question]) -> list[bool]:
            chain = {frozenset(pair) for pair in pairwise("abcd")}
            return [len(q) == 1 or frozenset(q) in chain for q in questions]

    async def run() -> list[int | None]:
        mathematics = Mathematics(time_limit=5, memory=1000)
        mathematics._referee = Neighbours(0)  # type: ignore[assignment]
        return await mathematics.group(["d", "c", "b", "a"])

    assert asyncio.run(run()) == [0, 0, 1, 1]


def test_nothing_is_pending_after_a_run() -> None:
    """An event loop around a real checker ends without a leftover task."""

    async def run() -> None:
        async with AnswerChecker() as checker:
            assert await checker.group(["x+1", "1+x"]) == [0, 0]
        assert_only_this_task_is_left()

    asyncio.run(run())
