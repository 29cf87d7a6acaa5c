"""What was used last is remembered, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from tts_async.lru import LruDict

KEYS = st.integers(0, 6)


@given(st.integers(1, 4), st.lists(st.tuples(st.sampled_from("gsc"), KEYS)))
def test_against_a_list_in_order_of_use(capacity: int, uses: list[tuple[str, int]]) -> None:
    """Getting and setting are uses, looking is none; beyond the capacity the oldest goes."""
    known: LruDict[int, int] = LruDict(capacity)
    line: list[int] = []  # oldest first
    for value, (how, key) in enumerate(uses):
        if how == "c":
            assert (key in known) == (key in line)
            continue
        if how == "g":
            assert (known.get(key) is not None) == (key in line)
        else:
            known[key] = value
            assert known[key] == value
        if key in line or how == "s":
            line = [*(each for each in line if each != key), key][-capacity:]
        assert len(known) == len(line)
