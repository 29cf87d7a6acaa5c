"""Whether a stop string ends where a token ends, checked against sampling itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.generation.vllm_stops import ends_at_token, needs_earlier_token


@pytest.mark.parametrize(
    ("tail", "needed"),
    [
        (".\n\n", False),  # begins with no rest of a delimiter, so nothing before it matters
        ("\n\n", True),  # a line break before it would have ended the step one character earlier
        ("\n", True),  # only half a delimiter
        ("So", True),
    ],
)
def test_how_far_back_to_look(tail: str, needed: bool) -> None:
    """Only as many tokens as can decide are looked up."""
    assert needs_earlier_token(tail, "\n\n") is needed


@given(
    st.lists(st.sampled_from(["a", "\n", "\n\n", ".\n", "\n\nSo", "\n\n\n", "b\na"]), min_size=1),
    st.sampled_from(["\n\n", "\n", "\na", "a\n\n"]),
)
def test_agrees_with_sampling(pieces: list[str], stop: str) -> None:
    """For any tokens: the verdict from the tail is that of the whole text."""
    sampled: list[str] = []
    for piece in pieces:
        sampled.append(piece)
        if stop in "".join(sampled):
            break
    whole = "".join(sampled)
    if stop not in whole:
        return
    tail = ""
    for piece in reversed(sampled):
        tail = piece + tail
        if not needs_earlier_token(tail, stop):
            break
    assert ends_at_token(tail, stop) == (whole.index(stop) + len(stop) == len(whole))
