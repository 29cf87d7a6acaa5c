"""A program that uses a pool until something ends it: ``python -m tests.verifiers.pool_script``.

With ``loading`` it stays where its children load a real reward model, with ``scoring`` it keeps
quick ones busy. Either way it first prints the children's process ids.
"""

import asyncio
import itertools
import signal
import sys

from tests.verifiers.target_verifier import target_pool
from tts_async.embedded import PRM_PATH
from tts_async.types.problem import Problem
from tts_async.types.verification import ScoreRequest
from tts_async.verifiers import VerifierPool


async def say_children(pool: VerifierPool) -> None:
    """As soon as all are there."""
    while not all(  # noqa: ASYNC110 - no event tells of a process id
        pids := [worker.pid for worker in await pool.statistics()]
    ):
        await asyncio.sleep(0.01)
    print(*pids, flush=True)  # noqa: T201 - read by the test


async def main(what: str) -> None:
    """Until the end."""
    if what == "loading":
        pool = VerifierPool(PRM_PATH, "cpu:2")
        saying = asyncio.create_task(say_children(pool))
        async with pool:
            await saying
            await asyncio.sleep(60)
    async with target_pool("lengths", "cpu:2") as pool:
        await say_children(pool)
        for number in itertools.count():
            await pool.score([ScoreRequest(Problem(str(number)), ("a step",))])


if __name__ == "__main__":
    # Whoever starts the tests in the background may have told them to ignore it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asyncio.run(main(sys.argv[1]))
