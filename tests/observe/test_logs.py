"""One line per event, and nothing in it that does not belong into logs."""

import json
import subprocess
import sys

import pytest
import structlog
from structlog.testing import capture_logs

from tests.observe.events import search
from tts_async.observe import configure_logging, log_events
from tts_async.types.events import Event, SearchCancelled, SearchFailed, SearchFinished


def test_every_event_is_a_line_with_its_problem() -> None:
    """Levels tell the ends of a search from what happens in between."""
    _, events = search()
    with capture_logs() as lines:
        observe = log_events()
        for event in events:
            observe(event)
    assert len(lines) == len(events)
    assert {line["problem"] for line in lines} == {events[0].problem_id}
    assert [line["event"] for line in lines if line["log_level"] == "info"] == [
        "search started",
        "search finished",
    ]
    finished = lines[-1]
    assert (finished["stop_reason"], finished["candidates"], finished["answers"]) == (
        "finished",
        3,
        2,
    )
    scores = next(line["scores"] for line in lines if line["event"] == "scoring finished")
    assert scores == {"0": 0.9, "1": 0.1, "2": 0.9}


def test_no_text_of_problems_or_answers() -> None:
    """Whatever was asked and answered stays out of the log."""
    _, events = search()
    with capture_logs() as lines:
        for event in events:
            log_events()(event)
    assert not [line for line in lines if "secret" in str(line) or "boxed" in str(line)]


def test_failure_cancellation_and_events_of_later_versions() -> None:
    """A failure is an error with its kind; an unknown event is still a line."""
    observed = (
        SearchFailed(problem_id="p", search=0, at=0.0, error=ValueError("no")),
        SearchCancelled(problem_id="p", search=0, at=0.0),
        Event(problem_id="p", search=0, at=0.0),
    )
    with capture_logs() as lines:
        for event in observed:
            log_events()(event)
    assert [(line["log_level"], line.get("error")) for line in lines] == [
        ("error", "ValueError: no"),
        ("info", None),
        ("debug", None),
    ]


def test_a_broken_logger_does_not_break_the_search() -> None:
    """An observer must not raise."""

    class Broken:
        def info(self, *_: object, **__: object) -> None:
            raise OSError("disk full")

    result, _ = search()
    log_events(Broken())(SearchFinished(problem_id="p", search=0, at=0.0, result=result))


@pytest.mark.parametrize("as_json", [True, False])
def test_configured_lines_go_to_stderr(
    capsys: pytest.CaptureFixture[str], *, as_json: bool
) -> None:
    """From the level upwards, one per line, without colours where there is no terminal."""
    try:
        configure_logging("info", json=as_json)
        _, events = search()
        for event in events:
            log_events()(event)
    finally:
        structlog.reset_defaults()
    out, err = capsys.readouterr()
    assert out == ""
    assert "\x1b" not in err
    lines = err.splitlines()
    assert len(lines) == 2
    if as_json:
        assert [json.loads(line)["event"] for line in lines] == [
            "search started",
            "search finished",
        ]


def test_importing_configures_nothing() -> None:
    """A library is silent, and leaves structlog to the program."""
    code = "import tts_async.observe, structlog; print(structlog.is_configured())"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("False\n", "")


def test_a_traceback_in_the_log_shows_no_variables(capsys: pytest.CaptureFixture[str]) -> None:
    """They hold prompts and keys; where it happened is enough."""

    def fail(secret: str) -> None:
        raise RuntimeError(f"{len(secret)} characters")

    configure_logging("info")
    try:
        fail(str(10**6 + 7))
    except RuntimeError as error:
        structlog.get_logger("tts_async").error("bad", exc_info=error)
    finally:
        structlog.reset_defaults()
    err = capsys.readouterr().err
    assert "RuntimeError: 7 characters" in err
    assert "1000007" not in err
