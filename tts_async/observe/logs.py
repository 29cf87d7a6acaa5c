"""One log line per transition of a search, on structlog.

Lines carry ids, counts, seconds and scores. What people ask and what models answer stays out of
them: logs are copied to places that problems and solutions should not reach.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from logging import getLevelNamesMapping
from typing import Any, Final, Literal, TextIO, cast

import structlog

from tts_async.errors import describe
from tts_async.types.events import (
    Event,
    ExpansionFinished,
    ExpansionQueued,
    ExpansionStarted,
    Observer,
    ScoringFinished,
    ScoringQueued,
    ScoringStarted,
    SearchCancelled,
    SearchFailed,
    SearchFinished,
    SearchStarted,
)
from tts_async.types.node import Path

Level = Literal["debug", "info", "warning", "error"]


def log_events(logger: Any = None) -> Observer:
    """An observer that writes each event to ``logger``, by default structlog's ``tts_async``.

    Starts and ends of searches are ``info``, failures ``error``, everything between ``debug``.
    """
    log = structlog.get_logger("tts_async") if logger is None else logger

    def observe(event: Event) -> None:
        with suppress(Exception):  # a full disk under a log file must not end a search
            level, message, fields = _LINES.get(type(event), _UNKNOWN)
            getattr(log, level)(
                message, problem=event.problem_id, search=event.search, **fields(event)
            )

    return observe


def configure_logging(level: Level = "info", *, json: bool = False) -> None:
    """Send structlog's lines from ``level`` upwards to stderr, one per line, JSON if asked for.

    For programs: it sets structlog up for the whole process.
    """
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,  # which request a search belongs to
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    processors.append(
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=18,
            # The usual one shows the variables of every frame: prompts, and keys.
            exception_formatter=structlog.dev.plain_traceback,
        )
    )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_: structlog.PrintLogger(_STDERR),
        cache_logger_on_first_use=False,
    )


class _Stderr:
    """What stderr is at that moment: a progress bar puts something else there that writes above it.

    A pipe that nobody reads any more, or a full disk behind it, ends no request and no search.
    """

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


_STDERR: Final = cast("TextIO", _Stderr())


def _expansion(event: ExpansionFinished) -> dict[str, Any]:
    return {
        "path": _dotted(event.path),
        "children": len(event.children),
        "finished": sum(child.finished for child in event.children),
        "tokens": sum(child.tokens for child in event.children),
        "detached": event.detached,
    }


def _scores(event: ScoringFinished) -> dict[str, Any]:
    scores = {_dotted(node.path): node.score for node in event.nodes}
    return {"scores": {path: score and round(score, 4) for path, score in scores.items()}}


def _outcome(event: SearchFinished) -> dict[str, Any]:
    result = event.result
    return {
        "stop_reason": result.stop_reason,
        "candidates": len(result.candidates),
        "answers": len(result.votes),
        "confidence": round(result.confidence, 4),
        "tokens": result.spend.tokens,
        "expansions": result.spend.expansions,
        "verifier_calls": result.spend.verifier_calls,
        "seconds": round(result.spend.seconds, 4),
        "queued_seconds": round(result.spend.queued_seconds, 4),
    }


def _asked(event: ExpansionQueued | ExpansionStarted) -> dict[str, Any]:
    return {"path": _dotted(event.path), "k": event.k}


def _paths(event: ScoringQueued | ScoringStarted) -> dict[str, Any]:
    return {"paths": event.paths}


def _start(event: SearchStarted) -> dict[str, Any]:
    return {"strategy": event.strategy, "characters": len(event.problem.text)}


def _failure(event: SearchFailed) -> dict[str, Any]:
    return {"error": describe(event.error)}


def _dotted(path: Path) -> str:
    return ".".join(map(str, path)) or "root"


_LINES: Final[dict[type[Event], tuple[Level, str, Callable[[Any], dict[str, Any]]]]] = {
    SearchStarted: ("info", "search started", _start),
    ExpansionQueued: ("debug", "expansion queued", _asked),
    ExpansionStarted: ("debug", "expansion started", _asked),
    ExpansionFinished: ("debug", "expansion finished", _expansion),
    ScoringQueued: ("debug", "scoring queued", _paths),
    ScoringStarted: ("debug", "scoring started", _paths),
    ScoringFinished: ("debug", "scoring finished", _scores),
    SearchFinished: ("info", "search finished", _outcome),
    SearchFailed: ("error", "search failed", _failure),
    SearchCancelled: ("info", "search cancelled", lambda _: {}),
}
_UNKNOWN: Final = ("debug", "event", lambda event: {"kind": type(event).__name__})
