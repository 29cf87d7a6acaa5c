"""Expansions begun before anybody asked for them.

While the scores of some nodes are on their way, the generator may have slots to spare. Drawing the
continuations of those nodes meanwhile costs no time, and whichever node the strategy then steps to
has its children already, or is about to. That changes no result: the seed of an expansion follows
from its place in the tree, so the children are the same whether they are drawn early or late; and
a strategy that asks for something else than was guessed simply gets that.

What is drawn ahead never waits in line. It begins only when slots are free that nobody wants, and
gives them up when somebody does. After SPEX (OSDI 2026) and FastTTS (ASPLOS 2026), which
speculate inside the inference engine; here it is done by the client, with ordinary requests.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tts_async.errors import TTSError
from tts_async.types.generation import GenerationRequest, Generator, Sampling, Step
from tts_async.types.node import Path
from tts_async.types.scheduling import Slots

_Draw = tuple[int, int, str | None, Sampling, bool]
"""What decides the children: the seed (and so the place), how many, where to stop, how to draw,
and whether with log-probabilities."""


@dataclass(slots=True)
class _Ahead:
    path: Path
    loan: Any
    task: asyncio.Task[Sequence[Step]]


class Speculation:
    """What one search has drawn ahead; ``wasted_tokens`` of it arrived and were not needed."""

    def __init__(self, generator: Generator, lane: Slots) -> None:
        self.wasted_tokens = 0
        self._generator = generator
        self._lane = lane
        self._ahead: dict[_Draw, _Ahead] = {}

    def begin(self, path: Path, request: GenerationRequest) -> None:
        """Draw the continuations of a node, if there is room right now."""
        draw = _draw_of(request)
        if draw in self._ahead:
            return

        def recall() -> None:
            task.cancel()

        loan = self._lane.borrow(request.n, recall)
        if loan is None:
            return
        task = asyncio.ensure_future(self._generator.generate(request))
        # Not in the task itself: one that is cancelled before it starts never runs a line.
        task.add_done_callback(lambda _: self._lane.give_back(loan))
        self._ahead[draw] = _Ahead(path, loan, task)

    async def adopt(self, request: GenerationRequest) -> Sequence[Step] | None:
        """What was begun for this very request; ``None`` when it has to be asked for as usual."""
        ahead = self._ahead.pop(_draw_of(request), None)
        if ahead is None:
            return None
        self._lane.keep(ahead.loan)
        me = asyncio.current_task()
        try:
            return await ahead.task  # if we are cancelled, so is the task
        except asyncio.CancelledError:
            if me is not None and me.cancelling():
                raise
            return None  # recalled a moment ago
        except TTSError:
            return None  # the usual way meets the same error, or does not

    def drop(self, paths: Iterable[Path]) -> None:
        """Nobody will continue these nodes."""
        gone = set(paths)
        for draw, ahead in list(self._ahead.items()):
            if ahead.path in gone:
                self._discard(draw)

    async def aclose(self) -> None:
        """Drop everything, and wait until it has stopped."""
        tasks = [ahead.task for ahead in self._ahead.values()]
        for draw in list(self._ahead):
            self._discard(draw)
        if tasks:
            await asyncio.wait(tasks)

    def _discard(self, draw: _Draw) -> None:
        task = self._ahead.pop(draw).task
        if task.done():
            self._count_waste(task)  # now: a callback would come after the search has ended
            return
        task.add_done_callback(self._count_waste)
        task.cancel()

    def _count_waste(self, task: asyncio.Task[Sequence[Step]]) -> None:
        if not task.cancelled():
            with suppress(Exception):
                self.wasted_tokens += sum(step.tokens for step in task.result())


def _draw_of(request: GenerationRequest) -> _Draw:
    return request.seed, request.n, request.stop, request.sampling, request.logprobs
