"""Progress on terminals and in pipes, whatever happens to the display."""

import re
from io import StringIO

import pytest
from rich.console import Console

from tests.observe.events import search
from tts_async.errors import ConfigurationError
from tts_async.observe import Activity, Progress, Tally
from tts_async.scheduler import Statistics
from tts_async.types.events import SearchCancelled, SearchFailed


def test_the_tally_counts() -> None:
    """Searches by how they ended, tokens, and right answers."""
    result, events = search()
    tally = Tally()
    assert tally.accuracy is None
    for event in events[:-1]:
        tally.take(event)
    assert (tally.running, tally.done) == (1, 0)
    for event in (
        events[-1],
        events[0],
        SearchFailed(problem_id="p", search=0, at=0.0, error=ValueError()),
        events[0],
        SearchCancelled(problem_id="p", search=0, at=0.0),
    ):
        tally.take(event)
    tally.judge(correct=True)
    tally.judge(correct=False)
    assert tally == Tally(
        done=2, failed=1, running=0, tokens=result.spend.tokens, judged=2, correct=1
    )
    assert tally.accuracy == 0.5


def show(*, terminal: bool) -> str:
    """What a run of one problem writes."""
    out = StringIO()
    console = Console(file=out, force_terminal=terminal, width=120)
    with Progress(console=console) as progress:
        progress.begin("dvts [n=3]", 2)
        for event in search()[1]:
            progress(event)
        progress.judge(correct=True)
        progress.begin("greedy", 2)
    return out.getvalue()


def test_a_pipe_gets_plain_lines() -> None:
    """One line per run, without control codes."""
    text = show(terminal=False)
    assert "\x1b" not in text
    assert [line.split(" · ")[0] for line in text.splitlines()] == [
        "dvts [n=3]: 1/2",
        "greedy: 0/2",
    ]
    assert "100.0 % right" in text


def test_a_terminal_gets_bars() -> None:
    """Finished rows stay, with their figures, and the cursor comes back."""
    text = show(terminal=True)
    assert "dvts [n=3]" in text
    assert "1/2" in text
    assert "\x1b[?25h" in text


@pytest.mark.parametrize("display", [Progress, Activity])
def test_a_display_that_breaks_does_not_break_the_search(
    display: type[Progress] | type[Activity],
) -> None:
    """A closed terminal is no reason to lose an answer."""
    out = StringIO()
    shown = display(console=Console(file=out, force_terminal=True))
    out.close()
    with shown:
        if isinstance(shown, Progress):
            shown.begin("label", 1)
        for event in search()[1]:
            shown(event)
        if isinstance(shown, Progress):
            shown.judge(correct=True)


def test_activity_is_for_terminals_only() -> None:
    """In a pipe there is nothing, on a terminal a line that goes away."""
    for terminal in (True, False):
        out = StringIO()
        with Activity(console=Console(file=out, force_terminal=terminal)) as activity:
            for event in search()[1]:
                activity(event)
        assert ("generating" in out.getvalue()) is terminal


def lane(in_use: int) -> Statistics:
    """Four slots, so many of them in use."""
    return Statistics(capacity=4, in_use=in_use, queued=0, tickets_waiting=0, peak=0, granted=0)


@pytest.mark.parametrize("terminal", [True, False])
def test_it_shows_what_is_really_going_on(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    """Busy lanes, tokens that were asked for and not those replayed, and how far it all is."""
    monkeypatch.setattr("tts_async.observe.progress.REFRESH_SECONDS", 0.0)
    out = StringIO()
    shown = Progress(console=Console(file=out, force_terminal=terminal, width=200))
    asked = [1000]
    with shown:
        shown.expect(work=8, rows=3)
        shown.watch(lambda: {"generation": lane(3), "verification": lane(5)}, lambda: asked[0])
        shown.begin("dvts n=4", 2, work=4)
        asked[0] += 50
        shown.judge(correct=True)
        shown.judge(correct=False)
        figures = shown.figures()
        assert "50.0 % right · 50 tokens · " in figures
        assert "generation 75 % busy · verification 100 % busy" in figures
    assert "dvts n=4: 2/2 · 50.0 % right" in out.getvalue()
    assert ("row 1/3" in out.getvalue()) is terminal


def test_a_look_at_a_closed_solver_does_no_harm() -> None:
    """The last line is written when everything is closed already."""
    out = StringIO()

    def closed() -> dict[str, Statistics]:
        raise ConfigurationError

    with Progress(console=Console(file=out)) as progress:
        progress.watch(closed, lambda: 0)
        progress.begin("greedy", 1)
        progress.judge(correct=True)
    assert "greedy: 1/1 · 100.0 % right" in out.getvalue()


def test_eighty_columns_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """For the row, how far it is, accuracy, speed and both lanes; the figures give way first."""
    monkeypatch.setattr("tts_async.observe.progress.REFRESH_SECONDS", 0.0)

    def frames(width: int) -> str:
        out = StringIO()
        shown = Progress(console=Console(file=out, force_terminal=True, width=width))
        with shown:
            shown.expect(work=8, rows=3)
            shown.watch(lambda: {"generation": lane(3), "verification": lane(4)}, lambda: 0)
            shown.begin("best_of_n n=16", 100)
            shown.judge(correct=True)
            assert shown._bars is not None
            shown._bars.refresh()  # which a clock does otherwise
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", out.getvalue())

    figures = r"100\.0 % right · 0 tok/s · gen 75 % · ver 100 %"
    assert re.search(rf"best_of_n n=16 ━+ +1/100 +{figures} --:--", frames(80))
    assert re.search(r"best_of_n n=16 ━+ +1/100 +100\.0 % right · … --:--", frames(51))
