"""A verifier may learn only while it is opened how its scores should be aggregated."""

from collections.abc import Sequence
from typing import Self

import pytest

from tts_async import BestOfN, Solver
from tts_async.embedded import PRM_AGGREGATION, PRM_PATH
from tts_async.inference.reward_model_loading import choose_family
from tts_async.testing import ScriptedGenerator
from tts_async.types.verification import Aggregation, ScoreRequest

SCRIPT = {"": ["2+3 = 5\n\n"], "2+3 = 5\n\n": ["The answer is: $\\boxed{5}$"]}


class LateVerifier:
    """Says ``min`` once it is open."""

    aggregation: Aggregation | None = None

    async def score(self, requests: Sequence[ScoreRequest]) -> list[list[float]]:
        """The first step is doubtful."""
        return [[0.25, *[0.75] * (len(request.steps) - 1)] for request in requests]

    async def __aenter__(self) -> Self:
        self.aggregation = "min"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.aggregation = None


@pytest.mark.parametrize(("chosen", "score"), [(None, 0.25), ("last", 0.75)])
async def test_declared_when_opened(chosen: Aggregation | None, score: float) -> None:
    """The declaration counts, and the solver's own choice outweighs it."""
    async with Solver(
        generator=ScriptedGenerator(SCRIPT),
        verifier=LateVerifier(),
        aggregation=chosen,
    ) as solver:
        result = await solver.solve("2+3", strategy=BestOfN(n=1))
    assert [candidate.score for candidate in result.candidates] == [score]


def test_the_embedded_model_declares_its_own() -> None:
    """In its folder, where every way of opening it finds it."""
    assert choose_family(PRM_PATH, None, name="embedded").aggregation == PRM_AGGREGATION
