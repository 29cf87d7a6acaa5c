"""The tree of a search under way."""

from tts_async import Node
from tts_async.observe.hub import growing_tree
from tts_async.observe.hub.frames import NodeRecord
from tts_async.observe.hub.growing_tree import GrowingTree
from tts_async.types.generation import Finish
from tts_async.types.node import Path


def node(
    path: Path, score: float | None = None, finish: Finish = "step", text: str = "so\n\n"
) -> Node:
    """One that nobody asks for its parent."""
    scores = None if score is None else (score,)
    return Node(
        parent=None, path=path, text=text, finish=finish, tokens=2, score=score, step_scores=scores
    )


def grown(tree: GrowingTree, *nodes: Node, version: int = 1) -> None:
    """Let nodes arrive, then their scores."""
    tree.put([node(n.path, finish=n.finish, text=n.text) for n in nodes], version)
    tree.put_scores([n for n in nodes if n.score is not None], version)


def pruned(tree: GrowingTree) -> list[int]:
    """The numbers of the nodes that were passed over."""
    return [record.number for record in tree.since(0) if record.pruned]


def test_nodes_are_numbered_as_they_come() -> None:
    """Whatever their place; each names its parent."""
    tree = GrowingTree()
    tree.put([node((4,)), node((5,))], 1)
    tree.put([node((5, 0), text="a\n\nb\n\n")], 2)
    tree.put([node((0,))], 3)
    assert [(r.number, r.parent, r.place) for r in tree.since(0)] == [
        (0, -1, 4),
        (1, -1, 5),
        (2, 1, 0),
        (3, -1, 0),
    ]
    assert tree.since(0)[2].steps == [(None, "a\n\n"), (None, "b\n\n")]


def test_only_what_changed_is_told() -> None:
    """In its newest state, once, with its parent before it."""
    tree = GrowingTree()
    tree.put([node((0,)), node((1,))], 1)
    tree.put([node((0, 0))], 2)
    tree.put_scores([node((0, 0), 0.25)], 3)
    tree.asked((0, 0), 4, 4)
    tree.put_scores([node((0,), 0.5)], 5)
    assert [(r.number, r.score, r.growing) for r in tree.since(2)] == [(0, 0.5, 0), (2, 0.25, 4)]
    assert tree.since(5) == []
    assert tree.changed_at == 5


def test_steps_have_their_own_scores() -> None:
    """Where the verifier gave one to each; a cut text has no use for them."""
    tree = GrowingTree()
    whole = Node(
        parent=None, path=(0,), text="a\n\nb", finish="stop", step_scores=(0.9, 0.123456), score=0.1
    )
    tree.put([whole], 1)
    assert tree.since(0)[0].steps == [(0.9, "a\n\n"), (0.1235, "b")]


def test_a_step_that_the_search_went_on_without_is_pruned() -> None:
    """Siblings and others of that depth alike; not what waits for its score."""
    tree = GrowingTree()
    grown(tree, node((0,), 0.9), node((1,), 0.2), node((2,), 0.5), node((3,)))
    assert pruned(tree) == []
    tree.asked((0,), 4, 2)
    assert pruned(tree) == [1, 2]
    assert [record.number for record in tree.since(1)] == [0, 1, 2]


def test_one_that_it_comes_back_to_is_not() -> None:
    """As in a beam search, which continues several in a row."""
    tree = GrowingTree()
    grown(tree, node((0,), 0.9), node((1,), 0.2), node((2,), 0.5))
    tree.asked((0,), 4, 2)
    tree.asked((2,), 4, 3)
    tree.grew((0,), 4, [node((0, 0))], 4)
    assert pruned(tree) == [1]


def test_looking_ahead_prunes_nothing() -> None:
    """It continues steps that have no score yet, and what it finds is not shown."""
    tree = GrowingTree()
    grown(tree, node((0,), 0.9), node((1,)), node((2,)))
    tree.asked((1,), 1, 2)
    assert pruned(tree) == []
    tree.grew((1,), 1, (), 3)
    tree.put_scores([node((1, -1), 0.4)], 4)
    assert len(tree) == 3
    assert [record.growing for record in tree.since(0)] == [0, 0, 0]


def test_answers_stay_and_truncated_ones_do_not() -> None:
    """An answer ends its branch well, a cut does not."""
    tree = GrowingTree()
    grown(tree, node((0,), 0.9), node((1,), 0.8, "stop"), node((2,), 0.8, "length"))
    tree.asked((0,), 4, 2)
    assert pruned(tree) == [2]


def test_what_is_drawn_below_the_root() -> None:
    """Counts, and nothing is left when it has come."""
    tree = GrowingTree()
    tree.asked((), 4, 1)
    tree.asked((), 4, 2)
    tree.grew((), 4, [node((4,))], 3)
    assert tree.growing == 4


def test_a_huge_tree_is_cut() -> None:
    """In nodes and in characters; what hangs on nothing is left out."""
    tree = GrowingTree()
    most = growing_tree.MOST_NODES
    tree.put([node((place,), text="x") for place in range(most + 5)], 1)
    tree.put([node((most + 1, 0))], 2)
    assert len(tree) == most
    texts = GrowingTree()
    texts.put([node((place,), text="x" * 10**6) for place in range(100)], 1)
    assert _characters(texts.since(0)) <= growing_tree.MOST_CHARACTERS + 100
    assert texts.since(0)[0].steps[0][1].endswith("x…")


def _characters(records: list[NodeRecord]) -> int:
    return sum(len(text) for record in records for _, text in record.steps)
