"""Which texts a client is given."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.gateway.served import boxed
from tts_async import (
    BeamSearch,
    BestOfN,
    Context,
    Majority,
    Node,
    Result,
    Sampling,
    Solver,
    Strategy,
)
from tts_async.answers import AnswerChecker
from tts_async.gateway import GatewayError
from tts_async.gateway.answers import choose_texts
from tts_async.solver.election import elect
from tts_async.testing import ScriptedGenerator, ScriptedVerifier, run_virtual
from tts_async.types.result import Election

SCORES = {boxed("1"): 0.4, boxed("1", "Or"): 0.5, boxed("2"): 0.8, boxed("3"): 0.3, "Hm": 0.9}


def search(
    script: Mapping[str, Sequence[str]],
    strategy: Strategy,
    scores: Any = SCORES,
    delay: float = 0.0,
    **options: Any,
) -> Result:
    """The result of a search on a script."""

    async def run() -> Result:
        generator = ScriptedGenerator(script, delay=delay)
        async with Solver(generator=generator, verifier=ScriptedVerifier(scores)) as solver:
            return await solver.solve("1 + 1", strategy=strategy, **options)

    return run_virtual(run())


def texts(result: Result, **options: Any) -> list[tuple[str, str]]:
    """Text and finish reason of every choice."""
    chosen = choose_texts(result, **options)
    return [(choice.text, choice.finish_reason) for choice in chosen.choices]


def test_the_best_of_every_group_the_winner_first() -> None:
    """Equal answers are one choice; where fewer are found than asked for, there are fewer."""
    answers = [boxed("1"), boxed("1", "Or"), boxed("2"), boxed("3")]
    result = search({"": answers}, BestOfN(n=4))
    assert texts(result) == [(boxed("1", "Or"), "stop")]
    expected = [(boxed("1", "Or"), "stop"), (boxed("2"), "stop"), (boxed("3"), "stop")]
    assert texts(result, count=3) == expected
    assert texts(result, count=9) == expected
    assert choose_texts(result).note is None


def test_the_winner_is_first_whatever_the_weights_say() -> None:
    """A majority vote does not look at scores, nor does the order of its choices."""
    result = search({"": [boxed("2"), boxed("1"), boxed("1")]}, Majority(n=3))
    assert texts(result, count=2) == [(boxed("1"), "stop"), (boxed("2"), "stop")]


def test_without_an_answer_the_best_text() -> None:
    """A chat is not always a problem; each text once, and a note says what happened."""
    result = search({"": ["Hi", "Hm", "Hm"]}, BestOfN(n=3), scores={"Hi": 0.2, "Hm": 0.9})
    assert result.answer is None
    assert texts(result, count=3) == [("Hm", "stop"), ("Hi", "stop")]
    assert "no candidate holds a final answer" in str(choose_texts(result).note)


def test_what_was_cut_short_is_given_as_far_as_it_came() -> None:
    """The longest way, and of these the best scored."""
    script = {
        "": ["a\n\n", "b\n\n", "c…"],
        "a\n\n": ["d\n\n", "e\n\n", "d\n\n"],
        "a\n\ne\n\n": ["not in time\n\n"],
    }
    scores = {"a": 0.9, "b": 0.8, "c": 1.0, "d": 0.1, "e": 0.3}
    strategy = BeamSearch(n=3, beam_width=3)
    result = search(script, strategy, scores=scores, delay=1.0, deadline=2.5)
    assert (result.answer, result.stop_reason) == (None, "deadline")
    assert texts(result, count=2) == [("a\n\ne\n\n", "length"), ("a\n\nd\n\n", "length")]
    assert "no candidate was finished" in str(choose_texts(result).note)


def test_a_truncated_answer_is_told_as_such() -> None:
    """As OpenAI does: the beginning, and ``length``."""
    assert texts(search({"": ["abc…"]}, Majority(n=1))) == [("abc", "length")]


@pytest.mark.parametrize(
    ("strategy", "options", "status", "code"),
    [
        (Majority(n=1), {"deadline": 0.5}, 504, "deadline_exceeded"),
        (Majority(n=1), {}, 502, "empty_answer"),
    ],
)
def test_nothing_at_all_is_an_error(
    strategy: Strategy, options: Any, status: int, code: str
) -> None:
    """Never an empty answer that looks like one."""
    result = search({"": [""]}, strategy, delay=1.0, **options)
    with pytest.raises(GatewayError) as caught:
        choose_texts(result)
    assert (caught.value.status, caught.value.code) == (status, code)


def test_max_tokens_bounds_the_whole_answer() -> None:
    """Cut between two steps; the scripted generator counts a token per character."""
    last = boxed("7")
    script = {"": ["one\n\n"], "one\n\n": ["two\n\n"], "one\n\ntwo\n\n": [last]}
    scores = {"one": 0.5, "two": 0.5, last: 0.5}
    result = search(script, BeamSearch(n=1, beam_width=1), scores=scores)
    whole = f"one\n\ntwo\n\n{last}"
    assert texts(result, max_tokens=len(whole)) == [(whole, "stop")]
    assert texts(result, max_tokens=len(whole) - 2) == [("one\n\ntwo\n\n", "length")]
    assert texts(result, max_tokens=9) == [("one\n\n", "length")]
    assert texts(result, max_tokens=1) == [("one\n\n", "length")]


def test_stop_strings_cut_the_text() -> None:
    """At the one that comes first; the vote has seen the whole."""
    result = search({"": [f"a. b! {boxed('7')}"]}, Majority(n=1))
    assert result.answer == "7"
    assert texts(result, stops=["!", "."]) == [("a", "stop")]
    assert texts(result, stops=["?"]) == [(f"a. b! {boxed('7')}", "stop")]


def test_the_tokens_of_a_choice() -> None:
    """For the usage."""
    result = search({"": [boxed("7")]}, Majority(n=1), sampling=Sampling())
    assert [choice.tokens for choice in choose_texts(result).choices] == [len(boxed("7"))]


def test_an_election_of_ones_own() -> None:
    """A strategy may put its answer together from several; the candidates' groups follow."""

    class Merging:
        async def __call__(self, ctx: Context) -> Sequence[Node]:
            return await ctx.expand(ctx.root, 2, to_end=True)

        async def elect(self, nodes: Sequence[Node], checker: AnswerChecker) -> Election:
            found = await elect(nodes, "majority", checker)
            merged = replace(found.candidates[0], text="merged", answer="3", group=None)
            return replace(found, winner=merged)

    result = search({"": [boxed("1"), boxed("2")]}, Merging())
    expected = [("merged", "stop"), (boxed("1"), "stop"), (boxed("2"), "stop")]
    assert texts(result, count=3) == expected
