"""The events of a small search, and its result."""

from collections.abc import Mapping, Sequence

from tts_async import DVTS, Result, Solver, Strategy
from tts_async.steps import DELIMITER
from tts_async.testing import ScriptedGenerator, ScriptedVerifier, run_virtual
from tts_async.types.events import Event

GOOD, BAD = f"a good step{DELIMITER}", f"a bad step{DELIMITER}"
SEVEN, EIGHT = r"so $\boxed{7}$", r"so $\boxed{8}$"
CUT = "and so on…"
SCRIPT = {"": [GOOD, BAD, GOOD], GOOD: [SEVEN, SEVEN, EIGHT, CUT, SEVEN, EIGHT]}
SCORES = {GOOD.strip(): 0.9, BAD.strip(): 0.1, SEVEN: 0.8, EIGHT: 0.3, CUT[:-1]: 0.5}


def search(
    strategy: Strategy | None = None, script: Mapping[str, Sequence[str]] = SCRIPT
) -> tuple[Result, Sequence[Event]]:
    """A search with three children per step, and everything that happened in it."""
    events: list[Event] = []

    async def main() -> Result:
        solver = Solver(
            generator=ScriptedGenerator(script),
            verifier=ScriptedVerifier(SCORES),
            observers=[events.append],
        )
        async with solver:
            return await solver.solve(
                "a secret", strategy=strategy or DVTS(n=3, beam_width=3), seed=0
            )

    return run_virtual(main()), events
