"""Asks the math process, one question after the other under a time limit, and remembers.

The rules that make a hostile expression cost its own time limit and nothing else:

- The child answers in order and one burst of questions is out at a time, so whatever does not
  come in time is the *first* question without an answer. It counts as "no", the child is killed,
  and the questions behind it are put to the next child.
- An answer is tried out alone before it is compared (see ``math_process``), so an expression that
  cannot be evaluated is found out once, not once per partner.
- Callers take turns by bursts: nobody waits for another's whole group.
- A caller who is cancelled leaves a question behind that may never end; the next one gives it a
  moment and then replaces the child.

Rejected: many pairs in one message. When its time is up, nobody knows which pair has used it, and
the innocent ones have to be asked again one by one. A burst of small messages goes out and comes
back just as fast.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from tts_async.errors import BrokenWorker, WorkerError
from tts_async.lru import LruDict
from tts_async.worker import WorkerProcess

Question = tuple[str] | tuple[str, str]
"""One answer to be tried out, or two to be compared."""

BURST = 32
ABANDONED_SECONDS = 0.5
"""How long a question may go on that nobody waits for any more: about as long as a start."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Questions ``asked`` of the process, those that ``expired`` or ``crashed`` it, and memory."""

    asked: int
    expired: int
    crashed: int
    remembered: int


class Referee:
    """Owner of the math process ``target``; ``time_limit`` in seconds is that of one question.

    The child starts with the first question, and its start does not count as the question's time.
    ``memory`` is the number of rulings to remember.
    """

    def __init__(self, target: str, *, time_limit: float, memory: int) -> None:
        self._worker = WorkerProcess(target)
        self._time_limit = time_limit
        self._known: LruDict[Question, bool] = LruDict(memory)
        self._turn = asyncio.Lock()
        self._abandoned = False
        self._asked = self._expired = self._crashed = 0

    @property
    def pid(self) -> int | None:
        """Process id of the child, if one runs."""
        return self._worker.pid

    def statistics(self) -> Statistics:
        """What happened so far."""
        return Statistics(self._asked, self._expired, self._crashed, len(self._known))

    async def rule(self, questions: Sequence[Question]) -> list[bool]:
        """The answer to each question; "no" where the time limit or the child came to an end.

        Raises ``WorkerError`` when no child can be started, or after ``aclose``.
        """
        rulings = self._remembered(questions)
        missing = [q for q in dict.fromkeys(questions) if q not in rulings]
        while missing:
            async with self._turn:
                # Whoever had the turn before may have asked the same.
                rulings |= self._remembered(missing) or await self._rule_burst(missing[:BURST])
            missing = [q for q in missing if q not in rulings]
        return [rulings[q] for q in questions]

    async def aclose(self) -> None:
        """End the child; whoever still waits for it gets a ``BrokenWorker``. Safe to call twice."""
        if self._abandoned and not self._turn.locked():
            await self._worker.kill()  # busy with what nobody wants: it would not hear us close
        await self._worker.aclose()
        async with self._turn:  # a child that was just being started is closed by now, too
            await self._worker.aclose()

    def _remembered(self, questions: Sequence[Question]) -> dict[Question, bool]:
        return {q: self._known[q] for q in questions if q in self._known}

    async def _rule_burst(self, burst: Sequence[Question]) -> dict[Question, bool]:
        """Rulings on the questions up to the first one that ends the child, that one included."""
        await self._make_ready()
        self._abandoned = True  # stays so if we are cancelled
        answers, culprit = await self._ask(burst)
        self._abandoned = False
        rulings = dict(zip(burst, answers, strict=False))
        if isinstance(culprit, WorkerError):
            self._crashed += 1
            await self._worker.start()  # raises if it was no crash: closed, or cannot start again
        elif culprit:
            self._expired += 1
            await self._worker.kill()
        if culprit:
            rulings[burst[len(answers)]] = False
        self._asked += len(rulings)
        for question, ruling in rulings.items():
            self._known[question] = ruling
        return rulings

    async def _make_ready(self) -> None:
        await self._worker.start()
        if self._abandoned:
            try:
                async with asyncio.timeout(ABANDONED_SECONDS):
                    await self._worker.call(("0",))
            except TimeoutError:
                await self._worker.kill()
                await self._worker.start()
            self._abandoned = False

    async def _ask(
        self, burst: Sequence[Question]
    ) -> tuple[list[bool], TimeoutError | BrokenWorker | None]:
        """The answers that came, and what ended the first question without one, if any."""
        answers: list[bool] = []
        culprit: TimeoutError | BrokenWorker | None = None
        async with asyncio.TaskGroup() as group:
            calls = [group.create_task(self._call(question)) for question in burst]
            for call in calls:
                in_time, _ = await asyncio.wait([call], timeout=self._time_limit)
                outcome = call.result() if in_time else TimeoutError()
                if isinstance(outcome, bool):
                    answers.append(outcome)
                else:
                    culprit = outcome
                    break
            for call in calls:
                call.cancel()
        return answers, culprit

    async def _call(self, question: Question) -> bool | BrokenWorker:
        try:
            return bool(await self._worker.call(question))
        except BrokenWorker as error:  # a result: it must not cancel the questions around it
            return error
