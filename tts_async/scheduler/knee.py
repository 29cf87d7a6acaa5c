"""How many sequences to have in flight, found by trying.

A server that batches continuously gets faster with every sequence added, up to a point; beyond that
knee more sequences only wait for each other. Where it lies depends on the model, the GPU, the
lengths and on who else is there, so it is looked for, and looked for again: a little more (or
less), one window of traffic to let the change take effect, one to measure, and then it is kept or
taken back. Trials that change nothing become rarer, up to one in 64 windows, so a steady server is
left in peace; a throughput that moved by itself makes them frequent again.

Two signals need no trial. A server that refuses (429, 503) or whose own queue grows is over its
knee now: the first shrinks the capacity by a factor, the second says by how much. Half a batch may
wait there: a server that runs out of requests while ours are on their way stands idle.
"""

from dataclasses import dataclass

from tts_async.errors import ConfigurationError

START = 32
FIRST_STRIDE, STRIDE = 0.5, 0.2
"""How much a trial adds or takes away: before and after the first that was not worth it."""
WORTH_MORE, WORTH_LESS = 0.35, 0.25
"""A trial upwards must gain this part of what it adds; one downwards may lose that part."""
SHRINK = 0.7
RESERVE = 0.5
"""How many may wait inside the server, as a part of those that it runs."""
MOST_PATIENCE = 64
DRIFT = 0.25
"""A change of throughput by itself, at the same capacity, that makes the knee worth a new look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a lane saw in some ``seconds``.

    ``work`` done (tokens, say), ``in_use`` sequences at its end, ``saturated``: something waited
    for a slot all the time, so that the capacity was what limited the work. ``overloads``: refusals
    of the server. ``running`` and ``waiting``: its batch and its own queue, where it tells.
    """

    seconds: float
    work: float
    in_use: int
    saturated: bool
    overloads: int = 0
    running: int | None = None
    waiting: int | None = None

    @property
    def surplus(self) -> int:
        """How many sequences too many the server has in its queue."""
        if self.waiting is None or self.running is None:
            return 0
        return max(0, self.waiting - max(2, round(self.running * RESERVE)))

    @property
    def rate(self) -> float:
        """Work per second."""
        return self.work / self.seconds


@dataclass(slots=True)
class _Trial:
    old_capacity: int
    old_rate: float


class Knee:
    """The capacity of a lane, between ``lowest`` and ``highest``, one window after the other."""

    def __init__(self, *, highest: int, lowest: int = 1, start: int = START) -> None:
        if not 1 <= lowest <= highest:
            raise ConfigurationError(
                f"capacity: the lowest ({lowest}) must be at least 1 and at most the highest"
                f" ({highest})"
            )
        self.capacity = min(max(start, lowest), highest)
        self._lowest, self._highest = lowest, highest
        self._upwards = self.capacity < highest
        self._stride = FIRST_STRIDE if self._upwards else STRIDE
        self._patience = 1
        self._pause = 1
        self._settling = True
        self._rate: float | None = None
        self._trial: _Trial | None = None

    def observe(self, window: Window) -> int:
        """Take a window into account; returns the capacity from now on."""
        if window.overloads:
            self._retreat(int(self.capacity * SHRINK))
        elif window.surplus:
            self._retreat(window.in_use - window.surplus)
        elif window.saturated and window.work > 0:
            if self._settling:
                self._settling = False  # this window saw the old capacity and the new
            elif self._trial is not None:
                self._judge(self._trial, window.rate)
            else:
                self._watch(window.rate)
        return self.capacity

    def _retreat(self, capacity: int) -> None:
        self._set(min(capacity, self.capacity))
        self._trial = self._rate = None
        self._stride, self._upwards = STRIDE, True
        self._be_patient(MOST_PATIENCE // 4)

    def _judge(self, trial: _Trial, rate: float) -> None:
        self._trial = None
        size = self.capacity / trial.old_capacity - 1
        worth = WORTH_MORE if size > 0 else WORTH_LESS
        if rate / trial.old_rate - 1 >= size * worth:
            self._rate = rate
            self._be_patient(1)
            self._pause = 0  # on in the same direction, at once
            self._try()
            return
        self._set(trial.old_capacity)
        self._rate = trial.old_rate
        self._upwards = not self._upwards
        self._stride = STRIDE
        self._be_patient(min(2 * self._patience, MOST_PATIENCE))

    def _watch(self, rate: float) -> None:
        if self._rate is None:
            self._rate = rate
        if abs(rate / self._rate - 1) > DRIFT:
            self._rate = rate
            self._upwards = not self._upwards if self._patience == 1 else self._upwards
            self._be_patient(1)
        self._rate += 0.3 * (rate - self._rate)
        self._pause -= 1
        if self._pause <= 0:
            self._try()

    def _try(self) -> None:
        before = self.capacity
        step = max(1, round(before * self._stride))
        self._set(before + (step if self._upwards else -step))
        if self.capacity == before:  # at an end of the range
            self._upwards = not self._upwards
            self._be_patient(min(2 * self._patience, MOST_PATIENCE))
        elif self._rate is not None:
            self._trial = _Trial(before, self._rate)

    def _set(self, capacity: int) -> None:
        capacity = min(max(capacity, self._lowest), self._highest)
        self._settling = capacity != self.capacity
        self.capacity = capacity

    def _be_patient(self, windows: int) -> None:
        self._patience = self._pause = windows

    def __repr__(self) -> str:
        way = "more" if self._upwards else "less"
        trial = f"trying, was {self._trial.old_capacity}" if self._trial else f"next {way}"
        return f"<Knee {self.capacity} of {self._lowest} to {self._highest}, {trial}>"
