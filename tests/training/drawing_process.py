"""A run of ``roll_out`` to be killed: ``python drawing_process.py FILE`` never gets to its end."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.training.coin import Coin, problems
from tts_async import Solver
from tts_async.training import roll_out
from tts_async.types.generation import GenerationRequest, Step


class Slow(Coin):
    """Stops answering after five problems."""

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """As ever, then not at all."""
        if len(self.requests) == 5:
            await asyncio.sleep(3600)
        return await super().generate(request)


async def main() -> None:
    """One problem at a time."""
    async with Solver(generator=Slow(), max_in_flight=1) as solver:
        await roll_out(solver, problems(8), sys.argv[1], n=2)


if __name__ == "__main__":
    asyncio.run(main())
