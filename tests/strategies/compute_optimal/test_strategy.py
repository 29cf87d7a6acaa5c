"""Compute-optimal: pilots, what is told from them, and what follows."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies.compute_optimal.policies import policy_of
from tests.strategies.drawn import answers, boxed, solve_drawn
from tts_async import BestOfN, Majority, Result, Solver, Strategy
from tts_async.errors import ConfigurationError
from tts_async.seeds import derive_rng
from tts_async.strategies import DVTS, BeamSearch, ComputeOptimal, Policy
from tts_async.strategies.compute_optimal import Choice
from tts_async.testing import RandomGenerator, ScriptedVerifier, run_virtual
from tts_async.types.budget import Budget
from tts_async.types.generation import GenerationRequest, Step

SAMPLES = Choice(strategy="best_of_n", n=16)
VOTES = Choice(strategy="majority", n=16)
SUBTREES = Choice(strategy="dvts", n=16, beam_width=4)
BEAMS = Choice(strategy="beam_search", n=16, beam_width=4)


class Recorder:
    """A random generator that remembers what it was asked for."""

    def __init__(self, depth: int) -> None:
        self.requests: list[GenerationRequest] = []
        self._inner = RandomGenerator(depth=depth)

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """As the random generator does."""
        self.requests.append(request)
        return await self._inner.generate(request)


def solve(
    strategy: Strategy, problem: str = "p", depth: int = 2, **options: Any
) -> tuple[Result, list[GenerationRequest]]:
    """The result on random trees with random scores, and every request to the generator."""
    generator = Recorder(depth)
    verifier = ScriptedVerifier(lambda step: derive_rng(1, step).random())

    async def main() -> Result:
        async with Solver(generator=generator, verifier=verifier) as solver:
            return await solver.solve(problem, strategy=strategy, **options)

    return run_virtual(main()), generator.requests


def found(result: Result) -> list[tuple[Any, ...]]:
    """The candidates and the winner."""
    seen: list[tuple[Any, ...]] = [(c.path, c.text, c.answer) for c in result.candidates]
    return [*seen, (result.answer, result.text)]


@settings(max_examples=40)
@given(
    problem=st.text(min_size=1).filter(str.strip),
    n=st.sampled_from([9, 16, 30]),
    early_stop=st.booleans(),
    pilots=st.sampled_from([4, 8]),
)
def test_best_of_n_goes_on_from_the_pilots(
    problem: str, n: int, early_stop: bool, pilots: int
) -> None:
    """Candidates, scores and answer are those of plain Best-of-N with the whole budget."""
    most = Choice(strategy="best_of_n", n=30)
    policy = policy_of(most, most, overall=Choice(strategy="majority", n=30), pilots=pilots)
    chosen, requests = solve(ComputeOptimal(n, policy, early_stop=early_stop), problem)
    plain, _ = solve(BestOfN(n, early_stop=early_stop), problem)
    assert found(chosen) == found(plain)
    assert [c.score for c in chosen.candidates] == [c.score for c in plain.candidates]
    assert len({request.seed for request in requests}) == len(requests)


@settings(max_examples=30)
@given(problem=st.text(min_size=1).filter(str.strip), n=st.sampled_from([8, 16, 30]))
def test_majority_goes_on_from_the_pilots(problem: str, n: int) -> None:
    """Although the pilots have scores, every candidate has one vote."""
    most = Choice(strategy="majority", n=30)
    policy = policy_of(most, most, overall=Choice(strategy="best_of_n", n=30))
    chosen, _ = solve(ComputeOptimal(n, policy), problem)
    plain, _ = solve(Majority(n), problem)
    assert found(chosen) == found(plain)


@settings(max_examples=30)
@given(problem=st.text(min_size=1).filter(str.strip), choice=st.sampled_from([SUBTREES, BEAMS]))
def test_tree_search_spends_what_the_pilots_left(problem: str, choice: Choice) -> None:
    """Nothing is asked for twice, the pilots vote first, every token is counted, and it repeats."""
    strategy = ComputeOptimal(16, policy_of(choice, choice, overall=SAMPLES))
    result, requests = solve(strategy, problem)
    assert [c.path for c in result.candidates[:4]] == [(0,), (1,), (2,), (3,)]
    assert all(len(c.path) == 3 for c in result.candidates[4:])
    at_root = [request for request in requests if not request.steps]
    assert [request.n for request in at_root] == ([4, 4, 4, 4] if choice is SUBTREES else [4, 12])
    assert len({request.seed for request in requests}) == len(requests)
    assert result.spend.tokens == sum(node.tokens for node in result.tree)
    assert found(solve(strategy, problem)[0]) == found(result)


@pytest.mark.parametrize(
    ("score", "whole_answers", "chosen"),
    [(0.9, 16, "best_of_n n=16"), (0.4, 4, "dvts width=4 n=16")],
    ids=["easy", "hard"],
)
def test_the_score_of_the_pilots_decides(score: float, whole_answers: int, chosen: str) -> None:
    """Easy problems are sampled, hard ones searched; the result says which it was."""
    script = {"": [boxed(1), boxed(2), boxed(3), boxed(4)]}
    strategy = ComputeOptimal(16, policy_of(SAMPLES, SUBTREES, overall=SAMPLES))
    result, generator = solve_drawn(strategy, script, {boxed(i): score for i in (1, 2, 3, 4)})
    assert result.chosen == chosen
    drawn = sum(request.n for request in generator.requests if request.stop is None)
    assert (drawn, sum(request.n for request in generator.requests)) == (whole_answers, 16)


def test_an_unfinished_pilot_makes_a_problem_look_harder() -> None:
    """Three perfect scores and a cut-off answer are 0.75."""
    scores = {boxed(1): 1.0}
    strategy = ComputeOptimal(8, policy_of(*[SAMPLES] * 4, SUBTREES, overall=SAMPLES))
    for script, drawn in [
        ([boxed(1)] * 4, 8),
        ([boxed(1), "cut…", "cut…", "cut…"], 8),  # 0.25: the fourth class
        (["cut…"] * 4, 4),
    ]:
        _, generator = solve_drawn(strategy, {"": [*script, *[boxed(1)] * 4]}, scores)
        assert sum(request.n for request in generator.requests if request.stop is None) == drawn


def test_agreement_needs_no_verifier() -> None:
    """Half of the budget for a problem on which the pilots agree."""
    half, whole = Choice(strategy="majority", n=8), Choice(strategy="majority", n=16)
    policy = policy_of(half, whole, overall=whole, measure="agreement")
    assert not policy.needs_verifier
    strategy = ComputeOptimal(16, policy, early_stop=False)
    agreed, _ = solve_drawn(strategy, {"": [boxed(7), boxed(7), boxed(7), boxed(1)]})
    split, _ = solve_drawn(strategy, {"": [boxed(7), boxed(2), boxed(3), "no idea"]})
    assert (len(agreed.candidates), len(split.candidates)) == (8, 16)


def test_scores_are_fetched_where_the_pilots_have_none() -> None:
    """Difficulty by agreement, then Best-of-N: each answer is scored once."""
    policy = policy_of(SAMPLES, SAMPLES, overall=SUBTREES, measure="agreement")
    result, _ = solve(ComputeOptimal(16, policy, early_stop=False))
    assert result.spend.verifier_calls == 16
    assert all(candidate.score is not None for candidate in result.candidates)


@pytest.mark.parametrize(
    ("n", "plain"),
    [(4, DVTS(4)), (3, DVTS(3, beam_width=3)), (16, DVTS(16)), (32, DVTS(32))],
    ids=repr,
)
def test_no_pilots_where_they_would_decide_nothing(n: int, plain: Strategy) -> None:
    """Budgets that they would use up, and policies that treat all alike, go by the best overall."""
    uniform = policy_of(SUBTREES, SUBTREES, overall=SUBTREES)
    assert found(solve(ComputeOptimal(n, uniform))[0]) == found(solve(plain)[0])
    small = policy_of(SAMPLES, VOTES, overall=SUBTREES)
    if n <= 4:
        assert found(solve(ComputeOptimal(n, small))[0]) == found(solve(plain)[0])


def test_what_does_not_divide_is_not_spent() -> None:
    """Seven candidates beside four pilots are one subtree of four; two are one of two."""
    policy = policy_of(SUBTREES, SUBTREES, overall=SAMPLES)
    for n, at_root in [(11, [4, 4]), (6, [4, 2])]:
        _, requests = solve(ComputeOptimal(n, policy))
        assert [request.n for request in requests if not request.steps] == at_root


@pytest.mark.parametrize(("select", "winner"), [("naive", "1"), ("weighted", "2")])
def test_the_policy_says_how_to_vote(select: Any, winner: str) -> None:
    """One answer with the top score, against two good ones that agree."""
    script = {"": [boxed(1), boxed(2), boxed(2), boxed(3)]}
    choice = Choice(strategy="best_of_n", n=4, select=select)
    strategy = ComputeOptimal(4, policy_of(choice, overall=choice), pilots=2)
    result, _ = solve_drawn(strategy, script, {boxed(1): 0.9, boxed(2): 0.6, boxed(3): 0.1})
    assert result.answer == winner


def test_a_spent_budget_still_gives_an_answer() -> None:
    """Cut short among the pilots, they vote."""
    strategy = ComputeOptimal(16, policy_of(SUBTREES, BEAMS, overall=SAMPLES))
    result, _ = solve(strategy, budget=Budget(expansions=1))
    assert result.stop_reason == "budget"
    assert len(answers(result)) == 4
    assert result.answer is not None


@pytest.mark.parametrize("options", [{"n": 0}, {"pilots": 0}, {"max_steps": 0}])
def test_bad_options(options: Any) -> None:
    """The message names the field."""
    (name,) = options
    with pytest.raises(ConfigurationError, match=f"^{name}: "):
        ComputeOptimal(**options)


def test_its_name_in_logs_and_journals_follows_from_the_policy(tmp_path: Any) -> None:
    """A file and its content are the same, other pilots or other choices are not."""
    policy = policy_of(SAMPLES, SUBTREES, overall=SAMPLES)
    policy.save(tmp_path / "policy.json")
    same = ComputeOptimal(16, tmp_path / "policy.json")
    assert (same, repr(same)) == (ComputeOptimal(16, policy), repr(ComputeOptimal(16, policy)))
    other = ComputeOptimal(16, policy_of(SAMPLES, BEAMS, overall=SAMPLES))
    assert len({repr(same), repr(other), repr(ComputeOptimal(16, policy, pilots=8))}) == 3
    assert hash(same) != hash(other)


def test_the_default_is_the_published_policy() -> None:
    """It says that it was not calibrated, and covers budgets beyond its table."""
    table = ComputeOptimal().table
    assert "not calibrated" in table.provenance.source
    assert table.choice_for(256, 1) == Choice(strategy="best_of_n", n=256)
    assert table.choice_for(256, 5) == Choice(strategy="beam_search", n=256, beam_width=4)
    assert isinstance(table, Policy)
    assert BeamSearch(4) == BeamSearch(table.choice_for(4).n)
