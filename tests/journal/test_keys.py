"""Keys: the same for the same question, another one for any other."""

from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async import Budget, GenerationRequest, Message, Problem, Sampling, ScoreRequest
from tts_async.journal import RunSettings
from tts_async.journal.keys import (
    conversation_key,
    digest,
    expansion_key,
    problem_key,
    score_keys,
    split_keys,
)

PROBLEM = Problem("1 + 1", history=(Message(role="user", content="hello"),), metadata={"a": [1]})
REQUEST = GenerationRequest(
    problem=PROBLEM,
    system_prompt="think",
    steps=("a\n\n", "b\n\n"),
    token_ids=(1, 2),
    n=4,
    stop="\n\n",
    sampling=Sampling(),
    seed=5,
)
SETTINGS = RunSettings(
    strategy="dvts",
    settings="DVTS(n=4)",
    n=4,
    seed=0,
    sampling=Sampling(),
    aggregation="last",
    budget=Budget(),
    system_prompt=None,
)


def key_of(request: GenerationRequest) -> bytes:
    """As the journal takes it."""
    return expansion_key(conversation_key(request.problem, request.system_prompt), request)


DECIDES: list[dict[str, Any]] = [
    {},
    {"problem": replace(PROBLEM, text="1 + 2")},
    {"problem": replace(PROBLEM, id="other")},
    {"problem": replace(PROBLEM, history=())},
    {"system_prompt": "do not think"},
    {"system_prompt": None},
    {"steps": ("a\n\n",)},
    {"steps": ("a\n\nb\n\n",)},
    {"steps": ()},
    {"stop": None},
    {"stop": "\n"},
    {"sampling": Sampling(temperature=0.0)},
    {"sampling": Sampling(top_p=0.9)},
    {"sampling": Sampling(max_tokens=1)},
    {"seed": 6},
    {"logprobs": True},
]


def test_whatever_decides_an_expansion_changes_its_key() -> None:
    """Each field, one at a time."""
    keys = [key_of(replace(REQUEST, **change)) for change in DECIDES]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    "change",
    [
        {"n": 64},
        {"priority": 3},
        {"token_ids": ()},
        {"problem": replace(PROBLEM, tenant="t", priority=2, deadline=5.0)},
        {"problem": replace(PROBLEM, answer="2", metadata={})},
        {"sampling": Sampling(0.8, 1)},
    ],
)
def test_what_decides_no_expansion_is_left_out(change: dict[str, Any]) -> None:
    """Or runs that could share it would not."""
    assert key_of(replace(REQUEST, **change)) == key_of(REQUEST)


def test_whatever_a_verifier_may_look_at_changes_the_key_of_a_score() -> None:
    """The reference answer and the metadata too: a function may compare with them."""
    problems = [
        PROBLEM,
        replace(PROBLEM, text="1 + 2"),
        replace(PROBLEM, id="other"),
        replace(PROBLEM, history=()),
        replace(PROBLEM, answer="2"),
        replace(PROBLEM, metadata={"a": [2]}),
    ]
    paths = [("a",), ("a", "b"), ("ab",), ("b", "a"), ("a", "b", "")]
    keys = [
        key
        for verifier in (b"one", b"two")
        for problem in problems
        for key in score_keys(
            verifier,
            [problem_key(problem)] * len(paths),
            [ScoreRequest(problem, path) for path in paths],
        )
    ]
    assert len(set(keys)) == len(keys) == 60
    assert split_keys(b"".join(keys)) == keys


@given(st.lists(st.lists(st.text(max_size=3), min_size=1, max_size=3), min_size=2, max_size=6))
def test_a_path_has_the_same_key_whatever_is_scored_beside_it(paths: list[list[str]]) -> None:
    """And different paths have different ones."""
    requests = [ScoreRequest(PROBLEM, tuple(path)) for path in paths]
    together = score_keys(b"v", [b"p"] * len(requests), requests)
    assert together == [score_keys(b"v", [b"p"], [request])[0] for request in requests]
    for (a, one), (b, other) in combinations(zip(paths, together, strict=True), 2):
        assert (a == b) == (one == other)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(plain, plain)
def test_different_data_has_different_digests(a: Any, b: Any) -> None:
    """Nothing runs together: every piece says where it ends."""
    assert (digest(a) == digest(b)) == (repr(a) == repr(b))


def test_metadata_in_another_order_is_the_same() -> None:
    """As it is for a dictionary; what is no plain data counts by its repr."""
    one, other = Problem("p", metadata={"a": 1, "b": 2}), Problem("p", metadata={"b": 2, "a": 1})
    assert problem_key(one) == problem_key(other)
    endless: dict[str, Any] = {}
    endless["a"] = endless
    for metadata in ({"a": 1j, ("b", 1): "\ud800"}, {"a": 10**30}, endless):
        odd = Problem("p", metadata=metadata)
        assert problem_key(odd) == problem_key(replace(odd)) != problem_key(one)


def test_half_a_surrogate_pair_is_a_text_like_any_other() -> None:
    """Models produce them."""
    texts = ["\ud800", "\ud801", "\\ud800", "'\\ud800'"]
    assert len({key_of(replace(REQUEST, steps=(text,))) for text in texts}) == len(texts)


def test_whatever_decides_a_result_changes_the_key_of_its_run() -> None:
    """All but the version that began it."""
    changes: list[dict[str, Any]] = [
        {},
        {"strategy": "other"},
        {"settings": "DVTS(n=8)"},
        {"seed": 1},
        {"sampling": Sampling(0.1)},
        {"aggregation": "min"},
        {"budget": Budget(tokens=5)},
        {"budget": Budget(expansions=5)},
        {"system_prompt": ""},
        {"answers": "custom"},
    ]
    keys = [replace(SETTINGS, **change).key(b"v") for change in changes]
    assert len({*keys, SETTINGS.key(None)}) == len(keys) + 1
    assert replace(SETTINGS, version="9").key(b"v") == SETTINGS.key(b"v")


def test_a_function_is_the_same_run_in_every_process() -> None:
    """Its address is not."""
    function = replace(SETTINGS, settings="<function search at 0x7f00>")
    assert replace(function, settings="<function search at 0x7f01>").key(None) == function.key(None)
