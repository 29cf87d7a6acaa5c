"""Which runs an evaluation consists of."""

import pytest

from tts_async import DVTS, BeamSearch, BestOfN, Greedy, Majority
from tts_async.errors import ConfigurationError
from tts_async.evaluation import label_of, plan_runs


def test_every_strategy_with_every_n() -> None:
    """Greedy runs once, and a beam is never wider than n."""
    assert plan_runs(["greedy", "majority", "dvts"], [1, 4, 16]) == [
        Greedy(),
        Majority(n=1),
        Majority(n=4),
        Majority(n=16),
        DVTS(n=1, beam_width=1),
        DVTS(n=4, beam_width=4),
        DVTS(n=16, beam_width=4),
    ]


def test_repetitions_run_once() -> None:
    """The same strategy with the same n is not run again."""
    assert plan_runs(["greedy", "greedy", "majority"], [4, 4]) == [Greedy(), Majority(n=4)]


def test_options_go_to_the_strategies_that_know_them() -> None:
    """A lookahead concerns tree search only, a selection also best-of-n."""
    runs = plan_runs(
        ["greedy", "best-of-n", "beam_search"], [8], beam_width=2, lookahead=1, select="naive"
    )
    assert runs == [
        Greedy(),
        BestOfN(n=8, select="naive"),
        BeamSearch(n=8, beam_width=2, lookahead=1, select="naive"),
    ]


def test_a_name_may_say_how_to_select() -> None:
    """Vanilla and weighted best-of-n in one run; it wins over the general choice."""
    runs = plan_runs(["best_of_n", "best_of_n:naive", "dvts"], [4], select="majority")
    assert runs == [
        BestOfN(n=4, select="majority"),
        BestOfN(n=4, select="naive"),
        DVTS(n=4, select="majority"),
    ]


@pytest.mark.parametrize(
    ("names", "counts", "options", "message"),
    [
        ([], [4], {}, "strategy: name at least one"),
        (["dvt"], [4], {"beam_width": 4}, "did you mean 'dvts'"),
        (["dvts"], [0], {}, "n: expected an integer of at least 1"),
        (["dvts"], [6], {}, "6 is not divisible by beam_width=4"),
        (["dvts"], [4], {"beam_width": 0}, "beam_width: expected an integer of at least 1"),
        (["greedy", "majority"], [4], {"beam_width": 2}, "beam_width: none of greedy, majority"),
        (["greedy", "majority"], [4], {"select": "naive"}, "select: none of greedy, majority"),
        (["majority:naive"], [4], {}, "select: majority has no such option"),
        (["best_of_n:best"], [4], {}, "select: expected one of majority"),
        (["best_of_n:"], [4], {}, "select: expected one of"),
        (["dvt:naive"], [4], {}, "did you mean 'dvts'"),
    ],
)
def test_wrong_plans(
    names: list[str], counts: list[int], options: dict[str, object], message: str
) -> None:
    """What cannot work, or would be ignored by all, is an error."""
    with pytest.raises(ConfigurationError, match=message):
        plan_runs(names, counts, **options)  # type: ignore[arg-type]


def test_labels() -> None:
    """A label names the strategy and, where it has one, its n."""
    assert [label_of(run) for run in (Greedy(), DVTS(n=8))] == ["greedy", "dvts n=8"]
    assert label_of(BestOfN(n=4, select="naive")) == "best_of_n:naive n=4"
    assert label_of(Majority(n=4)) == "majority n=4"
