"""``solve()`` with nothing configured, from async and from ordinary code.

All calls of one event loop share one embedded solver. It opens with the first call and closes
with the loop: an asynchronous generator that is left suspended is closed by
``loop.shutdown_asyncgens()``, which ``asyncio.run`` and every other runner call at the end.
"""

import asyncio
import atexit
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import Future
from functools import cache

from tts_async.solver import Solver
from tts_async.strategies import Strategy, make_strategy
from tts_async.types.budget import Budget
from tts_async.types.problem import Problem, as_problem
from tts_async.types.result import Result


async def solve(
    problem: str | Problem,
    *,
    strategy: Strategy | str | None = None,
    budget: Budget | None = None,
    deadline: float | None = None,
    seed: int = 0,
) -> Result:
    """Search for the answer to a problem with the embedded model, which knows arithmetic.

    ``strategy`` is an object such as ``DVTS(n=64)`` or a name; DVTS with n=16 by default.
    ``deadline``: seconds until a result must be there, counted from the moment the model is ready
    (the first call of a loop starts it). The same seed gives the same result. For other models use
    ``Solver``. Raises ``TTSError``.
    """
    problem = as_problem(problem)  # a wrong argument should not cost the start of a model
    if isinstance(strategy, str):
        strategy = make_strategy(strategy)
    solver = await _shared_solver()
    return await solver.solve(
        problem, strategy=strategy, budget=budget, deadline=deadline, seed=seed
    )


def solve_sync(
    problem: str | Problem,
    *,
    strategy: Strategy | str | None = None,
    budget: Budget | None = None,
    deadline: float | None = None,
    seed: int = 0,
) -> Result:
    """``solve`` for scripts and notebooks, also inside a running event loop.

    The search runs in a background thread whose event loop, and with it the loaded model, lives
    until the interpreter ends. Ctrl-C cancels the search.
    """
    coroutine = solve(problem, strategy=strategy, budget=budget, deadline=deadline, seed=seed)
    future = asyncio.run_coroutine_threadsafe(coroutine, _background().loop)
    try:
        return future.result()
    except KeyboardInterrupt:
        future.cancel()
        raise


_sessions: "dict[asyncio.AbstractEventLoop, _Session]" = {}


class _Session:
    """The shared solver of one event loop."""

    def __init__(self) -> None:
        # Both are held here on purpose: a generator nobody holds is closed at once.
        self._lifetime = self._keep_open()
        self._opening = asyncio.create_task(anext(self._lifetime))

    async def solver(self) -> Solver:
        # Shielded: one impatient caller must not close what the others wait for.
        return await asyncio.shield(self._opening)

    async def _keep_open(self) -> AsyncGenerator[Solver, None]:
        loop = asyncio.get_running_loop()
        try:
            async with Solver() as solver:
                yield solver
        finally:
            _sessions.pop(loop, None)


async def _shared_solver() -> Solver:
    loop = asyncio.get_running_loop()
    if loop not in _sessions:
        _sessions[loop] = _Session()
    return await _sessions[loop].solver()


class _Background:
    """A thread with an event loop that lives until the interpreter ends."""

    def __init__(self) -> None:
        self._started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name="tts-async", daemon=True)
        self._thread.start()
        self.loop, self._stop = self._started.result()
        atexit.register(self.close)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        stop = asyncio.Event()
        self._started.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()

    def close(self) -> None:
        """End the loop, which closes the shared solver in it."""
        self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()


@cache
def _background() -> _Background:
    return _Background()
