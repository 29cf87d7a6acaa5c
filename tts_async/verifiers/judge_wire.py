"""What a judge is asked and how its answer is read, as pure functions.

Grades are whole numbers from 0 to 10: language models use such a scale far more evenly than
fractions. The reasoning comes before the grades, so that they can follow from it, and the question
comes after the solution, so that what siblings share stands at the beginning, where servers cache.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tts_async.errors import MalformedResponse
from tts_async.types.problem import Message, Problem

BEST_GRADE = 10

# Not a whole JSON object: what a model writes around its grades is often none, and to look for one
# behind every brace of a babbling answer takes time that grows with its square.
SCORES = re.compile(r'"scores"\s*:\s*(\[[^\[\]]*\])')

STEPS_RUBRIC = """You examine solutions step by step. For each step, judge whether everything it \
says is right and whether it follows from the problem and the steps before it. A solution may be \
unfinished: judge what is there, not what is missing."""

WHOLE_RUBRIC = """You examine solutions. Judge the solution as a whole: is it right, does it \
answer the problem, and does each part follow from what comes before it? A solution may be \
unfinished: then judge how well it is on its way."""

ANSWER_FORMAT = f"""Grades are whole numbers from 0 (certainly wrong) to {BEST_GRADE} (certainly \
right). Answer with one JSON object and nothing else: \
{{"reasoning": "<a few sentences>", "scores": [<one grade for everything you are asked to grade, \
in order>]}}"""


class NoVerdict(ValueError):
    """The judge's answer holds no usable grades; the message says why, for the judge to read."""


@dataclass(frozen=True, slots=True)
class Question:
    """Grade the steps from ``first`` (counted from 1) to the last, or with ``first`` 0 the whole.

    ``rubric`` says what is good.
    """

    problem: Problem
    steps: Sequence[str]
    first: int
    rubric: str

    @property
    def count(self) -> int:
        """How many grades it takes."""
        return 1 if self.first == 0 else len(self.steps) - self.first + 1


@dataclass(frozen=True, slots=True)
class Reply:
    """What the judge said; ``cut_off`` when it ran into its token limit."""

    text: str
    cut_off: bool
    prompt_tokens: int
    completion_tokens: int


def build_messages(question: Question) -> list[Message]:
    """The conversation that puts a question to the judge."""
    turns = [f"{turn['role']}: {turn['content']}" for turn in question.problem.history]
    parts = ["Earlier in the conversation:", *turns] if turns else []
    parts += ["Problem:", question.problem.text, "Solution:"]
    for number, step in enumerate(question.steps, start=1):
        parts += [f"[Step {number}]", step.strip()] if question.first else [step.strip()]
    return [
        Message(role="system", content=f"{question.rubric}\n\n{ANSWER_FORMAT}"),
        Message(role="user", content="\n\n".join([*parts, _task(question)])),
    ]


def build_complaint(reply: Reply, reason: NoVerdict, question: Question) -> list[Message]:
    """Two more turns: what was answered, and why that will not do."""
    return [
        Message(role="assistant", content=reply.text),
        Message(role="user", content=f"{reason}. {_task(question)} {ANSWER_FORMAT}"),
    ]


def response_format(count: int) -> dict[str, Any]:
    """The shape of an answer with so many grades, for servers that hold the model to it."""
    grade = {"type": "integer", "minimum": 0, "maximum": BEST_GRADE}
    grades = {"type": "array", "items": grade, "minItems": count, "maxItems": count}
    schema = {
        "type": "object",
        "properties": {"reasoning": {"type": "string"}, "scores": grades},
        "required": ["reasoning", "scores"],
        "additionalProperties": False,
    }
    return {
        "type": "json_schema",
        "json_schema": {"name": "verdict", "strict": True, "schema": schema},
    }


def parse_reply(reply: Any) -> Reply:
    """The text in an answer of ``/chat/completions``; raises ``MalformedResponse``."""
    choices = reply.get("choices") if isinstance(reply, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    choice = choice if isinstance(choice, dict) else {}
    message = choice.get("message")
    if not isinstance(message, dict):
        raise MalformedResponse("no message in the answer")
    text = message.get("content") or ""
    if not isinstance(text, str):
        raise MalformedResponse("the message has no text")
    usage = reply.get("usage")
    return Reply(
        text=text,
        cut_off=choice.get("finish_reason") in {"length", "max_tokens"},
        prompt_tokens=_count(usage, "prompt_tokens"),
        completion_tokens=_count(usage, "completion_tokens"),
    )


def parse_verdict(reply: Reply, count: int) -> list[float]:
    """So many scores in [0, 1], from the last list of them in the answer; raises ``NoVerdict``.

    The object may stand in a code fence or behind the model's thoughts.
    """
    reason = 'your answer has no JSON object with a list of "scores"'
    scores: list[float] | None = None
    for found in SCORES.findall(reply.text):
        grades = _read(found)
        if grades is None:
            reason = f'"scores" must be a list of numbers from 0 to {BEST_GRADE}'
        elif len(grades) != count:
            reason = f'"scores" must have exactly {count} of them, not {len(grades)}'
        else:
            scores = [grade / BEST_GRADE for grade in grades]
    if scores is None:
        raise NoVerdict("your answer was cut off before its end" if reply.cut_off else reason)
    return scores


def _task(question: Question) -> str:
    if question.first == 0:
        return "Grade the solution as a whole: one score."
    last = len(question.steps)
    if question.first == last:
        return f"Grade step {last}: one score."
    return f"Grade steps {question.first} to {last}: {question.count} scores, in order."


def _read(found: str) -> list[float] | None:
    try:
        grades = json.loads(found)
    except ValueError:
        return None
    are_grades = all(type(g) in (int, float) and 0 <= g <= BEST_GRADE for g in grades)
    return grades if are_grades else None


def _count(usage: Any, key: str) -> int:
    count = usage.get(key) if isinstance(usage, dict) else None
    return count if type(count) is int else 0
