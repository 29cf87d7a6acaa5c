"""The reference strategies as strategies: by name, with real models' timing, within budgets."""

import random
from collections.abc import Sequence

import pytest

from tts_async import Budget, ConfigurationError, Problem, Result, Solver
from tts_async.strategies import STRATEGIES, make_strategy, name_of
from tts_async.strategies.reference import ReferenceBeamSearch, ReferenceDVTS, predictions
from tts_async.strategies.reference.steps import cut_everywhere
from tts_async.testing import RandomGenerator, ScriptedGenerator, ScriptedVerifier, run_virtual
from tts_async.types.result import Candidate

NAMES = ("sal_best_of_n", "sal_beam_search", "sal_dvts")


def chance(text: str) -> float:
    """A score that depends on the text of the step only."""
    return round(random.Random(text).random(), 2)


def solve(name: str, *, delays: int | None = None, **arguments: object) -> Result:
    """One problem, with answers that take their time or none."""
    moments = random.Random(delays)

    async def search() -> Result:
        async with Solver(
            generator=RandomGenerator(delay=lambda _: moments.random() if delays else 0.0),
            verifier=ScriptedVerifier(chance),
            **arguments,  # type: ignore[arg-type]
        ) as solver:
            return await solver.solve("p", strategy=make_strategy(name, n=8))

    return run_virtual(search())


@pytest.mark.parametrize("name", NAMES)
def test_whatever_comes_first_the_result_is_the_same(name: str) -> None:
    """They know no lock step either."""
    plain = solve(name)
    assert len(plain.candidates) == 8
    for delays in (1, 2):
        assert solve(name, delays=delays).candidates == plain.candidates


@pytest.mark.parametrize("name", NAMES)
def test_by_name_but_never_among_all(name: str) -> None:
    """An evaluation of every strategy does not run them."""
    assert name not in STRATEGIES
    assert name_of(make_strategy(name.replace("_", "-"))) == name
    assert solve(name).strategy == name
    with pytest.raises(ConfigurationError, match=f"did you mean {name!r}"):
        make_strategy(name[:-1])


def test_a_spent_budget_leaves_the_finished_to_vote() -> None:
    """There is no such thing as a budget there."""
    result = solve("sal_beam_search", budget=Budget(expansions=24))
    assert result.stop_reason == "budget"
    assert all("boxed" in candidate.text for candidate in result.candidates)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ReferenceBeamSearch(max_steps=0), "max_steps: expected an integer of at least 1"),
        (lambda: ReferenceBeamSearch(lookahead=-1), "lookahead: expected"),
        (lambda: ReferenceDVTS(n=6, beam_width=4), "n: 6 is not divisible by beam_width=4"),
    ],
)
def test_what_would_divide_by_zero_there_is_refused(make: object, message: str) -> None:
    """A search of no steps has no completed beams to repeat."""
    with pytest.raises(ConfigurationError, match=message):
        make()  # type: ignore[operator]


def test_a_generator_that_never_ends_gives_no_answer() -> None:
    """One that stops at the delimiter although it was told to go on."""

    async def search() -> Result:
        async with Solver(generator=Endless(), verifier=ScriptedVerifier(chance)) as solver:
            return await solver.solve("p", strategy=ReferenceBeamSearch(max_steps=2))

    result = run_virtual(search())
    assert (result.stop_reason, result.answer, result.candidates) == ("no_answer", None, ())


class Endless(ScriptedGenerator):
    """Every step is like the one before, also where the rest was asked for."""

    def __init__(self) -> None:
        super().__init__({})

    def _next(self, path: str, *, to_end: bool) -> str:
        return "on and on\n\n"


def test_lookahead_of_beam_search_is_paid_for_and_ignored() -> None:
    """The same candidates for more tokens; that of DVTS decides."""
    script = {
        "": ["a\n\n", "b\n\n"],
        "a\n\n": [r"\boxed{1}"],
        "b\n\n": [r"\boxed{2}"],
    }
    scores = {"a": 0.5, "b": 0.5, "": 0.5, r"\boxed{1}": 0.1, r"\boxed{2}": 0.9}

    async def search(name: str, lookahead: int) -> Result:
        strategy = make_strategy(name, n=2, beam_width=2, max_steps=2, lookahead=lookahead)
        async with Solver(
            generator=ScriptedGenerator(script), verifier=ScriptedVerifier(scores)
        ) as solver:
            return await solver.solve(Problem("p"), strategy=strategy)

    blind, paying = (run_virtual(search("sal_beam_search", k)) for k in (0, 1))
    assert blind.candidates == paying.candidates
    assert blind.spend.tokens < paying.spend.tokens
    assert [run_virtual(search("sal_dvts", k)).answer for k in (0, 1)] == ["1", "2"]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a\n\n", ("a\n\n", "")),
        ("a\n\nb", ("a\n\n", "b")),
        ("a\n\n\n\nb", ("a\n\n", "", "b")),
        ("a\n\n\nb", ("a\n\n", "\nb")),
        ("", ("",)),
    ],
)
def test_every_empty_line_cuts(text: str, pieces: Sequence[str]) -> None:
    """What is blank is an empty step."""
    assert cut_everywhere(text) == pieces


def test_the_three_predictions() -> None:
    """The first of the winning group; copies and no answer vote; sums in the order of the votes."""
    answers = ["", "4", "2+2", "", "5", "5", "5", ""]
    scores = [0.1, 0.2, 0.9, 0.1, 0.3, 0.3, 0.3, 0.0]
    groups = [0, 1, 1, 0, 2, 2, 2, 0]
    candidates = [
        Candidate(path=(i,), text=answer, answer=answer, score=score, group=group, tokens=1)
        for i, (answer, score, group) in enumerate(zip(answers, scores, groups, strict=True))
    ]
    found = predictions(candidates)
    assert [found[f"{kind}@8"] for kind in ("pred_naive", "pred_weighted", "pred_maj")] == [
        r"\boxed{2+2}",
        r"\boxed{4}",
        r"\boxed{}",
    ]
    assert found["pred_weighted@1"] == r"\boxed{}"
    assert {key.partition("@")[2] for key in found} == {"1", "2", "4", "8"}
