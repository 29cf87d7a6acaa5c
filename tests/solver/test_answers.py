"""A solver with its own rules for answers: paths, votes and verdicts all follow them."""

import re

import pytest

from tests.strategies.drawn import boxed
from tts_async import BeamSearch, Majority, Problem, Solver
from tts_async.answers import Compare, Extract
from tts_async.errors import AnswerError
from tts_async.evaluation import evaluate
from tts_async.testing import ScriptedGenerator, ScriptedVerifier, run_virtual
from tts_async.types.result import Result


async def verdict(text: str) -> str | None:
    """What stands behind the last arrow."""
    found = re.findall(r"-> *(\S+)", text)
    return found[-1] if found else None


async def same_word(a: str, b: str) -> bool:
    """Whatever the case."""
    return a.lower() == b.lower()


def solve(
    script: dict[str, list[str]],
    strategy: Majority | BeamSearch,
    *,
    extract: Extract | None = None,
    compare: Compare | None = None,
) -> Result:
    """On a drawn tree, in virtual time."""
    verifier = ScriptedVerifier(lambda _: 0.5) if isinstance(strategy, BeamSearch) else None

    async def main() -> Result:
        async with Solver(
            generator=ScriptedGenerator(script, delay=1.0),
            verifier=verifier,
            extract=extract,
            compare=compare,
        ) as solver:
            return await solver.solve("drawn", strategy=strategy)

    return run_virtual(main())


VOTES = {"": ["so -> Spam", "so -> ham", "so -> SPAM", r"no verdict, \boxed{ham}"]}


def test_votes_by_own_rules() -> None:
    """Two equal verdicts win, a box means nothing, and what has no verdict abstains."""
    result = solve(VOTES, Majority(4, early_stop=False), extract=verdict, compare=same_word)
    assert result.answer == "Spam"
    assert [candidate.group for candidate in result.candidates] == [0, 1, 0, None]
    assert [(votes.answer, votes.count) for votes in result.votes] == [("Spam", 2), ("ham", 1)]


def test_early_stop_follows_own_rules() -> None:
    """Four equal verdicts of seven decide the vote for those who can see that they are equal."""
    drawn = {"": ["so -> Spam", "so -> SPAM", "so -> spam", "so -> sPAM"] + ["so -> ham"] * 3}
    result = solve(drawn, Majority(7), extract=verdict, compare=same_word)
    assert len(result.candidates) == 4
    assert result.spend.saved_tokens > 0


def test_a_box_does_not_end_a_path_of_own_rules() -> None:
    """A step with a box is a step like any other when answers are not found in boxes."""
    step = boxed(5) + "\n\n"
    drawn = {"": [step], step: ["so -> ham"]}
    mine = solve(drawn, BeamSearch(n=1, beam_width=1), extract=verdict, compare=same_word)
    assert (mine.answer, len(mine.candidates[0].path)) == ("ham", 2)
    theirs = solve(drawn, BeamSearch(n=1, beam_width=1))
    assert (theirs.answer, len(theirs.candidates[0].path)) == ("5", 1)


def test_a_function_that_fails_ends_the_search() -> None:
    """With an error that names it and the answer."""

    async def broken(a: str, b: str) -> bool:
        raise OSError("no compiler")

    with pytest.raises(AnswerError, match=r"compare: .*broken raised OSError: no compiler, for"):
        solve(VOTES, Majority(4), extract=verdict, compare=broken)


def test_evaluation_judges_by_the_rules_of_the_solver() -> None:
    """The reference answer is compared by the same function, and comes first."""
    seen: list[tuple[str, str]] = []

    async def compare(a: str, b: str) -> bool:
        seen.append((a, b))
        return await same_word(a, b)

    async def main() -> list[bool]:
        generator = ScriptedGenerator(VOTES, delay=1.0)
        async with Solver(generator=generator, extract=verdict, compare=compare) as solver:
            problems = [Problem("p", answer="sPaM"), Problem("q", answer="ham")]
            outcomes = evaluate(solver, problems, Majority(4, early_stop=False))
            return [outcome.correct async for outcome in outcomes]

    assert sorted(run_virtual(main())) == [False, True]
    assert ("sPaM", "Spam") in seen
    assert ("ham", "Spam") in seen
