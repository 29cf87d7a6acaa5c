"""What may stand in a recipe, and in which form."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tts_async.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Form:
    """``expected`` in words, and the value as the option takes it; ``None`` for any other."""

    expected: str
    read: Callable[[Any], Any]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None


def _switch(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _joined(kind: type) -> Callable[[Any], str | None]:
    """A list as the comma-separated text that the command line takes; one value is a list too."""

    def read(value: Any) -> str | None:
        values = value if isinstance(value, list) else [value]
        if not values or any(isinstance(v, bool) or not isinstance(v, kind) for v in values):
            return None
        return ",".join(map(str, values))

    return read


def _texts(value: Any) -> list[str] | None:
    values = value if isinstance(value, list) else [value]
    return values if values and all(isinstance(v, str) and v for v in values) else None


TEXT: Final = Form("a text", _text)
WHOLE: Final = Form("a whole number", _whole)
NUMBER: Final = Form("a number", _number)
SWITCH: Final = Form("true or false", _switch)
NAMES: Final = Form("a list of names", _joined(str))
COUNTS: Final = Form("a list of whole numbers", _joined(int))
TEXTS: Final = Form("a list of texts", _texts)

KEYS: Final[Mapping[str, Form]] = {
    "dataset": TEXT,
    "strategy": NAMES,
    "n": COUNTS,
    "beam_width": WHOLE,
    "lookahead": WHOLE,
    "max_steps": WHOLE,
    "select": TEXT,
    "early_stop": SWITCH,
    "confidence": NUMBER,
    "filter_duplicates": SWITCH,
    "sort_completed": SWITCH,
    "policy": TEXT,
    "speculate": SWITCH,
    "aggregation": TEXT,
    "temperature": NUMBER,
    "top_p": NUMBER,
    "max_tokens": WHOLE,
    "token_budget": WHOLE,
    "system_prompt": TEXT,
    "seed": WHOLE,
    "seeds": WHOLE,
    "level": WHOLE,
    "limit": WHOLE,
    "split": TEXT,
    "problem_column": TEXT,
    "answer_column": TEXT,
    "skip_bad": SWITCH,
    "max_in_flight": WHOLE,
    "base_url": TEXTS,
    "model": TEXT,
    "generator": TEXT,
    "verifier": TEXT,
    "verifier_device": TEXT,
    "verifier_dtype": TEXT,
}
"""Keys for servers are not among them: they belong into the environment."""


def read_value(where: str, key: str, value: Any) -> Any:
    """The value as the option takes it, or ``ConfigurationError`` with what is expected."""
    found = KEYS[key].read(value)
    if found is None:
        raise ConfigurationError(f"{where}: {key}: expected {KEYS[key].expected}, got {value!r}")
    return found
