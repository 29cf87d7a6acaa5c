"""A lane finds the seats of the server behind it while searches run."""

import asyncio
from statistics import mean

import pytest

from tts_async import Majority, Problem, Solver
from tts_async.testing import RandomGenerator, run_virtual
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.scheduling import ServerLoad


class Seats(RandomGenerator):
    """A server with so many seats; whoever finds none waits inside."""

    def __init__(self, seats: int, *, tells: bool) -> None:
        super().__init__(depth=0, capacity=256)
        self.seats, self.tells = seats, tells
        self.seated = self.waiting = self.refused = 0
        self._free = asyncio.Event()

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """One second on the seats."""
        self.waiting += request.n
        while self.seated + request.n > self.seats:
            self._free.clear()
            await self._free.wait()
        self.waiting -= request.n
        self.seated += request.n
        await asyncio.sleep(1)
        self.seated -= request.n
        self._free.set()
        return await super().generate(request)

    async def load(self) -> ServerLoad:
        """The truth, or only the refusals."""
        if self.tells:
            return ServerLoad(self.seated, self.waiting, self.refused)
        return ServerLoad(None, None, self.refused)


@pytest.mark.parametrize("tells", [True, False])
def test_the_lane_fits_the_server(tells: bool) -> None:
    """Not all 256 at once: what the server can seat, or not much more; also after it changed."""

    async def main() -> tuple[float, float]:
        generator = Seats(64, tells=tells)
        capacities: list[int] = []

        async def look(solver: Solver) -> None:
            while True:
                await asyncio.sleep(1)
                capacities.append(solver.statistics()["generation"].capacity)

        async with Solver(generator=generator) as solver:
            looking = asyncio.create_task(look(solver))
            problems = (Problem(f"p{i}") for i in range(4000))
            strategy = Majority(n=4, early_stop=False)
            done = 0
            async for _ in solver.solve_many(problems, strategy=strategy):
                done += 1
                if done == 2000:
                    generator.seats, half = 24, len(capacities)
            looking.cancel()
        return mean(capacities[half // 2 : half]), mean(capacities[-100:])

    before, after = run_virtual(main())
    assert 48 <= before <= 110  # half as many again may wait inside
    assert 20 <= after <= 45


def test_a_refusal_is_felt_at_once() -> None:
    """The server says 429: less from now on."""

    async def main() -> tuple[int, int]:
        generator = Seats(10_000, tells=True)
        async with Solver(generator=generator) as solver:
            await asyncio.sleep(0.7)
            generator.refused = 5
            await asyncio.sleep(0.7)
            shrunk = solver.statistics()["generation"].capacity
        async with Solver(generator=generator, adapt_capacity=False) as solver:
            await asyncio.sleep(0.7)
            generator.refused = 9
            await asyncio.sleep(0.7)
            return shrunk, solver.statistics()["generation"].capacity

    assert run_virtual(main()) == (179, 256)
