"""Invented evaluations in which the best policy is known."""

from collections.abc import Callable, Iterable
from random import Random

from tts_async.evaluation.calibration import Case, Trial
from tts_async.strategies.compute_optimal import Choice

SAMPLES, SUBTREES, BEAMS = (
    Choice(strategy="best_of_n", n=16),
    Choice(strategy="dvts", n=16, beam_width=4),
    Choice(strategy="beam_search", n=16, beam_width=4),
)
FEW = Choice(strategy="best_of_n", n=4)


def world(
    options: Iterable[Choice],
    chance: Callable[[Choice, float], float],
    *,
    problems: int = 200,
    seeds: int = 1,
    luck: int = 0,
) -> list[Case]:
    """Cases whose options are right with ``chance(option, ease)``; ease is even in [0, 1].

    An option costs 100 tokens a candidate. The draws for one problem and seed are shared by all
    options, as samples are: one that has a higher chance is right wherever one with a lower is.
    """
    cases = []
    for problem in range(problems):
        ease = (problem + 0.5) / problems
        for seed in range(seeds):
            draw = Random(f"{luck} {problem} {seed}").random()
            cases.append(
                Case(
                    problem=f"problem {problem}",
                    seed=seed,
                    estimate=ease,
                    pass_at_1=ease,
                    trials={o: Trial(draw < chance(o, ease), 100 * o.n) for o in options},
                )
            )
    return cases


def noise(options: Iterable[Choice], *, problems: int = 200, luck: int = 0) -> list[Case]:
    """Cases in which every option tosses a coin of its own."""
    return [
        Case(
            problem=f"problem {problem}",
            seed=0,
            estimate=Random(f"{luck} {problem}").random(),
            pass_at_1=0.5,
            trials={
                option: Trial(Random(f"{luck} {problem} {option}").random() < 0.5, 1600)
                for option in options
            },
        )
        for problem in range(problems)
    ]
