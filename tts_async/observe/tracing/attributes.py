"""What spans say about themselves: OpenTelemetry's GenAI conventions where one fits, else our own.

What people ask and what models answer stays out of them: traces are copied to places that problems
and solutions should not reach.
"""

from collections.abc import Mapping
from typing import Final

from tts_async.observe.names import strategy_name
from tts_async.types.events import (
    ExpansionFinished,
    ExpansionQueued,
    ScoringFinished,
    SearchFinished,
    SearchStarted,
)

Value = str | int | float | list[str]

ERROR_TYPE: Final = "error.type"
STOP_REASON: Final = "tts_async.stop_reason"
ABANDONED: Final = "tts_async.abandoned"
"""On an ``expand`` or ``score`` that nobody waited for any more when its search ended."""


def of_search(event: SearchStarted) -> Mapping[str, Value]:
    """What is known when it begins."""
    return {
        "tts_async.strategy": strategy_name(event.strategy),
        "tts_async.strategy.settings": event.strategy,
        "tts_async.problem_id": event.problem_id,
    }


def of_result(event: SearchFinished) -> Mapping[str, Value]:
    """What came out of it, but for the answer."""
    result = event.result
    return {
        STOP_REASON: result.stop_reason,
        "tts_async.confidence": result.confidence,
        "tts_async.candidates": len(result.candidates),
        "tts_async.expansions": result.spend.expansions,
        "tts_async.verifier_calls": result.spend.verifier_calls,
        "tts_async.queued_seconds": result.spend.queued_seconds,
        "tts_async.wasted_tokens": result.spend.wasted_tokens,
        "gen_ai.usage.output_tokens": result.spend.tokens,
        "gen_ai.request.seed": result.seed,
    }


def of_request(event: ExpansionQueued) -> Mapping[str, Value]:
    """A request for continuations."""
    return {
        "gen_ai.operation.name": "text_completion",
        "gen_ai.request.choice.count": event.k,
        "tts_async.path": ".".join(map(str, event.path)) or "root",
        "tts_async.depth": len(event.path),
    }


def of_children(event: ExpansionFinished) -> Mapping[str, Value]:
    """What came back."""
    return {
        "gen_ai.usage.output_tokens": sum(child.tokens for child in event.children),
        "gen_ai.response.finish_reasons": [child.finish for child in event.children],
    }


def of_scores(event: ScoringFinished) -> Mapping[str, Value]:
    """What the verifier thought of the paths."""
    scores = [node.score for node in event.nodes if node.score is not None]
    return {"tts_async.best_score": max(scores)} if scores else {}
