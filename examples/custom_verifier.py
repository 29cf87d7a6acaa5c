"""A verifier of your own: any function from the steps so far to one score per step.

Arithmetic can be checked exactly, so this one re-computes what every step claims. The same shape
fits a unit test, a type checker or a physics engine.
"""

import asyncio
import re

from tts_async import BestOfN, Problem, Solver

CLAIM = re.compile(r"(\d+)([-+*])(\d+) = ([-+\d]+)\n")  # 7*83 = 581, or in parts: = 560+21
OPERATIONS = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}


def recompute(_: Problem, steps: tuple[str, ...]) -> list[float]:
    """1 for a step whose calculation is right or that has none, 0 for a wrong one."""
    scores = []
    for step in steps:
        claims = CLAIM.findall(step)
        right = (OPERATIONS[op](int(a), int(b)) == total(result) for a, op, b, result in claims)
        scores.append(1.0 if all(right) else 0.0)
    return scores


def total(parts: str) -> int:
    """The value of a sum such as 560+21."""
    return sum(int(part) for part in re.findall(r"[-+]?\d+", parts))


async def main() -> None:
    """Best-of-N with the calculator instead of the process reward model."""
    async with Solver(generator="embedded", verifier=recompute, aggregation="min") as solver:
        result = await solver.solve("((64*9)-(87+55))+(13*6)", strategy=BestOfN(n=16))
        flawless = sum(candidate.score == 1.0 for candidate in result.candidates)
        print(f"answer {result.answer}: {flawless} of {len(result.candidates)} were flawless")


if __name__ == "__main__":
    asyncio.run(main())
