"""The least time that any schedule could need for the same work.

The work is what the machines report of the run, so it is the run's own: a full batch in every
decoding step, a full micro-batch in every pass of the verifier, both machines busy throughout; and
no problem can be faster than its longest chain of steps, each as fast as alone on the machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.fleet import trace
from benchmarks.fleet.costs import Costs
from benchmarks.fleet.decoding import DecodingTotals
from benchmarks.fleet.rounds import AnyStrategy, Rounds
from benchmarks.fleet.scoring import ScoringTotals
from tts_async import DVTS, Problem, Sampling
from tts_async.steps import split_steps
from tts_async.types.node import Path


@dataclass(frozen=True, slots=True)
class Demand:
    """What a set of searches asks for, whoever schedules it.

    ``generated`` tokens, ``unique`` tokens for a verifier that computes each of them once, and
    the longest critical path of a problem in seconds.
    """

    generated: int
    unique: int
    critical_path: float


@dataclass(frozen=True, slots=True)
class LowerBound:
    """Seconds: each machine's work, and the longest critical path."""

    generation: float
    verification: float
    critical_path: float

    @property
    def seconds(self) -> float:
        """The largest of them."""
        return max(self.generation, self.verification, self.critical_path)


def lower_bound(
    costs: Costs,
    decoding: DecodingTotals,
    scoring: ScoringTotals,
    critical_path: float,
    *,
    share: float = 1.0,
) -> LowerBound:
    """Of a run whose machines did so much; ``share`` of what was generated was needed."""
    generator, verifier = costs.generator, costs.verifier
    full = generator.max_num_seqs
    generation = (
        decoding.tokens / full * generator.step(full, 0)
        + decoding.context * generator.keys
        + decoding.prefill * generator.prefill
    )
    largest = verifier.max_batch_tokens
    verification = scoring.tokens / largest * verifier.batch(largest)
    return LowerBound(generation * share, verification, critical_path)


def measure_demand(problems: Sequence[Problem], strategy: AnyStrategy, costs: Costs) -> Demand:
    """Walk every search without any time."""
    walks = [_walk(problem, strategy, costs) for problem in problems]
    return Demand(
        generated=sum(walk.generated for walk in walks),
        unique=sum(walk.unique for walk in walks),
        critical_path=max(walk.critical_path for walk in walks),
    )


def _walk(problem: Problem, strategy: AnyStrategy, costs: Costs) -> Demand:
    search = Rounds(problem, strategy, Sampling(), "last")
    barrier = not isinstance(strategy, DVTS)  # only its subtrees do not wait for each other
    number = int(problem.text)
    generated, unique = 0, trace.prompt_tokens(number)
    ready: dict[Path, float] = {(): costs.generator.prefill * unique}
    while search.frontier:
        answers = []
        for request in search.requests():
            ids = request.token_ids
            place = trace.decode_place(ids) if ids else trace.root_of(number)
            draws = [
                trace.draw(place, request.seed + index, to_end=request.stop is None)
                for index in range(request.n)
            ]
            answers.append([trace.as_step(drawn, fill=False) for drawn in draws])
        grown = search.grow(answers)
        for children in grown:
            slowest = max(child.tokens for child in children)
            new = [child.tokens + len(split_steps(child.text)) for child in children]
            generated += sum(child.tokens for child in children)
            unique += sum(new)
            # The verifier may see the first child while the last is not there yet.
            seconds = slowest * costs.generator.step(1, 0) + costs.verifier.batch(min(new))
            begin = ready[children[0].path[:-1]]
            ready |= {child.path: begin + seconds for child in children}
        if barrier:
            last = max(ready.values())
            ready = dict.fromkeys(ready, last)
        nodes = search.to_score(grown)
        paths = search.score_requests(nodes)
        scores = [[trace.score_of(trace.read_step(s)[0]) for s in p.steps] for p in paths]
        search.advance(grown, nodes, paths, scores)
    return Demand(generated, unique, max(ready.values()))
