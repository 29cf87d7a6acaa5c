"""Continuous batching: sequences join and leave between any two decoding steps.

Requests wait in line. Each turn starts as many sequences of the foremost requests as there are
free slots (a request with more continuations than slots starts in portions), runs one decoding
step over everything that runs, and takes out what ended. The path of a request is read once and
its keys and values are copied to its continuations; the path's last token is left to the first
decoding step, so that every token is drawn in the same place.

No channel and no clock in here: ``add``, ``cancel`` and ``step`` are all there is.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, takewhile
from typing import Any

import numpy as np
import torch

from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.decoder import STEADY_ROWS
from tts_async.inference.language_model import LanguageModel, Prefix
from tts_async.inference.sampling import choose, logprobs_of, sequence_keys, uniforms
from tts_async.inference.slot_cache import SlotCache
from tts_async.inference.stopping import StopStrings
from tts_async.types.generation import Sampling, Step

PREFILL_TOKENS = 2048
"""Paths read per turn, in tokens: more would keep the running sequences waiting."""

ROW = np.dtype(
    [
        ("token", "i8"),  # the one to feed next
        ("position", "i8"),  # where it stands in its sequence
        ("count", "i8"),  # tokens drawn so far
        ("limit", "i8"),  # tokens to draw at most
        ("key", "u8"),
        ("temperature", "f8"),
        ("top_p", "f8"),
        ("stop", "i8"),  # a number of StopStrings
        ("logprobs", "i8"),  # whether they are wanted
    ]
)


@dataclass(eq=False, slots=True)
class Job:
    """One request on its way: ``n`` continuations of the tokens of ``path``."""

    id: int
    path: Sequence[int]
    n: int
    stop: str | None
    sampling: Sampling
    seed: int
    logprobs: bool = False
    started: int = 0
    prefix: Prefix | None = None
    steps: dict[int, Step] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether every continuation has ended."""
        return len(self.steps) == self.n


