"""The simulated work: the same for whoever asks, whenever they ask."""

from itertools import count

from benchmarks.fleet import trace
from benchmarks.fleet.trace import FEWEST_STEPS, LONGEST, MOST_STEPS, SHORTEST


def test_a_continuation_follows_from_its_place_and_seed_alone() -> None:
    """Order and repetition do not matter; another seed or place gives another one."""
    root = trace.root_of(3)
    seeds = range(50)
    forwards = [trace.draw_step(root, seed) for seed in seeds]
    backwards = [trace.draw_step(root, seed) for seed in reversed(seeds)]
    assert forwards == backwards[::-1]
    assert len({step.place.digest for step in forwards}) == len(seeds)
    assert trace.draw_step(trace.root_of(4), 0) != forwards[0]


def test_a_whole_answer_is_its_steps_one_by_one() -> None:
    """What Best-of-N draws in one go, a search would draw step by step."""
    whole = trace.draw(trace.root_of(7), 11, to_end=True)
    place = trace.root_of(7)
    for step in whole:
        assert trace.draw(place, 11, to_end=False) == [step]
        place = step.place
    assert [step.finished for step in whole] == [False] * (len(whole) - 1) + [True]


def test_lengths_and_depths_stay_in_their_bounds_and_use_them() -> None:
    """A few hundred answers: 4 to 15 steps, 20 to 120 tokens each, half of them above 50."""
    answers = [trace.draw(trace.root_of(p), s, to_end=True) for p in range(60) for s in range(5)]
    depths = {len(answer) for answer in answers}
    assert depths == set(range(FEWEST_STEPS, MOST_STEPS + 1))
    tokens = sorted(step.tokens for answer in answers for step in answer)
    assert tokens[0] == SHORTEST
    assert tokens[-1] == LONGEST
    assert 48 <= tokens[len(tokens) // 2] <= 52


def test_a_place_survives_the_way_through_token_ids_and_text() -> None:
    """The server finds it at the end of a prompt, the verifier in the text."""
    step = trace.draw_step(trace.root_of(499), 5)
    ids = [*range(1000), *trace.encode_place(step.place)]
    assert trace.decode_place(ids) == step.place
    assert trace.read_step(step.text) == (step.place.digest, step.tokens)
    assert 0 <= trace.score_of(step.place.digest) < 1
    sent = trace.as_step([step], fill=True)
    assert len(sent.token_ids) == sent.tokens
    assert trace.decode_place(sent.token_ids) == step.place


def test_answers_end_in_a_box_and_steps_in_the_delimiter() -> None:
    """So the engine ends paths where the trace does."""
    for seed in count():
        *steps, last = trace.draw(trace.root_of(1), seed, to_end=True)
        assert all(step.text.endswith("\n\n") for step in steps)
        assert last.text.endswith("}")
        if seed > 20:
            break
