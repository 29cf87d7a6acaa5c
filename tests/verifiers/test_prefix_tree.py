"""The tree of remembered tokens: what is shared, what is evicted, and that memory is bounded."""

from itertools import accumulate
from random import Random

import numpy as np
import pytest

from tts_async.inference.prefix_tree import PrefixTree


def ids(text: str) -> tuple[int, ...]:
    """One id per character."""
    return tuple(map(ord, text))


def prefixes(path: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Every beginning of a path, shortest first."""
    return list(accumulate(((i,) for i in path), lambda one, other: one + other))


def test_paths_share_their_beginning() -> None:
    """Down to the single token, whatever is asked first; nothing is stored twice."""
    tree = PrefixTree(kept=50, room=50)
    long, known = tree.insert(ids("What? 1+1=2. end"))
    assert (known, tree.used) == (0, 16)
    sibling, known = tree.insert(ids("What? 1+1=3."))
    assert (known, tree.used) == (10, 18)
    assert sibling[:10].tolist() == long[:10].tolist()
    assert tree.missing(ids("What? 1+1=")) == 0
    inner, known = tree.insert(ids("What? 1+1="))
    assert (known, inner.tolist()) == (10, long[:10].tolist())
    assert tree.insert(()).slots.tolist() == []
    assert tree.missing(ids("Who")) == 1
    assert repr(tree) == "<PrefixTree 18 of 50 tokens in 3 edges>"


def test_the_least_recently_used_ends_go_first() -> None:
    """Ends before their beginnings, and using a path keeps all of it."""
    tree = PrefixTree(kept=6, room=10)
    for text in ("abc", "abd", "xyz"):
        tree.insert(ids(text))
    tree.insert(ids("abc"))  # now older than this: abd, then xyz
    tree.trim()
    assert (tree.used, tree.evicted) == (6, 1)
    assert [tree.missing(ids(text)) for text in ("abc", "abd", "xyz")] == [0, 1, 0]
    tree.insert(ids("abe"))
    tree.trim()
    assert [tree.missing(ids(text)) for text in ("abc", "abe", "xyz")] == [0, 0, 3]


def test_room_is_there_for_one_batch() -> None:
    """A batch may go beyond what is kept and evicts nothing meanwhile; more is a mistake."""
    tree = PrefixTree(kept=2, room=4)
    tree.insert(ids("ab"))
    tree.insert(ids("abcd"))
    tree.insert(ids("abef"))
    assert (tree.used, tree.evicted) == (6, 0)
    with pytest.raises(AssertionError, match="room"):
        tree.insert(ids("x"))
    tree.trim()
    assert tree.used == 2
    assert tree.missing(ids("ab")) == 0
    nothing = PrefixTree(kept=0, room=4)
    nothing.insert(ids("abcd"))
    nothing.trim()
    assert nothing.used == 0


@pytest.mark.parametrize("seed", range(20))
def test_slots_are_never_confused(seed: int) -> None:
    """Random paths: every live beginning keeps one slot of its own, and memory is bounded."""
    rng = Random(seed)
    kept, room = rng.choice([(0, 30), (7, 40), (60, 30), (400, 90)])
    tree = PrefixTree(kept=kept, room=room)
    content: dict[int, tuple[int, ...]] = {}  # what each slot was last given for
    for _ in range(150):
        taken = 0
        for _ in range(rng.randrange(1, 6)):
            path = tuple(rng.randrange(3) for _ in range(rng.randrange(1, 15)))
            missing = tree.missing(path)
            if taken + missing > room:
                break
            slots, known = tree.insert(path)
            taken += missing
            assert len(path) - known == missing
            for place, (slot, prefix) in enumerate(
                zip(slots.tolist(), prefixes(path), strict=True)
            ):
                if place < known:
                    assert content[slot] == prefix
                content[slot] = prefix
            assert len(np.unique(slots)) == len(path)
            assert tree.missing(path) == 0
        assert tree.used <= kept + taken
        tree.trim()
        assert tree.used <= kept
    assert tree.evicted > 0 or kept == 400
