"""Compute-optimal search: look at a problem first, then spend on it what suits it.

The policy is written by hand here: four answers that the verifier believes are enough, other
problems get the whole budget. `tts-async calibrate` learns a policy from an evaluation.
"""

import asyncio

from tts_async import ComputeOptimal, Policy, Solver
from tts_async.strategies.compute_optimal import Choice, Difficulty, PolicyRow, Provenance

FEW, MANY = Choice(strategy="best_of_n", n=4), Choice(strategy="best_of_n", n=32)
TREES = Choice(strategy="dvts", n=32, beam_width=4)

POLICY = Policy(
    provenance=Provenance(source="written by hand"),
    difficulty=Difficulty(measure="score", pilots=4, thresholds=(0.7, 0.3)),
    rows=(
        PolicyRow(budget=4, overall=FEW),
        PolicyRow(budget=32, overall=MANY, by_difficulty=(FEW, TREES, MANY)),
    ),
)


async def main() -> None:
    """An easy problem costs four answers, a hard one thirty-two."""
    async with Solver(strategy=ComputeOptimal(n=32, policy=POLICY)) as solver:
        for problem in ("(3+4)*2-5", "((83*7)-(45+96))-((18*5)+(72-39))"):
            result = await solver.solve(problem)
            count = len(result.candidates)
            print(f"{problem} = {result.answer}: {count} candidates, {result.spend.tokens} tokens")


if __name__ == "__main__":
    asyncio.run(main())
