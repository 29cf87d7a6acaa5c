"""Policies from invented evaluations: what is there is found, what is not is not."""

import json
from io import StringIO
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.evaluation.calibration.worlds import BEAMS, FEW, SAMPLES, SUBTREES, noise, world
from tts_async.errors import ConfigurationError
from tts_async.evaluation.calibration import Calibration, Case, calibrate, draw_calibration
from tts_async.evaluation.calibration.cases import mean_of
from tts_async.evaluation.calibration.choosing import cut_classes
from tts_async.evaluation.calibration.families import families
from tts_async.evaluation.calibration.folds import split_folds
from tts_async.strategies.compute_optimal import Choice, Difficulty, PolicyRow, Provenance


def crossing(option: Choice, ease: float) -> float:
    """Samples do better on the easy half of the problems, beams on the hard one."""
    if option.strategy == "beam_search":
        return 0.5
    return 0.95 if ease > 0.5 else 0.1


def learn(cases: list[Case], classes: int = 4) -> Calibration:
    """Calibrate on every option of the cases."""
    options = list(cases[0].trials)
    return calibrate(cases, options, provenance=Provenance(source="a test"), classes=classes)


def row_at(calibration: Calibration, budget: int) -> PolicyRow:
    """What the policy does there."""
    (row,) = (row for row in calibration.policy.rows if row.budget == budget)
    return row


def test_the_right_policy_is_found_and_beats_every_single_strategy() -> None:
    """By more than the noise, on problems that had no part in it."""
    calibration = learn(world([SAMPLES, BEAMS], crossing))
    chosen = [choice.strategy for choice in row_at(calibration, 16).by_difficulty]
    assert chosen == ["best_of_n", "best_of_n", "beam_search", "beam_search"]
    (report,) = calibration.budgets
    best = max(single.accuracy for single in report.singles)
    assert report.policy.low > best
    assert report.rival.lead.low > 0
    assert report.rival.accuracy == best
    assert report.oracle == report.policy.value  # the estimate is as good as the truth here


def test_figures_are_those_of_held_out_problems() -> None:
    """Each class has its own, over all of its cases."""
    calibration = learn(world([SAMPLES, BEAMS], crossing))
    truths = (0.95, 0.95, 0.5, 0.5)
    for choice, truth in zip(row_at(calibration, 16).by_difficulty, truths, strict=True):
        assert choice.held_out is not None
        assert choice.held_out.low < truth < choice.held_out.high
        assert choice.held_out.cases == 50
        assert choice.held_out.tokens == 1600


@pytest.mark.parametrize("luck", range(8))
def test_noise_is_no_policy(luck: int) -> None:
    """Where every option tosses a coin, all problems are treated alike."""
    widths = [Choice(strategy="beam_search", n=16, beam_width=width) for width in (2, 4, 8)]
    row = row_at(learn(noise([SAMPLES, SUBTREES, *widths], luck=luck)), 16)
    assert row.is_uniform


def test_equals_are_the_simplest() -> None:
    """One standard error apart, Best-of-N goes before trees."""
    calibration = learn(world([BEAMS, SUBTREES, SAMPLES], lambda _, ease: ease))
    assert row_at(calibration, 16).overall.bare == SAMPLES
    assert row_at(calibration, 16).is_uniform


def test_what_is_cheaper_and_loses_nothing_is_taken() -> None:
    """Four samples are enough for the easy half; the others need sixteen."""

    def saturating(option: Choice, ease: float) -> float:
        return 0.95 if ease > 0.5 else 0.2 + 0.03 * option.n

    calibration = learn(world([FEW, SAMPLES], saturating))
    row = row_at(calibration, 16)
    assert [choice.n for choice in row.by_difficulty] == [4, 4, 16, 16]
    report = calibration.budgets[-1]
    assert report.tokens == pytest.approx(1000, rel=0.15)  # the mean of 400 and 1600
    assert report.rival.lead.low > 0  # at these tokens a single strategy does less


def test_small_budgets_have_no_classes() -> None:
    """What the pilots would use up is spent on what is best overall."""
    calibration = learn(world([FEW, SAMPLES, BEAMS], crossing))
    assert row_at(calibration, 4).by_difficulty == ()
    assert row_at(calibration, 4).overall.bare == FEW


def test_seeds_of_a_problem_stay_together() -> None:
    """In folds, and in the standard error: repeating a problem is no new problem."""
    cases = world([SAMPLES], lambda _, ease: ease, problems=40, seeds=3)
    for seen, held_out in split_folds(cases, 5):
        assert {case.problem for case in seen}.isdisjoint(case.problem for case in held_out)
        assert (len(seen), len(held_out)) == (96, 24)
    once = mean_of((str(i), i % 2) for i in range(30))
    thrice = mean_of((str(i), i % 2) for i in range(30) for _ in range(3))
    assert thrice == once


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.integers(1, 6))
def test_classes_are_even_as_far_as_estimates_differ(estimates: list[float], classes: int) -> None:
    """No class is empty, and with different estimates none is larger than its share."""
    difficulty = Difficulty(thresholds=cut_classes(estimates, classes))
    members = [difficulty.of(estimate) for estimate in estimates]
    assert set(members) == set(range(1, difficulty.classes + 1))
    if len(set(estimates)) == len(estimates) >= classes:
        assert difficulty.classes == classes
        assert max(map(members.count, members)) <= -(-len(estimates) // classes)


@pytest.mark.parametrize("luck", range(3))
def test_the_order_of_the_cases_does_not_matter(luck: int) -> None:
    """The same policy and the same figures."""
    cases = world([FEW, SAMPLES, BEAMS], crossing, problems=60)
    shuffled = Random(luck).sample(cases, len(cases))
    assert learn(shuffled).to_dict() == learn(cases).to_dict()


def test_families_share_what_is_narrower_than_their_beam() -> None:
    """With n=2 a beam of four is one of two."""
    narrow = Choice(strategy="dvts", n=2, beam_width=2)
    wide = Choice(strategy="dvts", n=16, beam_width=2)
    found = {family.label: family.members for family in families([narrow, wide, SUBTREES, FEW])}
    assert found == {
        "best_of_n": (FEW,),
        "dvts width=2": (narrow, wide),
        "dvts width=4": (narrow, SUBTREES),
    }


def test_it_can_be_shown_and_written() -> None:
    """As tables with every class, and as JSON."""
    calibration = learn(world([FEW, SAMPLES, BEAMS], crossing))
    shown = StringIO()
    Console(width=200, file=shown).print(draw_calibration(calibration))
    text = shown.getvalue()
    assert "beam_search width=4 n=16" in text
    assert "4: 0.00 to 0.25" in text
    data = json.loads(json.dumps(calibration.to_dict()))
    assert data["budgets"][1]["singles"][0]["choice"] == "best_of_n n=16"
    assert data["policy"]["provenance"]["problems"] == 200


def test_too_little_to_learn_from() -> None:
    """The message says what to do."""
    cases = world([SAMPLES], lambda _, ease: ease, problems=10)
    with pytest.raises(ConfigurationError, match="10 problems are too few"):
        learn(cases)
    cases = world([SAMPLES], lambda _, ease: ease)
    with pytest.raises(ConfigurationError, match="folds"):
        calibrate(cases, [SAMPLES], provenance=Provenance(source=""), folds=1)
    with pytest.raises(ConfigurationError, match="no option ran"):
        calibrate(cases, [], provenance=Provenance(source=""))
