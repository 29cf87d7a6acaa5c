"""DVTS on hand-drawn trees."""

from collections.abc import Sequence

import pytest

from tests.strategies.drawn import answers, boxed, solve_drawn
from tts_async import DVTS, Node, Result, Solver
from tts_async.errors import ConfigurationError
from tts_async.testing import ScriptedGenerator, ScriptedVerifier, run_virtual
from tts_async.types.generation import GenerationRequest

A, B, C, D = "a\n\n", "b\n\n", "c\n\n", "d\n\n"


def test_subtrees_are_independent() -> None:
    """Two subtrees each follow their own best child, however good the other's are."""
    script = {"": [A, B, C, D], B: [boxed(1), boxed(2)], C: [boxed(3), boxed(3)]}
    scores = {"a": 0.8, "b": 0.9, "c": 0.2, "d": 0.1}
    scores |= {boxed(1): 0.5, boxed(2): 0.6, boxed(3): 0.4}
    result, generator = solve_drawn(DVTS(n=4, beam_width=2), script, scores)
    asked = [("".join(request.steps), request.n) for request in generator.requests]
    assert asked == [("", 2), ("", 2), (B, 2), (C, 2)]
    assert answers(result) == ["1", "2", "3", "3"]
    assert result.answer == "3"  # 0.8 against 0.6 and 0.5


def test_a_finished_sibling_that_loses_still_votes() -> None:
    """The subtree steps on to the better child; the finished one is kept as a candidate."""
    script = {"": [boxed(1), B], B: [boxed(2), boxed(2)]}
    result, _ = solve_drawn(
        DVTS(n=2, beam_width=2), script, {boxed(1): 0.4, "b": 0.9, boxed(2): 0.1}
    )
    assert answers(result) == ["1", "2", "2"]
    assert result.answer == "1"


def test_a_finished_winner_ends_the_subtree() -> None:
    """Unfinished siblings of a finished winner never vote."""
    script = {"": [boxed(1), B]}
    result, _ = solve_drawn(DVTS(n=2, beam_width=2), script, {boxed(1): 0.9, "b": 0.1})
    assert answers(result) == ["1"]


def test_truncated_children_are_stepped_over() -> None:
    """The best child was cut off: the next best goes on; all cut off: the subtree ends."""
    script = {"": ["cut…", B], B: ["cut…"]}
    result, _ = solve_drawn(DVTS(n=2, beam_width=2), script, {"cut": 1.0, "b": 0.1})
    assert (result.answer, result.stop_reason) == (None, "no_answer")


def test_empty_steps_come_last() -> None:
    """A blank step has nothing to score: it is taken only when there is nothing else."""
    script = {"": ["\n\n", B], B: [boxed(1)], "\n\n": [boxed(2)]}
    result, _ = solve_drawn(DVTS(n=2, beam_width=2), script, {"b": 0.1, boxed(1): 0.1})
    assert result.answer == "1"


def test_no_subtree_waits_for_another() -> None:
    """A straggling subtree delays nobody: the other's steps follow at once."""
    script = {"": [A, B], A: [C], A + C: [boxed(1)], B: [boxed(2)]}

    def delay(request: GenerationRequest) -> float:
        return 100.0 if request.steps == (B,) else 1.0

    generator = ScriptedGenerator(script, delay=delay)
    verifier = ScriptedVerifier(lambda _: 0.5)

    async def main() -> Result:
        async with Solver(generator=generator, verifier=verifier) as solver:
            return await solver.solve("x", strategy=DVTS(n=2, beam_width=1))

    assert run_virtual(main()).spend.seconds == pytest.approx(101.0)


def test_the_last_allowed_step_runs_to_the_end() -> None:
    """With max_steps=1 DVTS is Best-of-N in groups."""
    script = {"": [A], A: [boxed(1)]}
    result, generator = solve_drawn(
        DVTS(n=2, beam_width=2, max_steps=1), script, {"a": 0.5, boxed(1): 0.5}
    )
    assert [request.stop for request in generator.requests] == [None]
    assert answers(result) == ["1", "1"]


def test_arguments_are_checked() -> None:
    """The count must be divisible by the beam width."""
    with pytest.raises(ConfigurationError, match="n: 10 is not divisible by beam_width=4"):
        DVTS(n=10)


def test_every_unfinished_node_was_pruned_or_expanded() -> None:
    """The tree keeps the whole story, in tree order."""
    script = {"": [A, B], B: [boxed(1), boxed(2)]}
    result, _ = solve_drawn(
        DVTS(n=2, beam_width=2), script, {"a": 0.1, "b": 0.9, boxed(1): 0.5, boxed(2): 0.5}
    )
    nodes: Sequence[Node] = list(result.tree)
    assert [node.path for node in nodes] == [(0,), (1,), (1, 0), (1, 1)]
    assert [node.score for node in nodes] == [0.1, 0.9, 0.5, 0.5]
    assert result.tree.children(result.tree[(1,)]) == nodes[2:]
