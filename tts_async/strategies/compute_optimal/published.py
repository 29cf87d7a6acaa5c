"""The policy for when there is none: what the literature found, on other models than yours.

Snell et al. 2024, §5.3, on MATH with PaLM 2-S*: with small budgets beam search beats Best-of-N;
with large ones it exploits the verifier on the two easiest fifths of the problems, where weighted
Best-of-N overtakes it, and stays ahead on the harder ones (on the hardest fifth nothing helps
much). Beeching, Tunstall, Rush 2024, on MATH-500 with Llama-3.2-1B: the same for beam search, and
DVTS ahead on easy and medium problems at large n.

The thresholds cut the verifier's scores into equal parts. Verifiers differ in what their scores
mean, so this is a guess where a calibration is knowledge: ``tts-async calibrate``.
"""

from typing import Final

from tts_async.strategies.compute_optimal.policy import (
    Choice,
    Difficulty,
    Policy,
    PolicyRow,
    Provenance,
)

PUBLISHED: Final = Policy(
    provenance=Provenance(
        source="published findings (Snell et al. 2024; Beeching et al. 2024), not calibrated"
    ),
    difficulty=Difficulty(measure="score", pilots=4, thresholds=(0.8, 0.6, 0.4, 0.2)),
    rows=(
        PolicyRow(budget=1, overall=Choice(strategy="best_of_n", n=1)),
        PolicyRow(budget=4, overall=Choice(strategy="beam_search", n=4, beam_width=4)),
        PolicyRow(
            budget=16,
            overall=Choice(strategy="beam_search", n=16, beam_width=4),
            by_difficulty=(
                Choice(strategy="best_of_n", n=16),
                Choice(strategy="best_of_n", n=16),
                Choice(strategy="beam_search", n=16, beam_width=4),
                Choice(strategy="beam_search", n=16, beam_width=4),
                Choice(strategy="beam_search", n=16, beam_width=4),
            ),
        ),
        PolicyRow(
            budget=64,
            overall=Choice(strategy="dvts", n=64, beam_width=4),
            by_difficulty=(
                Choice(strategy="best_of_n", n=64),
                Choice(strategy="dvts", n=64, beam_width=4),
                Choice(strategy="dvts", n=64, beam_width=4),
                Choice(strategy="beam_search", n=64, beam_width=4),
                Choice(strategy="beam_search", n=64, beam_width=4),
            ),
        ),
    ),
)
"""What ``ComputeOptimal`` goes by unless it is given a policy."""
