"""What runs in the checker's process: math-verify, one question after the other.

Its own time limits are switched off: they are alarm signals, which cannot interrupt a single long
multiplication of sympy's. The parent kills the process instead. Memory is limited here, where
exceeding it is an ordinary ``MemoryError`` that math-verify turns into "not equal".

math-verify's ``verify`` takes a gold answer and a guess and is lenient towards the guess only
("1" as gold accepts "2x + z = 1"). Equality must not depend on who is who, so both directions
have to hold.
"""

import contextlib
import functools
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sympy
from math_verify import parse, verify
from math_verify.parser import LatexExtractionConfig

from tts_async.answers.glance import Glance, glance_at, surely_differ
from tts_async.answers.referee import Question
from tts_async.worker import Call, Channel, Message

MEMORY_BYTES = 2 << 30
PARSED_ANSWERS = 4096

# A box is exactly what is inside of it; other forms make math-verify search for an answer. What it
# takes for units are variables as well: it would drop the h of 2πh, and the ab of 3ab.
_USUAL = LatexExtractionConfig(boxed_match_priority=0)
_IN_A_BOX = (
    replace(_USUAL, normalization_config=replace(_USUAL.normalization_config, units=False)),
)
_ANY_NUMBER = "7919"


def serve(channel: Channel, memory_bytes: int = MEMORY_BYTES) -> None:
    """Answer questions with a truth value, until the parent is gone."""
    _limit_memory(memory_bytes)
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)  # it warns about limits being off
    answer_question((r"\frac{1}{2}", "0.5"))  # the parser builds its tables at the first use
    channel.ready()
    for call in _calls(channel):
        try:
            ruling = answer_question(call.payload)
        except Exception:  # noqa: BLE001 - what mathematics chokes on is equal to nothing else
            ruling = False
        channel.reply(call.id, ruling)


def answer_question(question: Question) -> bool:
    """Try one answer out (true if it returns at all), or tell whether two answers are equal.

    The trial puts an answer through all that a comparison does, with a harmless partner. Whoever
    survives it is safe to compare; an expression that takes for ever takes it here, once, and not
    again for each of the others.
    """
    first = question[0]
    if len(question) == 1:
        _glance(first)
        _equal(first, _ANY_NUMBER)
        return True
    second = question[1]
    if surely_differ(_glance(first), _glance(second)):
        return False
    return _equal(first, second)


def _equal(first: str, second: str) -> bool:
    one, other = _parsed(first), _parsed(second)
    # Not short-circuited: the trial must have taken both ways.
    return _accepts(one, other) & _accepts(other, one)


@functools.lru_cache(maxsize=PARSED_ANSWERS)
def _parsed(latex: str) -> list[Any]:
    boxed = rf"\boxed{{{latex}}}"
    parsed: list[Any] = parse(boxed, _IN_A_BOX, parsing_timeout=None)
    return [_with_imaginary_unit(reading) for reading in parsed]


def _with_imaginary_unit(reading: Any) -> Any:
    """The same with the number i in place of a symbol of that name, so that i^2 is -1."""
    symbols = getattr(reading, "free_symbols", ())
    units = {symbol: sympy.I for symbol in symbols if symbol.name == "i"}
    try:
        return reading.xreplace(units) if units else reading
    except (ValueError, TypeError):  # where only real numbers may stand, i is a name after all
        return reading


@functools.lru_cache(maxsize=PARSED_ANSWERS)
def _glance(latex: str) -> Glance | None:
    parsed = _parsed(latex)
    return glance_at(parsed[0]) if parsed and "%" not in latex else None


def _accepts(gold: list[Any], guess: list[Any]) -> bool:
    # Relations and sets are compared in either order ("1 < x < 2" with "(1, 2)").
    return bool(verify(gold, guess, allow_set_relation_comp=True, timeout_seconds=None))


def _calls(channel: Channel) -> Iterator[Call]:
    """The calls in order of arrival, without those that were cancelled while they waited."""
    waiting: dict[int, Call] = {}

    def sort(message: Message) -> None:
        if isinstance(message, Call):
            waiting[message.id] = message
        else:
            waiting.pop(message.id, None)

    while True:
        if not waiting:
            sort(channel.receive())
        for message in channel.pending():
            sort(message)
        if waiting:
            yield waiting.pop(next(iter(waiting)))


def _limit_memory(limit: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):  # not every system has limits
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
