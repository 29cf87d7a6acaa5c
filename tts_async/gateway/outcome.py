"""What a client learns of a search: the texts, what they cost, and how they came about."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from tts_async.gateway.answers import ChosenText, choose_texts
from tts_async.gateway.schema import ChatRequest, SearchOptions
from tts_async.solver import Solver
from tts_async.types.problem import Problem
from tts_async.types.result import Result

CHARACTERS_PER_TOKEN: Final = 4
"""A guess, for prompts that only the model's server counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``usage`` as OpenAI has it; ``extension`` is the field ``tts`` of a response."""

    choices: tuple[ChosenText, ...]
    usage: dict[str, Any]
    extension: dict[str, Any]


def conclude(result: Result, request: ChatRequest, solver: Solver) -> Outcome:
    """The answer to a request; raises ``GatewayError`` where the search wrote nothing."""
    chosen = choose_texts(
        result, count=request.n or 1, max_tokens=request.answer_tokens, stops=request.stops
    )
    options = request.tts or SearchOptions()
    return Outcome(
        choices=chosen.choices,
        usage=_usage(result, chosen.choices, _prompt_tokens(result.problem, solver)),
        extension=_extension(result, chosen.note, candidates=bool(options.candidates)),
    )


def _prompt_tokens(problem: Problem, solver: Solver) -> int:
    """The conversation, counted once however many candidates read it."""
    counted = solver.prompt_tokens(problem)
    if counted is not None:
        return counted
    messages = problem.messages(solver.settings.system_prompt)
    characters = sum(len(message["content"]) for message in messages)
    return -(-characters // CHARACTERS_PER_TOKEN)


def _usage(result: Result, choices: Sequence[ChosenText], prompt_tokens: int) -> dict[str, Any]:
    """What was really spent: all tokens of the search; those not in the answer are reasoning."""
    spent = result.spend.tokens + result.spend.wasted_tokens
    shown = sum(choice.tokens for choice in choices)
    return {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": spent,
        "total_tokens": prompt_tokens + spent,
        "completion_tokens_details": {"reasoning_tokens": max(0, spent - shown)},
    }


def _extension(result: Result, note: str | None, *, candidates: bool) -> dict[str, Any]:
    extension: dict[str, Any] = {
        "answer": result.answer,
        "confidence": result.confidence,
        "stop_reason": result.stop_reason,
        "strategy": result.strategy,
        "n": result.n,
        "chosen": result.chosen,
        "seed": result.seed,
        "votes": [asdict(votes) for votes in result.votes],
        "spend": result.spend.to_dict(),
    }
    if note is not None:
        extension["note"] = note
    if candidates:
        extension["candidates"] = [asdict(candidate) for candidate in result.candidates]
    return extension
