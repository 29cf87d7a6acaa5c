"""The interval: against published values, against simulations, and whatever the numbers are."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.evaluation.metrics import Trials, accuracy_of, wilson_interval

SAMPLES = st.lists(
    st.integers(1, 6).flatmap(lambda runs: st.builds(Trials, st.integers(0, runs), st.just(runs))),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize(
    ("correct", "size", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),  # Newcombe 1998, "Two-sided confidence intervals for the
        (15, 148, 0.0624, 0.1605),  # single proportion: comparison of seven methods", table I
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_published_intervals(correct: int, size: int, low: float, high: float) -> None:
    """To the four digits of the paper; with one seed the accuracy's interval is that one."""
    assert wilson_interval(correct / size, size) == pytest.approx((low, high), abs=5e-5)
    found = accuracy_of([Trials(1, 1)] * correct + [Trials(0, 1)] * (size - correct))
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_by_hand() -> None:
    """Two problems with two seeds: the deviations from the mean of 3/4 are 0.5 and -0.5."""
    found = accuracy_of([Trials(2, 2), Trials(1, 2)])
    assert (found.problems, found.runs, found.correct, found.value) == (2, 4, 3, 0.75)
    assert found.stderr == pytest.approx((0.5**2 + 0.5**2) ** 0.5 / 4)


def test_repetition_is_no_information() -> None:
    """Where every seed has the same outcome, five seeds say what one says."""
    once = [Trials(1, 1)] * 30 + [Trials(0, 1)] * 10
    again = [Trials(5, 5)] * 30 + [Trials(0, 5)] * 10
    one, five = accuracy_of(once), accuracy_of(again)
    assert (five.low, five.high, five.stderr) == pytest.approx((one.low, one.high, one.stderr))


def test_independent_outcomes_are() -> None:
    """Where problems do not differ, the interval is that of so many outcomes."""
    found = accuracy_of([Trials(1, 2)] * 100)
    width = found.high - found.low
    of_outcomes, of_problems = wilson_interval(0.5, 200), wilson_interval(0.5, 100)
    assert of_outcomes[1] - of_outcomes[0] <= width < 1.02 * (of_outcomes[1] - of_outcomes[0])
    assert width < 0.75 * (of_problems[1] - of_problems[0])


@pytest.mark.parametrize("correct", [0, 5])
def test_all_right_and_all_wrong(correct: int) -> None:
    """The interval of so many problems, because nothing says that seeds would differ."""
    found = accuracy_of([Trials(correct, 5)] * 50)
    assert (found.low, found.high) == pytest.approx(wilson_interval(correct / 5, 50), abs=1e-3)
    assert found.stderr == 0.0


def test_no_outcome_says_nothing() -> None:
    """The interval is everything."""
    found = accuracy_of([Trials(0, 0)])
    assert (found.problems, found.value, found.low, found.high) == (0, 0.0, 0.0, 1.0)


@given(SAMPLES)
def test_properties(samples: list[Trials]) -> None:
    """The value lies in its interval, which mirrors, and which the order does not change."""
    found = accuracy_of(samples)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 0
    assert accuracy_of(samples[::-1]).low == pytest.approx(found.low)
    mirrored = accuracy_of([Trials(one.runs - one.correct, one.runs) for one in samples])
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((found.low, found.high))
    assert accuracy_of(samples, level=0.8).high <= found.high


@pytest.mark.parametrize(("count", "runs"), [(20, 5), (100, 1), (100, 5)])
@pytest.mark.parametrize("shape", [(0.3, 0.3), (5.0, 5.0), (9.0, 0.5)])
def test_it_holds_the_truth_as_often_as_it_says(
    count: int, runs: int, shape: tuple[float, float]
) -> None:
    """Problems of all kinds of difficulty, drawn 400 times: 95 % of the intervals, or some more."""
    rng = random.Random(f"{count} {runs} {shape}")
    truth, held = shape[0] / sum(shape), 0
    for _ in range(400):
        abilities = [rng.betavariate(*shape) for _ in range(count)]
        found = accuracy_of(
            Trials(sum(rng.random() < ability for _ in range(runs)), runs) for ability in abilities
        )
        held += found.low <= truth <= found.high
    assert 0.925 <= held / 400 <= 0.9975


@given(
    st.lists(st.builds(Trials, correct=st.integers(0, 3), runs=st.just(3)), min_size=2),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_problems_finish(samples: list[Trials], order: random.Random) -> None:
    """Changes nothing, not even the last digit: resumed runs finish in another one."""
    assert accuracy_of(order.sample(samples, len(samples))) == accuracy_of(samples)
