"""Schedules on simulated machines: the same work, and never faster than the bound."""

from collections import Counter
from pathlib import Path

import pytest

from benchmarks import schedules
from benchmarks.fleet import baselines, measure, trace
from benchmarks.fleet.bound import lower_bound, measure_demand
from benchmarks.fleet.costs import COSTS
from benchmarks.fleet.decoding import DecodingServer
from benchmarks.fleet.in_process import SimulatedGenerator, SimulatedVerifier
from benchmarks.fleet.plots import busy_shares, plot_occupancy, plot_ratios, sample
from benchmarks.fleet.rounds import AnyStrategy
from benchmarks.fleet.scoring import ScoringDevice
from benchmarks.fleet.stopwatch import Stopwatch
from tts_async.testing import run_virtual
from tts_async.types.generation import GenerationRequest, Step

H100 = COSTS["h100"]
PROBLEMS = trace.make_problems(5)
STRATEGIES = schedules.strategies(8)
CAPACITY = 64


class Recorder(SimulatedGenerator):
    """Which steps were drawn, and how often."""

    steps: Counter[str]

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Pass on."""
        steps = await super().generate(request)
        self.steps.update(step.text for step in steps)
        return steps


def draws(schedule: measure.Schedule, strategy: AnyStrategy) -> Counter[str]:
    """Everything that a schedule draws."""

    async def main() -> Counter[str]:
        clock = Stopwatch()
        generator = Recorder(DecodingServer(H100.generator, clock), CAPACITY)
        generator.steps = Counter()
        device = ScoringDevice(H100.verifier, clock, reuse=schedule.reuse, merge=schedule.merge)
        done: list[str] = []
        job = baselines.Job(
            generator=generator,
            verifier=SimulatedVerifier(device, CAPACITY),
            problems=PROBLEMS,
            strategy=strategy,
            done=lambda problem: done.append(problem.id),
        )
        await schedule.run(job, CAPACITY)
        assert sorted(done) == sorted(problem.id for problem in PROBLEMS)
        return generator.steps

    return run_virtual(main())


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: type(s).__name__)
def test_every_schedule_expands_the_same_trees(strategy: AnyStrategy) -> None:
    """Step by step, not only in number; speculation draws those and some more."""
    drawn = {schedule.name: draws(schedule, strategy) for schedule in measure.SCHEDULES}
    reference = drawn.pop("lock_step")
    assert len(reference) >= len(PROBLEMS) * strategy.n
    for name, steps in drawn.items():
        assert steps >= reference if "speculating" in name else steps == reference, name


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda s: type(s).__name__)
def test_no_schedule_beats_the_lower_bound(strategy: AnyStrategy) -> None:
    """And what a run reports as its work is what the walk without time counts."""
    demand = measure_demand(PROBLEMS, strategy, H100)
    for schedule in measure.SCHEDULES:
        run = measure.run_in_virtual_time(schedule, PROBLEMS, strategy, H100, CAPACITY)
        row = measure.as_row(run, H100, demand.critical_path, demand.generated)
        assert len(run.latencies) == len(PROBLEMS)
        if "speculating" in schedule.name:  # hides the verifier's part of the critical path
            assert run.decoding.tokens >= demand.generated
            continue
        assert 0 < row["eta"] <= 1, schedule.name
        assert run.decoding.tokens == demand.generated
        if schedule.reuse:
            assert run.scoring.tokens == demand.unique
        else:
            assert run.scoring.tokens > demand.unique


def test_the_bound_is_the_largest_of_its_parts() -> None:
    """One problem alone is bound by its critical path, many by the machines' work."""
    strategy = schedules.DVTS(8)
    tts_async = next(s for s in measure.SCHEDULES if s.name == "tts_async")
    for count, part in ((1, "critical_path"), (40, "verification")):
        problems = trace.make_problems(count)
        demand = measure_demand(problems, strategy, H100)
        run = measure.run_in_virtual_time(tts_async, problems, strategy, H100, 512)
        bound = lower_bound(H100, run.decoding, run.scoring, demand.critical_path)
        assert bound.seconds == getattr(bound, part)


def test_over_http_the_same_tokens_are_generated_and_scored() -> None:
    """Real time, a real server process, the product's own client; twenty times as fast."""
    strategy = schedules.DVTS(8)
    tts_async = next(s for s in measure.SCHEDULES if s.name == "tts_async")
    virtual = measure.run_in_virtual_time(tts_async, PROBLEMS, strategy, H100, CAPACITY)
    real = measure.run_over_http(tts_async, PROBLEMS, strategy, "h100", CAPACITY, scale=0.05)
    assert real.decoding.tokens == virtual.decoding.tokens
    assert real.scoring.tokens == virtual.scoring.tokens
    assert real.makespan >= virtual.makespan
    assert real.lag > 0


def test_other_work_than_the_others_is_an_error() -> None:
    """A comparison of different trees would say nothing."""
    strategy = schedules.DVTS(8)
    tts_async = next(s for s in measure.SCHEDULES if s.name == "tts_async")
    run = measure.run_in_virtual_time(tts_async, PROBLEMS, strategy, H100, CAPACITY)
    needed = run.decoding.tokens
    schedules.check_work(tts_async, run, needed)
    for wrong in (needed - 1, needed + 1):
        with pytest.raises(RuntimeError, match="tokens against the others"):
            schedules.check_work(tts_async, run, wrong)


def test_occupancy_is_sampled_from_its_history() -> None:
    """A step function, and the share of time in batches."""
    assert sample([(0.0, 2), (1.0, 4), (3.0, 0)], 4, [0.0, 0.9, 2.0, 3.5]) == [0.5, 0.5, 1.0, 0.0]
    assert busy_shares([(0.0, 50.0)], [0.0, 25.0, 50.0, 75.0, 100.0]) == [1, 1, 0.5, 0, 0]


def test_pictures_are_drawn_of_what_was_run(tmp_path: Path) -> None:
    """One of a cell's machines over time, one of all makespans."""
    strategy = schedules.DVTS(8)
    comparison = schedules.Comparison("h100", CAPACITY, measure.SCHEDULES[-2:])
    runs = comparison.run_cell(strategy, 2)
    plot_occupancy(runs, H100.generator.max_num_seqs, tmp_path / "occupancy.png")
    plot_ratios(comparison.rows, tmp_path / "ratios.png")
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 2


def test_a_summary_covers_the_large_cells_only() -> None:
    """64 problems or more, n of 16 or more, virtual time; ratios by strategy and schedule."""
    row = {"strategy": "DVTS", "n": 16, "problems": 64, "clock": "virtual", "eta": 0.9}
    ours = row | {"schedule": "tts_async", "ratio": 1.0}
    other = row | {"schedule": "gather", "ratio": 3.0, "eta": 0.3}
    small = other | {"problems": 8, "ratio": 99.0}
    wider = other | {"n": 64, "ratio": 5.0}
    summary = schedules.summarise([ours, other, small, wider])
    assert summary == {"DVTS.eta": [0.9, 0.9], "DVTS.over gather": [3.0, 5.0]}
