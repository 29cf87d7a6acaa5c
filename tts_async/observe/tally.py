"""Counting what the events say: the state behind every progress display."""

from dataclasses import dataclass

from tts_async.types.events import (
    Event,
    ExpansionFinished,
    SearchCancelled,
    SearchFailed,
    SearchFinished,
    SearchStarted,
)


@dataclass(slots=True)
class Tally:
    """Searches done, failed and running, tokens generated, and answers judged so far.

    Whether an answer is right is no event of a search, so ``judge`` has to be told.
    """

    done: int = 0
    failed: int = 0
    running: int = 0
    tokens: int = 0
    judged: int = 0
    correct: int = 0

    def take(self, event: Event) -> None:
        """Count one event."""
        match event:
            case SearchStarted():
                self.running += 1
            case ExpansionFinished():
                self.tokens += sum(child.tokens for child in event.children)
            case SearchFinished() | SearchFailed():
                self.running -= 1
                self.done += 1
                self.failed += isinstance(event, SearchFailed)
            case SearchCancelled():
                self.running -= 1

    def judge(self, *, correct: bool) -> None:
        """Count one answer as right or wrong."""
        self.judged += 1
        self.correct += correct

    @property
    def accuracy(self) -> float | None:
        """The share of right answers in [0, 1]; ``None`` before the first was judged."""
        return self.correct / self.judged if self.judged else None
