"""What a journal keeps of a search, and what of it would come out the same another day."""

from tts_async.answers import AnswerChecker
from tts_async.journal import RunSettings
from tts_async.journal.journal import Attached, RecordedRun
from tts_async.strategies import Settings, Strategy, name_of
from tts_async.strategies.registry import is_registered
from tts_async.types.result import Result
from tts_async.version import __version__


def begin_run(
    journal: Attached, strategy: Strategy, settings: Settings, checker: AnswerChecker
) -> RecordedRun:
    """The run that a search belongs to.

    Its results are taken for those of another day only where nothing but our own code decides
    them: of a strategy or of rules for answers that somebody else wrote, nobody knows whether they
    have changed since. What these asked for is as good as any, so searching again asks for nothing.
    """
    return journal.run(
        RunSettings(
            strategy=name_of(strategy),
            settings=repr(strategy),
            n=getattr(strategy, "n", None),
            seed=settings.seed,
            sampling=settings.sampling,
            aggregation=settings.aggregation,
            budget=settings.budget,
            system_prompt=settings.system_prompt,
            answers="custom" if checker.is_custom else None,
            version=__version__,
        ),
        repeatable=is_registered(strategy) and not checker.is_custom,
    )


def is_final(result: Result, *, timed: bool) -> bool:
    """Whether the same search would end so again; ``timed``: a clock or other searches limit it."""
    if result.stop_reason == "budget":
        return not timed
    return result.stop_reason in ("finished", "no_answer")
