"""What goes into a journal comes out the same, to the last bit."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async import (
    AnswerVotes,
    Candidate,
    Message,
    Node,
    Problem,
    Result,
    Spend,
    Step,
    Tree,
)
from tts_async.journal import payloads

texts = st.text(st.characters())  # halves of surrogate pairs too
numbers = st.floats(allow_nan=False)
shares = st.floats(0, 1)
logprobs = st.none() | st.lists(numbers, max_size=3).map(tuple)
steps = st.builds(
    Step,
    texts,
    st.sampled_from(["step", "stop", "length"]),
    st.integers(0, 2**40),
    st.lists(st.integers(0, 2**32), max_size=4).map(tuple),
    logprobs,
)


@given(st.lists(steps, max_size=3))
def test_steps(drawn: list[Step]) -> None:
    """Texts, ids and log-probabilities."""
    assert payloads.decode_steps(payloads.encode_steps(drawn)) == drawn


@given(st.lists(st.lists(shares, max_size=5), max_size=4))
def test_scores(paths: list[list[float]]) -> None:
    """One list per path."""
    assert payloads.decode_scores(payloads.encode_scores(paths)) == paths


@given(numbers, st.lists(shares, min_size=1, max_size=3).map(tuple), texts, logprobs)
def test_results(number: float, scores: tuple[float, ...], text: str, logs: Any) -> None:
    """Whole, with the tree; the texts of candidates are put together again."""
    problem = Problem("p" + text, answer=text, metadata={"x": number, "y": [1, None, text]})
    tree = Tree()
    first = Node(parent=tree.root, path=(0,), text=text, tokens=3, token_ids=(5, 70_000))
    last = Node(
        parent=first,
        path=(0, 7),
        text="end" + text,
        finish="stop",
        logprobs=logs,
        step_scores=scores,
        score=scores[-1],
    )
    tree.put([first, last])
    answer = text or None
    result = Result(
        problem=problem,
        answer=answer,
        text=last.full_text,
        confidence=scores[0],
        stop_reason="finished",
        strategy="dvts",
        n=4,
        seed=-1,
        candidates=(
            Candidate(
                path=last.path,
                text=last.full_text,
                answer=answer,
                score=scores[-1],
                group=0,
                tokens=3,
            ),
            Candidate(path=(3,), text="gone" + text, answer=None, score=None, group=None, tokens=0),
        ),
        votes=(AnswerVotes(answer=text, count=1, weight=number),),
        spend=Spend(tokens=7, seconds=number),
        tree=tree,
        chosen="dvts n=4",
    )
    packed = payloads.encode_result(result), payloads.encode_problem(problem)
    again = payloads.decode_result(*packed)
    assert again.to_dict() == result.to_dict()
    assert again.problem == problem


def test_problems_with_everything() -> None:
    """History, limits and whom it is for."""
    problem = Problem(
        "p",
        id="i",
        answer="a",
        history=(Message(role="system", content="s"),),
        priority=3,
        tenant="t",
        deadline=1.5,
        metadata={"level": 5},
    )
    assert payloads.decode_problem(payloads.encode_problem(problem)) == problem


@pytest.mark.parametrize("metadata", [{"a": 1j}, {("a", 1): 2}, {"a": object}])
def test_metadata_that_is_no_plain_data_becomes_text(metadata: Any) -> None:
    """It must not end a run."""
    kept = payloads.decode_problem(payloads.encode_problem(Problem("p", metadata=metadata)))
    assert kept.text == "p"
    assert all(isinstance(value, str) for value in kept.metadata.values())


def test_numbers_of_other_libraries() -> None:
    """A verifier's numpy floats and a generator's numpy integers."""
    numpy = pytest.importorskip("numpy")
    packed = payloads.encode_scores(
        [numpy.array([0.1, 0.7], dtype="float32"), [numpy.float64(0.3)]]
    )
    assert payloads.decode_scores(packed) == [
        [float(numpy.float32(0.1)), float(numpy.float32(0.7))],
        [0.3],
    ]
    step = Step("s", "step", numpy.int64(3), tuple(numpy.array([1, 2])), (numpy.float32(-0.5),))
    (again,) = payloads.decode_steps(payloads.encode_steps([step]))
    assert again == Step("s", "step", 3, (1, 2), (-0.5,))
