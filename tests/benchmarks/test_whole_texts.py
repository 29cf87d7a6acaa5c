"""The baseline's verifier: the scores of ours, and every path paid for."""

import pytest

from benchmarks.whole_texts import WholeTextVerifier
from tts_async import Problem
from tts_async.embedded import PRM_PATH
from tts_async.types.verification import ScoreRequest
from tts_async.verifiers import LocalVerifier

PROBLEM = Problem("12+(3*4)")
STEP, END = "3*4 = 12\n12+12\n\n", "12+12 = 24\n\\boxed{24}"


async def test_equal_paths_cost_as_much_as_others() -> None:
    """Twins and prefixes are computed again, within a call and between calls."""
    paths = [(STEP,), (STEP, END)]
    requests = [ScoreRequest(PROBLEM, steps) for steps in paths]
    async with WholeTextVerifier() as verifier, LocalVerifier(PRM_PATH) as reusing:
        scores = await verifier.score([*requests, *requests])
        once = (await verifier.statistics()).computed_tokens
        assert await verifier.score(requests) == scores[:2]
        assert (await verifier.statistics()).computed_tokens == 1.5 * once

        for ours, theirs in zip(await reusing.score(requests), scores, strict=False):
            assert ours == pytest.approx(theirs, abs=1e-5)
        longest = (await reusing.statistics()).computed_tokens
    assert scores[2:] == scores[:2]
    assert once > 2 * longest
