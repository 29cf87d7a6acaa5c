"""Structured concurrency for search strategies."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tts_async.errors import BudgetExhausted

T = TypeVar("T")


async def gather(*coroutines: Coroutine[Any, Any, T]) -> list[T]:
    """Run coroutines together; their results in the order given.

    Unlike ``asyncio.gather``, the first failure cancels the others, all of them are awaited
    before it is raised, and it is raised bare rather than in a group. A real error outranks
    ``BudgetExhausted``: running out while something else breaks must not hide the break.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(coroutine) for coroutine in coroutines]
            # A group that fails cancels the task it is in, and takes that back only if it hits in
            # here (before Python 3.13): a time-out around a failed group would never end in one.
            if tasks:
                await asyncio.wait(tasks)
    except BaseExceptionGroup as failures:
        raise _foremost(failures) from None
    return [task.result() for task in tasks]


def _foremost(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    leaves = list(_leaves(failures))
    return next((e for e in leaves if not isinstance(e, BudgetExhausted)), leaves[0])


def _leaves(failure: BaseException) -> list[BaseException]:
    if isinstance(failure, BaseExceptionGroup):
        return [leaf for inner in failure.exceptions for leaf in _leaves(inner)]
    return [failure]
