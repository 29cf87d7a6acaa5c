"""The line that says how far searches have come."""

from tests.observe.events import search
from tts_async import DVTS, Node
from tts_async.observe.headway import Headway
from tts_async.types.events import ExpansionFinished, ScoringFinished


def finished(*children: Node, detached: bool = False) -> ExpansionFinished:
    """The answer to a request for continuations."""
    return ExpansionFinished(
        problem_id="p", search=0, at=0.0, path=(), children=children, detached=detached
    )


def test_a_whole_search() -> None:
    """What happened counts, and what is merely asked for does not."""
    result, events = search(DVTS(n=3, beam_width=3))
    headway = Headway()
    news = [type(event) for event in events if headway.take(event)]
    assert set(news) == {ExpansionFinished, ScoringFinished}
    assert headway.tokens == result.spend.tokens
    assert str(headway) == f"depth 2, 3 candidates, best score 0.80, {headway.tokens:,} tokens"


def test_a_request_that_brought_nothing() -> None:
    """A server may refuse to continue a path; there is no deepest of no children."""
    headway = Headway()
    assert headway.take(finished())
    assert str(headway) == "depth 0, 0 candidates, 0 tokens"


def test_a_look_ahead_costs_and_grows_nothing() -> None:
    """Its tokens were generated, but its nodes are not in the tree."""
    child = Node(parent=None, path=(0,), text="x", tokens=1200, finish="stop")
    headway = Headway()
    headway.take(finished(child, detached=True))
    assert str(headway) == "depth 0, 0 candidates, 1,200 tokens"
