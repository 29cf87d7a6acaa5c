"""Who is scored first: by priority, then by arrival."""

from collections.abc import Iterable

from tts_async.inference.path_scorers import MarkedPath
from tts_async.inference.scoring_queue import Query, ScoringQueue


class OneByOne:
    """Scores the foremost path and writes down which it was."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.order: list[int] = []

    def score(self, paths: Iterable[MarkedPath]) -> list[list[float]]:
        """As ``PathScorer`` says."""
        (first, *_) = paths
        self.order.append(first.ids[0])
        return [[1.0]]


def path(number: int) -> MarkedPath:
    """A path that begins with this id."""
    return MarkedPath((number, 0), (1,))


def finish(queue: ScoringQueue) -> list[int]:
    """Step until nothing waits; the calls in the order they were complete."""
    done = []
    while queue.waiting:
        done += [query.id for query in queue.step()]
    return done


def test_urgent_calls_overtake() -> None:
    """A low number goes first; equals keep the order of their arrival."""
    scorer = OneByOne()
    queue = ScoringQueue(scorer)
    queue.add(Query(1, [path(10), path(11)], priority=5))
    queue.add(Query(2, [path(20)], priority=5))
    queue.add(Query(3, [path(30), path(31)], priority=-1))
    queue.add(Query(4, [path(40)]))
    assert finish(queue) == [3, 4, 1, 2]
    assert scorer.order == [30, 31, 40, 10, 11, 20]


def test_a_path_is_as_urgent_as_whoever_wants_it_most() -> None:
    """Asked for by a patient call and an urgent one, and by the patient one alone again."""
    scorer = OneByOne()
    queue = ScoringQueue(scorer)
    queue.add(Query(1, [path(10), path(11)], priority=5))
    queue.add(Query(2, [path(20)], priority=3))
    queue.add(Query(3, [path(11)], priority=0))
    assert finish(queue) == [3, 2, 1]
    assert scorer.order == [11, 20, 10]
    queue.add(Query(4, [path(40), path(41)], priority=5))
    queue.add(Query(5, [path(50)], priority=3))
    queue.add(Query(6, [path(41)], priority=0))
    queue.cancel(6)
    assert finish(queue) == [5, 4]
