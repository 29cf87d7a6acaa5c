"""A progress display fed by events: bars on a terminal, plain lines everywhere else.

One row per run (one strategy with one n). On a terminal the rows of finished runs stay above the
one that moves. In a pipe or a log file a line is written now and then, without control codes.
"""

import time
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from tts_async.observe.tally import Tally
from tts_async.types.events import Event

REFRESH_SECONDS = 0.1
LINE_SECONDS = 15.0
"""Between two lines where there is no terminal."""
WIDE = 100
"""From so many columns on there is room for a long bar."""


class Progress:
    """An observer and context manager that shows how far each run is.

    ``begin`` starts a row, ``judge`` tells it whether an answer was right. Writes to stderr unless
    given another ``console``. A display that breaks is not worth a search: nothing here raises.
    """

    def __init__(self, *, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self.tally = Tally()
        self._is_roomy = self.console.width >= WIDE
        self._bars = self._make_bars() if self.console.is_terminal else None
        self._row: TaskID | None = None
        self._label = ""
        self._total = 0
        self._began = self._shown = time.monotonic()

    def __enter__(self) -> Self:
        with suppress(Exception):
            if self._bars is not None:
                self._bars.start()
                self._row = self._bars.add_task("starting the models", total=None, figures="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        with suppress(Exception):
            if self._bars is not None:
                self._bars.stop()

    def begin(self, label: str, total: int) -> None:
        """Start the row of the next run, which has ``total`` problems."""
        self.end()
        self.tally = Tally()
        self._label, self._total = label, total
        self._began = self._shown = time.monotonic()
        with suppress(Exception):
            if self._bars is not None:
                if self._row is not None:  # that of the start
                    self._bars.remove_task(self._row)
                self._row = self._bars.add_task(label, total=total, figures="")

    def end(self) -> None:
        """Leave the current row as it is; harmless when there is none."""
        if self._label:
            self._show()
            with suppress(Exception):
                if self._bars is not None and self._row is not None:
                    self._bars.stop_task(self._row)
                    self._row = None
        self._label = ""

    def judge(self, *, correct: bool) -> None:
        """Say whether the answer of one search is right."""
        self.tally.judge(correct=correct)
        self._show_if_due()

    def __call__(self, event: Event) -> None:
        """Take an event; an observer for the ``Solver``."""
        with suppress(Exception):
            self.tally.take(event)
        self._show_if_due()

    def figures(self) -> str:
        """Accuracy, tokens and what runs, in words."""
        tally, seconds = self.tally, time.monotonic() - self._began
        parts = []
        if tally.accuracy is not None:
            parts.append(f"{100 * tally.accuracy:.1f} % right")
        if self._bars is None or self._is_roomy:
            parts.append(f"{tally.tokens:,} tokens")
        parts.append(f"{tally.tokens / max(seconds, 1e-3):,.0f} tokens/s")
        if tally.running:
            parts.append(f"{tally.running} running")
        if tally.failed:
            parts.append(f"{tally.failed} failed")
        return " · ".join(parts)

    def _show_if_due(self) -> None:
        every = LINE_SECONDS if self._bars is None else REFRESH_SECONDS
        if self._label and time.monotonic() - self._shown >= every:
            self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        with suppress(Exception):
            if self._bars is not None and self._row is not None:
                self._bars.update(self._row, completed=self.tally.done, figures=self.figures())
            elif self._bars is None:
                line = f"{self._label}: {self.tally.done}/{self._total} · {self.figures()}"
                self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _make_bars(self) -> Bars:
        return Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24 if self._is_roomy else 8),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}", markup=False, style="dim"),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            console=self.console,
        )

    def __repr__(self) -> str:
        return f"<Progress {self._label or 'idle'} {self.tally}>"