class ContinuousBatch:
    """The sequences that run, the jobs that wait, and the model that they share."""

    def __init__(
        self,
        model: LanguageModel,
        tokenizer: ChatTokenizer,
        *,
        capacity: int,
        end_ids: Collection[int],
    ) -> None:
        self.capacity = capacity
        self.waiting: deque[Job] = deque()
        self.counts = {"steps": 0, "tokens": 0, "prefilled": 0}
        self._model, self._tokenizer = model, tokenizer
        self._cache = SlotCache(
            model.cache_shape,
            rows=max(capacity, STEADY_ROWS),
            dtype=model.dtype,
            device=model.device,
        )
        self._stops = StopStrings(tokenizer, model.vocabulary)
        self._ends = np.isin(np.arange(model.vocabulary), list(end_ids))
        self._running: list[tuple[Job, int]] = []
        self._rows = np.zeros(capacity, dtype=ROW)
        self._drawn = np.zeros((capacity, 256), dtype=np.int64)
        self._logprobs = np.zeros((capacity, 256))

    @property
    def running(self) -> int:
        """Sequences in a slot now."""
        return len(self._running)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._running and not self.waiting

    def add(self, job: Job) -> None:
        """Put a job at the end of the line."""
        self.waiting.append(job)

    @torch.inference_mode()
    def cancel(self, job_id: int) -> None:
        """Forget a job and free its slots; unknown ids are fine (it just ended)."""
        self.waiting = deque(job for job in self.waiting if job.id != job_id)
        for row in reversed(range(self.running)):
            if self._running[row][0].id == job_id:
                self._vacate(row)

    @torch.inference_mode()
    def step(self) -> list[Job]:
        """Start what fits, draw one token per running sequence; the jobs that are done now."""
        self._start_sequences()
        if not self._running:
            return []
        tokens, logprobs = self._draw()
        rows = self._rows[: self.running]
        self._reserve(int(rows["count"].max()) + 1)
        place = np.arange(len(rows)), rows["count"]
        self._drawn[place] = tokens
        self._logprobs[place] = logprobs
        rows["token"] = tokens
        rows["position"] += 1
        rows["count"] += 1
        ended = self._ends[tokens] | (rows["count"] >= rows["limit"])
        ended |= self._stops.may_end(rows["stop"], tokens)
        # From the back, since a vacated row is taken over by the last one.
        finished = [self._finish(int(row)) for row in np.flatnonzero(ended)[::-1]]
        return [job for job in finished if job is not None]

    def _draw(self) -> tuple[Any, Any]:
        """The next token of every row, and its log-probability where a row wants it."""
        rows = self._rows[: self.running]
        # Copies: the columns of a structured array are strided views.
        token, position, temperature, top_p, u = (
            torch.tensor(column, device=self._model.device)
            for column in (
                rows["token"],
                rows["position"],
                rows["temperature"],
                rows["top_p"],
                uniforms(rows["key"], rows["count"]),
            )
        )
        logits = self._model.decode(token, position, self._cache)
        self.counts["steps"] += 1
        self.counts["tokens"] += len(rows)
        ids = choose(logits, u, temperature, top_p)
        wanted = bool(rows["logprobs"].any())
        return ids.cpu().numpy(), logprobs_of(ids, logits).cpu().numpy() if wanted else 0.0

    def _start_sequences(self) -> None:
        free = self.capacity - self.running
        jobs = self._next_jobs(free)
        self._prefill([job for job in jobs if job.prefix is None and len(job.path) > 1])
        for job in jobs:
            indices = range(job.started, min(job.n, job.started + free))
            free -= len(indices)
            for index, key in zip(indices, sequence_keys(job.seed, indices), strict=True):
                self._occupy(job, index, key)
            job.started = indices.stop
            if job.started == job.n:
                self.waiting.popleft()
                job.prefix = None

    def _next_jobs(self, free: int) -> list[Job]:
        """The foremost jobs, while slots and this turn's share of prefill last."""
        slots = accumulate((job.n - job.started for job in self.waiting), initial=0)
        tokens = accumulate((len(job.path) for job in self.waiting), initial=0)
        line = zip(self.waiting, slots, tokens, strict=False)
        fitting = takewhile(lambda entry: entry[1] < free and entry[2] < PREFILL_TOKENS, line)
        return [job for job, *_ in fitting]

    def _prefill(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        paths = [job.path[:-1] for job in jobs]
        for job, prefix in zip(jobs, self._model.prefill(paths), strict=True):
            job.prefix = prefix
        self.counts["prefilled"] += sum(map(len, paths))

    def _occupy(self, job: Job, index: int, key: np.uint64) -> None:
        row = self.running
        if job.prefix is not None:
            self._cache.fill(row, *job.prefix)
        sampling = job.sampling
        limit = min(sampling.max_tokens, self._model.context_length - len(job.path))
        stop = self._stops.number(job.stop)
        self._rows[row] = (
            *(job.path[-1], len(job.path) - 1, 0, limit),
            *(key, sampling.temperature, sampling.top_p, stop, job.logprobs),
        )
        self._running.append((job, index))

    def _finish(self, row: int) -> Job | None:
        """Take out a row that ended; its job, if this was the last of its continuations."""
        job, index = self._running[row]
        count, limit = int(self._rows["count"][row]), int(self._rows["limit"][row])
        ids = tuple(self._drawn[row, :count].tolist())
        step = self._as_step(ids, job.stop, full=count >= limit)
        if step is None:
            return None
        if job.logprobs:
            step = replace(step, logprobs=tuple(self._logprobs[row, :count].tolist()))
        job.steps[index] = step
        self._vacate(row)
        return job if job.done else None

    def _as_step(self, ids: tuple[int, ...], stop: str | None, *, full: bool) -> Step | None:
        """The finished continuation, or None for a token that only looked like the stop."""
        if self._ends[ids[-1]]:
            return Step(self._tokenizer.decode(ids[:-1]), "stop", len(ids), ids[:-1])
        cut = self._stops.cut(ids, stop) if stop else None
        if cut is not None:
            text, kept = cut
            return Step(text, "step", len(ids), kept)
        return Step(self._tokenizer.decode(ids), "length", len(ids), ids) if full else None

    def _vacate(self, row: int) -> None:
        last = self.running - 1
        if row != last:
            self._rows[row] = self._rows[last]
            self._drawn[row] = self._drawn[last]
            self._logprobs[row] = self._logprobs[last]
            self._running[row] = self._running[last]
            self._cache.move(last, row, int(self._rows["position"][last]))
        self._running.pop()

    def _reserve(self, tokens: int) -> None:
        missing = tokens - self._drawn.shape[1]
        if missing > 0:
            wider = ((0, 0), (0, max(missing, self._drawn.shape[1])))
            self._drawn, self._logprobs = np.pad(self._drawn, wider), np.pad(self._logprobs, wider)
