"""The work of a simulated run: every problem's tree, as a pure function of places in it.

What a continuation is (its length, whether it ends the answer, its score) depends on the place that
it continues, on the request's seed and on its index, and on nothing else: every schedule that asks
for the same expansions gets the same trees, whenever it asks. Lengths are log-normal, 20 to 120
tokens a step with a median of 50; answers have 4 to 15 steps, around a number that belongs to the
problem; prompts have 120 to 280 tokens.

A place travels where a real one does: at the end of the token ids, in front of the delimiter, and
at the beginning of the step's text.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from statistics import NormalDist
from struct import pack, unpack
from typing import NamedTuple

from tts_async import Problem
from tts_async.types.generation import Step

DELIMITER, FILLER = 271, 1000
SPREAD = 0.45
MEDIAN, SHORTEST, LONGEST = 50, 20, 120
FEWEST_STEPS, MOST_STEPS = 4, 15
_BITS = 15  # of a digest, in one token id
_NORMAL = NormalDist()


class Place(NamedTuple):
    """A node of a trace: ``digest`` of its way from the root, and how many steps lead there."""

    digest: int
    problem: int
    depth: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """One step: where it leads, its tokens (delimiter or end included), if the answer ends."""

    place: Place
    tokens: int
    finished: bool

    @property
    def text(self) -> str:
        """The step, as short as it can be."""
        head = f"{self.place.digest} {self.place.depth} {self.tokens} "
        return f"{head}\\boxed{{{self.place.digest % 10}}}" if self.finished else f"{head}\n\n"


def make_problems(count: int) -> list[Problem]:
    """The first problems of the trace."""
    return [Problem(str(number), id=f"p{number}") for number in range(count)]


@cache
def root_of(problem: int) -> Place:
    """Where a problem's answers begin."""
    (digest,) = unpack("<Q", blake2b(pack("<Q", problem), digest_size=8).digest())
    return Place(digest >> (64 - 3 * _BITS), problem, 0)


def prompt_tokens(problem: int) -> int:
    """Tokens of the prompt."""
    return 120 + root_of(problem).digest % 161


def expected_steps(problem: int) -> int:
    """Around how many steps its answers have."""
    return FEWEST_STEPS + root_of(problem).digest // 161 % (MOST_STEPS - FEWEST_STEPS + 1)


def draw_step(place: Place, seed: int) -> Drawn:
    """The continuation of a place that belongs to a seed."""
    key = blake2b(pack("<QQ", place.digest, seed), digest_size=24).digest()
    digest, length, end = unpack("<QQQ", key)
    z = _NORMAL.inv_cdf((length + 0.5) / 2**64)
    tokens = round(MEDIAN * math.exp(SPREAD * z))
    depth = place.depth + 1
    finished = depth >= min(
        MOST_STEPS, max(FEWEST_STEPS, expected_steps(place.problem) + end % 3 - 1)
    )
    child = Place(digest >> (64 - 3 * _BITS), place.problem, depth)
    return Drawn(child, min(LONGEST, max(SHORTEST, tokens)), finished)


def draw(place: Place, seed: int, *, to_end: bool) -> list[Drawn]:
    """One continuation: a step, or all steps to the end of the answer."""
    steps = [draw_step(place, seed)]
    while to_end and not steps[-1].finished:
        steps.append(draw_step(steps[-1].place, seed))
    return steps


def score_of(digest: int) -> float:
    """What the verifier thinks of the step that leads to a place."""
    return digest % 2**20 / 2**20


def read_step(text: str) -> tuple[int, int]:
    """Digest and tokens of a step's text."""
    digest, _, tokens, _ = text.split(" ", 3)
    return int(digest), int(tokens)


def encode_place(place: Place) -> list[int]:
    """The token ids that end the path to a place."""
    mask = 2**_BITS - 1
    parts = [place.digest >> 2 * _BITS, place.digest >> _BITS & mask, place.digest & mask]
    return [place.problem, place.depth, *parts, DELIMITER]


def decode_place(ids: Sequence[int]) -> Place:
    """The place at the end of a path's token ids."""
    problem, depth, high, middle, low, _ = ids[-6:]
    return Place(high << 2 * _BITS | middle << _BITS | low, problem, depth)


def as_step(drawn: Sequence[Drawn], *, fill: bool) -> Step:
    """A continuation as a generator returns it; ``fill``: with all of its ids, not only the end."""
    last, tokens = drawn[-1], sum(step.tokens for step in drawn)
    ids = encode_place(last.place)
    filling = [FILLER] * (tokens - len(ids)) if fill else []
    return Step(
        text="".join(step.text for step in drawn),
        finish="stop" if last.finished else "step",
        tokens=tokens,
        token_ids=(*filling, *ids),
    )
