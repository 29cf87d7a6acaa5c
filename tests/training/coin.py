"""A generator whose chance of success is known: it depends on the steps it has to go on from."""

from collections.abc import Sequence

from tts_async import Problem
from tts_async.seeds import derive_rng
from tts_async.training import Solution
from tts_async.types.generation import GenerationRequest, Step

GOLD = "42"


class Coin:
    """Finishes with the right answer with the probability of the last step, ``p=0.3`` say."""

    capacity = 1000

    def __init__(self) -> None:
        self.requests: list[GenerationRequest] = []

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """One whole answer for each of ``n``."""
        self.requests.append(request)
        chance = float(request.steps[-1].partition("p=")[2]) if request.steps else 0.5
        heads = [derive_rng(request.seed, index).random() < chance for index in range(request.n)]
        return [Step(rf"so $\boxed{{{GOLD if head else 13}}}$", "stop", 5) for head in heads]

    @property
    def paths(self) -> list[str]:
        """The texts that it was asked to go on from, in alphabetical order."""
        return sorted("".join(request.steps) for request in self.requests)


def solution(
    *steps: str, correct: bool = False, sample: int = 0, problem: Problem | None = None
) -> Solution:
    """A finished solution of these steps; the last one is its answer."""
    *earlier, last = steps
    return Solution(
        problem=problem or Problem("what is it?", answer=GOLD),
        sample=sample,
        seed=0,
        steps=(*(f"{step}\n\n" for step in earlier), last),
        finish="stop",
        predicted=GOLD if correct else "13",
        correct=correct,
    )


def problems(count: int) -> Sequence[Problem]:
    """So many problems with the same answer."""
    return [Problem(f"problem {index}", answer=GOLD) for index in range(count)]
