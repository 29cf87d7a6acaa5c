"""A strategy of your own: an async callable that expands and scores.

This one draws answers in small batches until the verifier is sure of one: cheap on easy problems.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from tts_async import Context, Node, Solver


@dataclass(frozen=True)
class SampleUntilSure:
    """Draw ``batch`` answers at a time until one scores ``threshold``, at most ``n`` in all."""

    n: int = 32
    batch: int = 4
    threshold: float = 0.95
    select = "naive"

    async def __call__(self, ctx: Context) -> Sequence[Node]:
        """All answers drawn."""
        answers: list[Node] = []
        while len(answers) < self.n:
            drawn = await ctx.expand(ctx.root, self.batch, to_end=True)
            answers += await ctx.score(drawn)
            if any((answer.score or 0) >= self.threshold for answer in answers):
                break
        return answers


async def main() -> None:
    """An easy problem takes one batch, a hard one more."""
    async with Solver(strategy=SampleUntilSure()) as solver:
        for problem in ("(3+4)*2-5", "((83*7)-(45+96))-((18*5)+(72-39))"):
            result = await solver.solve(problem)
            print(f"{problem} = {result.answer} after {len(result.candidates)} answers")


if __name__ == "__main__":
    asyncio.run(main())
