"""The simulated machines as a ``Generator`` and a ``Verifier``."""

from collections.abc import Sequence

from benchmarks.fleet import trace
from benchmarks.fleet.decoding import DecodingServer, Run
from benchmarks.fleet.scoring import ScoringDevice
from benchmarks.fleet.trace import Place
from tts_async.steps import split_steps
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.verification import ScoreRequest


def start_runs(place: Place, context: int, n: int, seed: int, *, to_end: bool) -> list[Run]:
    """``n`` continuations of a path of ``context`` tokens; each has a seed of its own."""
    drawn = [trace.draw(place, seed + index, to_end=to_end) for index in range(n)]
    return [Run(place, context, steps, sum(step.tokens for step in steps)) for steps in drawn]


class SimulatedGenerator:
    """In the same process, for virtual time."""

    def __init__(self, server: DecodingServer, capacity: int) -> None:
        self.capacity = capacity
        self._server = server

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """The trace's continuations, when the server would have them."""
        problem = int(request.problem.text)
        ids = request.token_ids
        place = trace.decode_place(ids) if ids else trace.root_of(problem)
        steps = (step for text in request.steps for step in split_steps(text))
        context = trace.prompt_tokens(problem) + sum(trace.read_step(step)[1] for step in steps)
        runs = start_runs(place, context, request.n, request.seed, to_end=request.stop is None)
        await self._server.decode(runs)
        return [trace.as_step(run.drawn, fill=False) for run in runs]


class SimulatedVerifier:
    """The trace's scores, when the device would have them."""

    def __init__(self, device: ScoringDevice, capacity: int) -> None:
        self.capacity = capacity
        self._device = device

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """One score per step."""
        paths = [self._nodes(request) for request in requests]
        await self._device.score(paths)
        return [[trace.score_of(digest) for digest, _ in nodes[1:]] for nodes in paths]

    def _nodes(self, request: ScoreRequest) -> list[tuple[int, int]]:
        problem = int(request.problem.text)
        prompt = (trace.root_of(problem).digest, trace.prompt_tokens(problem))
        # A step's separator is one token of its own.
        steps = (trace.read_step(text) for text in request.steps)
        return [prompt, *((digest, tokens + 1) for digest, tokens in steps)]
