"""A make-believe model and reward model that both implementations can be given.

Pure functions of the place in the search and plain Python only, so that the program that makes the
golden files can load this module where tts_async is not installed. The ``ordinal`` of a draw says
how many were made from the same text before it; greedy draws have none.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

DELIMITER = "\n\n"
Finish = Literal["step", "stop", "length"]

MOST_STEPS = 12
"""A draw that runs to the end stops there, answer or not."""


@dataclass(frozen=True)
class Script:
    """What the models do; every probability is per step.

    ``words``: how many different steps there are (few make duplicates). ``end``, ``cut``,
    ``nothing``: the answer ends there, is truncated there, or not a single token comes. ``early``:
    a step holds a boxed answer, and the text goes on. ``blank``: the step is an empty line.
    ``digits`` of a score: few make ties.
    """

    seed: int
    words: int = 6
    end: float = 0.25
    cut: float = 0.05
    nothing: float = 0.0
    early: float = 0.1
    blank: float = 0.02
    answers: int = 4
    digits: int = 3

    def draw(
        self, problem: str, path: str, ordinal: int | None, *, to_end: bool
    ) -> tuple[str, Finish]:
        """A continuation and what ended it."""
        rng = _rng(self.seed, problem, path, ordinal, to_end)
        if not to_end:
            return self._step(rng)
        text = ""
        for _ in range(MOST_STEPS):
            step, finish = self._step(rng)
            text += step
            if finish != "step":
                return text, finish
        return text, "length"

    def _step(self, rng: random.Random) -> tuple[str, Finish]:
        kinds = {
            "end": self.end,
            "cut": self.cut,
            "nothing": self.nothing,
            "early": self.early,
            "blank": self.blank,
        }
        rest = 1 - sum(kinds.values())
        (kind,) = rng.choices([*kinds, "step"], [*kinds.values(), rest])
        answer, word = rng.randrange(self.answers), rng.randrange(self.words)
        line_break = "\n" if rng.random() < self.blank else ""
        match kind:
            case "end":
                return rng.choice(ENDINGS).replace("@", str(answer)), "stop"
            case "cut":
                return f"so {word} and {answer}", "length"
            case "nothing":
                return "", "stop"
            case "early":
                return rf"Thus $\boxed{{{answer}}}$.{DELIMITER}", "step"
            case "blank":
                return DELIMITER, "step"
        return f"{line_break}{chr(97 + word)} = {answer}{DELIMITER}", "step"

    def score(self, problem: str, pieces: Sequence[str]) -> list[float]:
        """One score per piece, each a function of what stands before it."""
        return [
            round(_rng(self.seed, problem, *pieces[:count]).random(), self.digits)
            for count in range(1, len(pieces) + 1)
        ]


ENDINGS = (
    r"Therefore, the final answer is: $\boxed{@}$. I hope it is correct.",
    r"The final answer is $@$. I hope it is correct.",
    r"\boxed{\frac{@}{2}}",
    r"\boxed{@.0}",
    r"so the answer is @.",
    "No idea.",
)


@dataclass
class Ordinals:
    """How often each text was continued so far."""

    given: Counter[tuple[str, str, bool]] = field(default_factory=Counter)

    def take(self, problem: str, path: str, *, to_end: bool) -> int:
        """The ordinal of the next draw from there."""
        self.given[problem, path, to_end] += 1
        return self.given[problem, path, to_end] - 1


def _rng(*parts: object) -> random.Random:
    return random.Random(hashlib.sha256(repr(parts).encode()).digest())
