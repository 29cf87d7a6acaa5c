"""Progress on terminals and in pipes, whatever happens to the display."""

from io import StringIO

import pytest
from rich.console import Console

from tests.observe.events import search
from tts_async.observe import Activity, Progress, Tally
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
