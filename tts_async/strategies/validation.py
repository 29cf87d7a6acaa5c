"""The checks that strategies share, with the message a user needs."""

from tts_async.errors import ConfigurationError


def check_count(name: str, value: int, least: int = 1) -> None:
    """Raise ``ConfigurationError`` unless ``value`` is an integer of at least ``least``."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(f"{name}: expected an integer of at least {least}, got {value!r}")


def check_confidence(value: float | None) -> None:
    """Raise ``ConfigurationError`` unless it is a probability that says something."""
    if value is not None and not 0.5 < value < 1:  # noqa: PLR2004 - one half is a coin toss
        raise ConfigurationError(f"confidence: expected more than 0.5 and less than 1, got {value}")


def check_beams(n: int, beam_width: int, max_steps: int, lookahead: int) -> None:
    """The arguments that beam search and DVTS have in common."""
    check_count("n", n)
    check_count("beam_width", beam_width)
    check_count("max_steps", max_steps)
    check_count("lookahead", lookahead, least=0)
    if n % beam_width:
        lower, upper = n - n % beam_width, n - n % beam_width + beam_width
        fix = f"use n={upper}" if lower == 0 else f"use n={lower} or n={upper}"
        raise ConfigurationError(
            f"n: {n} is not divisible by beam_width={beam_width}; {fix}, or another beam_width"
        )
