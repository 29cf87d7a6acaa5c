"""Beam search on hand-drawn trees."""

import pytest

from tests.strategies.drawn import answers, boxed, solve_drawn
from tts_async import BeamSearch
from tts_async.errors import ConfigurationError

A, B, C, D = "a\n\n", "b\n\n", "c\n\n", "d\n\n"


def test_keeps_the_best_and_shares_the_width() -> None:
    """n=4, width 2: the best 2 of 4 survive and grow 2 children each."""
    script = {
        "": [A, B, C, D],
        B: [boxed(1), boxed(2)],
        D: [boxed(3), boxed(4)],
    }
    scores = {"a": 0.1, "b": 0.8, "c": 0.2, "d": 0.9}
    scores |= {boxed(1): 0.5, boxed(2): 0.3, boxed(3): 0.9, boxed(4): 0.4}
    result, generator = solve_drawn(BeamSearch(n=4, beam_width=2), script, scores)
    asked = [("".join(request.steps), request.n) for request in generator.requests]
    assert asked == [("", 4), (D, 2), (B, 2)]  # best beam first
    assert answers(result) == ["3", "1", "4", "2"]  # ranked by score
    assert result.answer == "3"


def test_finished_answers_vote_and_leave_the_beam() -> None:
    """A finished answer frees its place: the one survivor gets the whole width."""
    script = {"": [A, boxed(1)], A: [boxed(2), boxed(2)]}
    scores = {"a": 0.2, boxed(1): 0.9, boxed(2): 0.3}
    result, generator = solve_drawn(BeamSearch(n=2, beam_width=1), script, scores)
    assert [request.n for request in generator.requests] == [2, 2]
    assert answers(result) == ["1", "2", "2"]
    assert result.answer == "1"  # 0.9 against 0.3 + 0.3


def test_ties_survive_in_tree_order() -> None:
    """Equal scores: the first child goes on."""
    script = {"": [A, B], A: [boxed(1)]}
    result, _ = solve_drawn(
        BeamSearch(n=2, beam_width=2), script, {"a": 0.5, "b": 0.5, boxed(1): 1}
    )
    assert result.answer == "1"


def test_the_last_allowed_step_runs_to_the_end() -> None:
    """With max_steps=2 the second expansion has no stop string."""
    script = {"": [A, A], A: [B], A + B: [boxed(1)]}
    scores = {"a": 0.5, "b": 0.5, boxed(1): 0.5}
    result, generator = solve_drawn(BeamSearch(n=2, beam_width=2, max_steps=2), script, scores)
    assert [request.stop for request in generator.requests] == ["\n\n", None]
    assert result.answer == "1"


def test_truncated_steps_never_go_on_and_never_vote() -> None:
    """A step cut by the token limit drops out of the beam."""
    script = {"": ["cut…", B], B: [boxed(1), "cut…"]}
    scores = {"cut": 1.0, "b": 0.1, boxed(1): 0.1}
    result, _ = solve_drawn(BeamSearch(n=2, beam_width=2), script, scores)
    assert answers(result) == ["1"]


def test_no_beam_completes() -> None:
    """Nothing finished: a clear result instead of a division by zero."""
    result, _ = solve_drawn(BeamSearch(n=2, beam_width=2), {"": ["cut…"]}, {"cut": 1.0})
    assert (result.answer, result.stop_reason, result.candidates) == (None, "no_answer", ())


def test_a_boxed_answer_ends_a_path_that_would_go_on() -> None:
    """A step with a complete final answer is finished even when it ends with the delimiter."""
    script = {"": [boxed(1) + "\n\n", boxed(2) + "\n\n"]}
    result, generator = solve_drawn(
        BeamSearch(n=2, beam_width=2), script, {boxed(1): 0.2, boxed(2): 0.3}
    )
    assert (result.answer, len(generator.requests)) == ("2", 1)


def test_lookahead_judges_a_step_by_where_it_leads() -> None:
    """A step that looks good leads nowhere; the rollout is greedy, and never votes."""
    script = {"": [A, B], A: [boxed(1)], B: [boxed(2)]}
    scores = {"a": 0.9, "b": 0.1, boxed(1): 0.1, boxed(2): 0.9}
    blind, _ = solve_drawn(BeamSearch(n=2, beam_width=2), script, scores)
    seeing, generator = solve_drawn(BeamSearch(n=2, beam_width=2, lookahead=1), script, scores)
    assert (blind.answer, seeing.answer) == ("1", "2")
    rollouts = [request for request in generator.requests if request.sampling.temperature == 0.0]
    assert sorted("".join(request.steps) for request in rollouts) == [A, B]
    assert answers(seeing) == ["2", "2"]
    assert len(seeing.tree) == 4


def test_arguments_are_checked() -> None:
    """Messages name the field and the fix."""
    with pytest.raises(
        ConfigurationError, match="n: 6 is not divisible by beam_width=4; use n=4 or"
    ):
        BeamSearch(n=6)
    with pytest.raises(ConfigurationError, match="use n=4, or another beam_width"):
        BeamSearch(n=1)
    with pytest.raises(ConfigurationError, match="beam_width: expected"):
        BeamSearch(beam_width=0)
    with pytest.raises(ConfigurationError, match="max_steps: expected"):
        BeamSearch(max_steps=0)
    with pytest.raises(ConfigurationError, match="lookahead: expected an integer of at least 0"):
        BeamSearch(lookahead=-1)
