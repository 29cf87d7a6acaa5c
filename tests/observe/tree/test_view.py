"""What of a search there is to show."""

from dataclasses import replace

from tests.observe.tree.made import big, made, small
from tts_async.observe.tree.view import TreeView


def test_what_led_to_a_candidate_is_kept_and_one_way_wins() -> None:
    """Ancestors of candidates are kept, those of the result's own candidate are winning."""
    view = TreeView.of(small())
    kept = [branch.node.path for branch in view.branches if branch.kept]
    winning = [branch.node.path for branch in view.branches if branch.winning]
    assert kept == [(0,), (0, 0), (1,), (1, 0)]
    assert winning == [(0,), (0, 0)]
    assert [(branch.below, branch.answers_below) for branch in view.branches] == [
        (2, 1),
        (0, 0),
        (0, 0),
        (1, 1),
        (0, 0),
        (0, 0),
    ]


def test_the_winner_is_the_candidate_whose_text_the_result_has() -> None:
    """Among several with the winning answer; the best of them where no text is the same."""
    pieces = [((0,), "7", 0.2), ((1,), "so 7", 0.8), ((2,), "8", 0.9)]
    result = made(pieces, {(0,): "7", (1,): "7", (2,): "8"})
    for text, winner in (("7", (0,)), ("so 7", (1,)), ("else", (1,))):
        view = TreeView.of(replace(result, text=text))
        assert view.winner is not None
        assert view.winner.path == winner
        assert [view.wins(branch) for branch in view.branches] == [True, True, False]


def test_without_an_answer_nothing_wins() -> None:
    """Candidates that abstained are candidates all the same."""
    view = TreeView.of(made([((0,), "hm", None)], {(0,): None}))
    assert (view.winner, view.winning_group) == (None, None)
    assert view.branches[0].kept
    assert not view.wins(view.branches[0])


def test_the_most_telling_nodes_come_first() -> None:
    """The way to the answer, then the other answers, then what was dropped near the root."""
    view = TreeView.of(small())
    told = [{view.branches[place].node.path for place in view.telling(most)} for most in range(7)]
    assert told[2] == {(0,), (0, 0)}
    assert told[4] == told[2] | {(1,), (1, 0)}
    assert told[5] == told[4] | {(2,)}
    assert told[6] == told[5] | {(0, 1)}
    assert {view.branches[place].node.path for place in view.telling(9, depth=1)} == {
        (0,),
        (1,),
        (2,),
    }


def test_what_is_told_of_a_big_tree_hangs_together() -> None:
    """No node without its parent, and no more than asked for."""
    view = TreeView.of(big(subtrees=8))
    told = view.telling(100)
    assert 90 <= len(told) <= 100
    assert all(view.branches[place].above in told | {-1} for place in told)
