"""Answers as they are written in mathematics; the steps of a live view stay TeX."""

from collections.abc import Iterable
from typing import Final

from tts_async.observe.tree.formulas import Formula, MathML, Typesetter

MOST_ANSWERS: Final = 24
"""About a fifth of a millisecond each, inside the event loop."""
LONGEST: Final = 120
_SIGNS_OF_TEX: Final = frozenset("\\^_{}")


def typeset_answers(answers: Iterable[str]) -> dict[str, MathML]:
    """MathML for those that need it, by their text; for all others plain text does as well."""
    typesetter, found = Typesetter(), dict[str, MathML]()
    for answer in answers:
        if len(found) == MOST_ANSWERS:
            break
        if len(answer) <= LONGEST and not _SIGNS_OF_TEX.isdisjoint(answer):
            mathml = typesetter.typeset(Formula(answer, "", "", display=False))
            if mathml is not None:
                found[answer] = mathml
    return found


def load_typesetter() -> None:
    """Import what typesetting needs, which takes longer than an event loop should wait."""
    typeset_answers(["x^2"])
