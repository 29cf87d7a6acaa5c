"""A progress display fed by events: bars on a terminal, plain lines everywhere else.

One row per run (one strategy with one n). On a terminal a bar for the row under way and one for
all of them stay at the bottom, and a finished row becomes a line above them. In a pipe or a log
file a line is written now and then, without control codes.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Column

from tts_async.observe.tally import Tally
from tts_async.scheduler import Statistics
from tts_async.types.events import Event

REFRESH_SECONDS = 0.1
LINE_SECONDS = 15.0
"""Between two lines where there is no terminal."""
WIDE = 130
"""From so many columns on there is room for a long bar and for whole words."""

Lanes = Callable[[], Mapping[str, Statistics]]


class Progress:
    """An observer and context manager that shows how far each run is.

    ``expect`` says how much work there is in all, ``begin`` starts a row, ``judge`` tells it
    whether an answer was right; ``watch`` names what to look at for the lanes and for the tokens
    that were really generated (without it, those of the events). Writes to stderr unless given
    another ``console``. A display that breaks is not worth a search: nothing here raises.
    """

    def __init__(self, *, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self.tally = Tally()
        self._is_roomy = self.console.width >= WIDE
        self._bars = self._make_bars() if self.console.is_terminal else None
        self._row: TaskID | None = None
        self._all: TaskID | None = None
        self._label = ""
        self._total = 0
        self._weight = 1.0
        self._rows = self._rows_begun = 0
        self._lanes: Lanes | None = None
        self._generated: Callable[[], int] = lambda: self.tally.tokens
        self._before = 0
        self._busy: dict[str, float] = {}
        self._looks = 0
        self._began = self._shown = self._looked = time.monotonic()

    def __enter__(self) -> Self:
        with suppress(Exception):
            if self._bars is not None:
                self._bars.start()
                self._row = self._bars.add_task("starting", total=None, count="", figures="")
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

    def expect(self, work: float, rows: int) -> None:
        """There are ``rows`` rows in all, which take ``work``, in any unit."""
        self._rows = rows
        with suppress(Exception):
            if self._bars is not None:
                self._all = self._bars.add_task("all", total=work, count="", figures="")

    def watch(self, lanes: Lanes, generated: Callable[[], int]) -> None:
        """Look there for the state of the lanes and the number of tokens generated so far."""
        self._lanes, self._generated = lanes, generated

    def begin(self, label: str, total: int, *, work: float = 1.0) -> None:
        """Start the row of the next run: ``total`` outcomes, each of which takes ``work``."""
        self.end()
        self.tally = Tally()
        self._label, self._total, self._weight = label, total, work
        self._rows_begun += 1
        self._busy, self._looks = {}, 0
        self._began = self._shown = time.monotonic()
        with suppress(Exception):
            self._before = self._generated()
            if self._bars is not None:
                if self._row is not None:  # that of the start
                    self._bars.remove_task(self._row)
                self._row = self._bars.add_task(label, total=total, count="", figures="")
                if self._all is not None:
                    rows = f"row {self._rows_begun}/{self._rows}"
                    self._bars.update(self._all, count=rows)

    def end(self) -> None:
        """Leave the line of the current row; harmless when there is none."""
        if self._label:
            with suppress(Exception):
                self._print_line()
                if self._bars is not None and self._row is not None:
                    self._bars.remove_task(self._row)
                    self._row = None
        self._label = ""

    def judge(self, *, correct: bool) -> None:
        """Say whether the answer of one search is right; with that it is done."""
        self.tally.judge(correct=correct)
        with suppress(Exception):
            if self._bars is not None and self._all is not None:
                self._bars.advance(self._all, self._weight)
        self._show_if_due()

    def __call__(self, event: Event) -> None:
        """Take an event; an observer for the ``Solver``."""
        with suppress(Exception):
            self.tally.take(event)
        self._show_if_due()

    def figures(self) -> str:
        """Accuracy, tokens, what runs and how busy the lanes are, in words."""
        tally, seconds = self.tally, time.monotonic() - self._began
        tokens = self._generated() - self._before
        is_tight = self._bars is not None and not self._is_roomy
        parts = []
        if tally.accuracy is not None:
            parts.append(f"{100 * tally.accuracy:.1f} % right")
        if not is_tight:
            parts.append(f"{tokens:,} tokens")
        parts.append(f"{tokens / max(seconds, 1e-3):,.0f} {'tok' if is_tight else 'tokens'}/s")
        for lane, shares in self._busy.items():
            busy = f"{100 * shares / self._looks:.0f} %"
            parts.append(f"{lane[:3]} {busy}" if is_tight else f"{lane} {busy} busy")
        if tally.running:
            parts.append(f"{tally.running} running")
        if tally.failed:
            parts.append(f"{tally.failed} failed")
        return " · ".join(parts)

    def _look(self) -> None:
        """How much of each lane is in use: a single look says little, their mean a lot."""
        self._looked = time.monotonic()
        with suppress(Exception):  # the solver may be closed
            for lane, state in self._lanes().items() if self._lanes else ():
                self._busy[lane] = self._busy.get(lane, 0.0) + state.share
            self._looks += 1

    def _show_if_due(self) -> None:
        now = time.monotonic()
        if now - self._looked >= REFRESH_SECONDS:
            self._look()
        every = LINE_SECONDS if self._bars is None else REFRESH_SECONDS
        if self._label and now - self._shown >= every:
            self._show()

    def _show(self) -> None:
        self._shown = time.monotonic()
        with suppress(Exception):
            if self._bars is None:
                self._print_line()
            elif self._row is not None:
                self._bars.update(
                    self._row,
                    completed=self.tally.judged,
                    count=f"{self.tally.judged}/{self._total}",
                    figures=self.figures(),
                )

    def _print_line(self) -> None:
        line = f"{self._label}: {self.tally.judged}/{self._total} · {self.figures()}"
        self.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def _make_bars(self) -> Bars:
        return Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24 if self._is_roomy else 4),
            TextColumn("{task.fields[count]}", markup=False),
            TextColumn(
                "{task.fields[figures]}",
                markup=False,
                style="dim",
                table_column=Column(ratio=1, no_wrap=True),  # what is too long is cut off here
            ),
            TimeRemainingColumn(compact=True),
            console=self.console,
            transient=True,
            expand=True,
        )

    def __repr__(self) -> str:
        return f"<Progress {self._label or 'idle'} {self.tally}>"
