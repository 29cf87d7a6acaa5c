"""Problems, trees, steps, seeds and aggregation: the data everything else is made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tts_async.aggregate import aggregate, check_aggregation
from tts_async.errors import ConfigurationError
from tts_async.seeds import derive_rng, derive_seed
from tts_async.steps import split_steps
from tts_async.types.node import Node
from tts_async.types.problem import Message, Problem
from tts_async.types.tree import Tree


@given(st.text(alphabet="ab\n ", max_size=40))
def test_steps_concatenate_to_the_text(text: str) -> None:
    """Nothing is lost, and no step is blank."""
    steps = split_steps(text)
    assert "".join(steps) == (text if text.strip() else "")
    assert all(step.strip() for step in steps)


def test_steps_keep_their_delimiter() -> None:
    """Blank stretches belong to the step before them."""
    assert split_steps("a\n\nb\n\n\n\nc") == ("a\n\n", "b\n\n\n\n", "c")
    assert split_steps("\n\n") == ()


def test_a_problem_is_identified_by_its_text() -> None:
    """Same text, same id; lone surrogates, as from a broken decoder, do not crash."""
    assert Problem("1+1").id == Problem("1+1", priority=3).id != Problem("1+2").id
    assert Problem("\ud800").id
    assert Problem("1+1", id="mine").id == "mine"


def test_a_conversation_keeps_its_own_system_prompt() -> None:
    """The solver's prompt is used only where the history has none."""
    history = (Message(role="system", content="own"), Message(role="user", content="hi"))
    with_own = Problem("p", history=history).messages("default")
    assert [message["content"] for message in with_own] == ["own", "hi", "p"]
    without = Problem("p").messages("default")
    assert [message["role"] for message in without] == ["system", "user"]
    assert len(Problem("p").messages(None)) == 1


def test_ordinals_are_reserved_in_the_order_of_asking() -> None:
    """Whichever expansion returns first, places follow the algorithm."""
    tree = Tree()
    first, second = tree.reserve(tree.root, 2), tree.reserve(tree.root, 3)
    assert (first, second) == (0, 2)
    late = [Node(parent=tree.root, path=(i,), text=str(i)) for i in (0, 1)]
    early = [Node(parent=tree.root, path=(i,), text=str(i)) for i in (2, 3, 4)]
    tree.put(early)
    tree.put(late)
    assert [node.text for node in tree] == ["0", "1", "2", "3", "4"]
    assert tree.children(tree.root) == [*late, *early]
    assert repr(tree) == "<Tree 5 nodes, 0 finished>"


def test_aggregations_by_hand() -> None:
    """Four ways to make one number of three."""
    scores = [0.5, 0.25, 1.0]
    assert aggregate(scores, "last") == 1.0
    assert aggregate(scores, "min") == 0.25
    assert aggregate(scores, "prod") == 0.125
    assert aggregate(scores, "mean") == pytest.approx(1.75 / 3)
    with pytest.raises(ConfigurationError, match="last, min, prod, mean"):
        check_aggregation("max")


def test_seeds_depend_on_their_parts_only() -> None:
    """Stable across runs and processes: the value itself is part of the contract."""
    assert derive_seed(0, "p", (), 0) == derive_seed(0, "p", (), 0) != derive_seed(0, "p", (), 4)
    assert derive_seed(0, "p", (), 0) == 1683145599
    assert 0 <= derive_seed("x") < 2**31
    assert derive_rng(1).random() == derive_rng(1).random()
