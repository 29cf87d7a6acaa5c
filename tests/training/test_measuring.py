"""Verifiers and labels, measured on labelled solutions."""

from typing import Self

import pytest

from tests.training.coin import solution
from tts_async import Problem, ScoreRequest
from tts_async.errors import ConfigurationError, InvalidScores
from tts_async.testing import ScriptedVerifier
from tts_async.training import LabelledSolution, compare_labels, measure_verifier
from tts_async.training.stepwise import label_solution

SCORES = {"good": 0.9, "bad": 0.1, "doubtful": 0.4}


def labelled(*names: str, problem: str = "p") -> LabelledSolution:
    """A solution whose steps are what they are called; doubtful ones are right."""
    steps = (*(f"{name}\n\n" for name in names[:-1]), names[-1])
    labels = tuple(name != "bad" for name in names)
    return LabelledSolution(problem=Problem(problem), steps=steps, labels=labels)


SET = [labelled("good", "bad", "good"), labelled("good", "doubtful"), labelled("good", "good")]


async def test_any_verifier_can_be_measured() -> None:
    """The figures are those of its scores; the order is kept over many batches."""
    found = await measure_verifier(ScriptedVerifier(SCORES), SET * 50)
    assert (found.solutions, found.erroneous, found.steps) == (150, 50, 300)
    assert found.accuracy == 5 / 6
    assert (found.error_accuracy, found.correct_accuracy) == (1.0, 0.5)
    assert found.auc == 1.0


async def test_the_threshold_is_chosen_on_other_solutions() -> None:
    """Not on those that are measured."""
    verifier = ScriptedVerifier(SCORES)
    found = await measure_verifier(verifier, SET, calibration=SET)
    assert (found.threshold, found.f1) == (0.4, 1.0)
    asked = [request for call in verifier.calls for request in call]
    assert len(asked) == 2 * len(SET)
    with pytest.raises(ConfigurationError, match="to choose a threshold"):
        await measure_verifier(verifier, SET, calibration=SET[:1])


async def test_a_managed_verifier_is_opened_and_closed() -> None:
    """As the solver does it."""
    states = []

    class Managed(ScriptedVerifier):
        async def __aenter__(self) -> Self:
            states.append("open")
            return self

        async def __aexit__(self, *_: object) -> None:
            states.append("closed")

    await measure_verifier(Managed(SCORES), SET)
    assert states == ["open", "closed"]


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        ([], "asked to score 1 paths, got 0 answers"),
        ([[0.5]], "a path of 2 steps got 1 scores"),
        ([[0.5, float("nan")]], r"scores must lie in \[0, 1\]"),
    ],
)
async def test_wrong_scores_are_an_error(answers: list[list[float]], complaint: str) -> None:
    """Never a figure."""

    class Broken:
        async def score(self, requests: list[ScoreRequest]) -> list[list[float]]:
            return answers

    with pytest.raises(InvalidScores, match=complaint):
        await measure_verifier(Broken(), [labelled("good", "bad")])


def test_labels_are_compared_by_solution() -> None:
    """Whatever their order, and without those that one side lacks."""
    drawn = [solution("a", "b", sample=sample) for sample in range(3)]
    truth = [label_solution(one, [True, False], "truth") for one in drawn]
    soft = [
        label_solution(drawn[1], [True, True], "soft", shares=[0.75, 0.25]),
        label_solution(drawn[0], [True, True], "soft", shares=[0.5, 0.5]),
    ]
    found = compare_labels(truth, soft)
    assert (found.solutions, found.steps) == (2, 4)
    assert found.accuracy == 3 / 4
    assert found.auc == 3.5 / 4
    with pytest.raises(ConfigurationError, match="no step is labelled"):
        compare_labels(truth, [])


def test_labels_that_stop_too_early_are_wrong_to_the_end() -> None:
    """Every right step that they cut off counts against them."""
    truth = label_solution(solution("a", "b", "c"), [True, True, True], "truth")
    hasty = label_solution(solution("a", "b", "c"), [True, False, False], "hasty")
    found = compare_labels([truth], [hasty.up_to_the_first_error()])
    assert (found.steps, found.accuracy, found.correct_accuracy) == (3, 1 / 3, 0.0)
