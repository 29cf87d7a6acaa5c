"""Solve on a hand-drawn tree, in virtual time."""

from collections.abc import Mapping, Sequence

from tts_async import Result, Solver, Strategy
from tts_async.testing import ScriptedGenerator, ScriptedVerifier, run_virtual
from tts_async.types.verification import Aggregation


def boxed(answer: object) -> str:
    """The last step of a solution."""
    return rf"The final answer is: $\boxed{{{answer}}}$."


def solve_drawn(
    strategy: Strategy,
    script: Mapping[str, Sequence[str | Exception]],
    scores: Mapping[str, float] | None = None,
    aggregation: Aggregation = "last",
) -> tuple[Result, ScriptedGenerator]:
    """The result on a drawn tree, and the generator with its record of requests."""
    generator = ScriptedGenerator(script, delay=1.0)
    verifier = None if scores is None else ScriptedVerifier(scores, aggregation=aggregation)

    async def main() -> Result:
        async with Solver(generator=generator, verifier=verifier) as solver:
            return await solver.solve("drawn", strategy=strategy)

    return run_virtual(main()), generator


def answers(result: Result) -> list[str | None]:
    """What each candidate answered, in order."""
    return [candidate.answer for candidate in result.candidates]
