"""What a problem says about itself besides its text: how hard it is, and what it is about."""

import re

from tts_async.types.problem import Problem


def level_of(problem: Problem) -> int | None:
    """The difficulty of a problem where it has one: the whole number in its ``level``."""
    digits = re.search(r"\d+", str(problem.metadata.get("level", "")))
    return int(digits[0]) if digits else None


def subject_of(problem: Problem) -> str | None:
    """The ``subject`` of a problem where it has one, ``"Algebra"``."""
    subject = problem.metadata.get("subject")
    return (str(subject).strip() or None) if subject is not None else None
