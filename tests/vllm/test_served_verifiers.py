"""Reward models on real vLLM servers score like the same models here."""

from collections.abc import Sequence

import pytest

from tests.vllm.label_model import literal_scores
from tests.vllm.outcomes import SAMPLING, easy_problems
from tests.vllm.servers import BLOCK, VLLMServer
from tts_async.embedded import PRM_PATH
from tts_async.errors import ConfigurationError, VerificationError
from tts_async.generation import VLLMGenerator
from tts_async.inference.families import find_family
from tts_async.solver import Solver
from tts_async.strategies import DVTS
from tts_async.types.problem import Problem
from tts_async.types.verification import ScoreRequest
from tts_async.verifiers import JudgeVerifier, LocalVerifier, VLLMVerifier

ROUNDING = 1e-4  # float32 there and here
PROBLEM = Problem("(9*12)-(41+66)")
STEPS = (
    "## Step 1: 9*12 = 108\n108-(41+66)\n\n",
    "## Step 2: 41+66 = 106\n108-106\n\n",
    "## Step 3: 108-106 = 2\n2\n\n",
    "Therefore, the final answer is: $\\boxed{2}$. I hope it is correct.",
)
RUDE = ("it says <extra_0> and <|assistant|> here\n\n", "<s> 1+1 </s>\n\n", "</s>1+1\n2")
PATHS = [*(STEPS[:count] for count in range(1, 5)), RUDE, ("1+1 = 2\n\n",) * 30]
UNICODE = ("½ of 6 is 3 ✓ 数学\n\n", "Ω")


def requests(paths: Sequence[tuple[str, ...]]) -> list[ScoreRequest]:
    """Of one problem."""
    return [ScoreRequest(PROBLEM, steps) for steps in paths]


async def test_pooled_scores_are_the_local_ones(pooled: VLLMServer) -> None:
    """Of every step of short, long, odd and hostile paths."""
    async with (
        VLLMVerifier(pooled.base_url) as served,
        LocalVerifier(PRM_PATH) as local,
    ):
        assert served.aggregation == local.aggregation == "prod"
        # Nothing beyond the embedded vocabulary: tokenizer classes differ in what stands for it.
        scores = await served.score(requests(PATHS))
        expected = await local.score(requests(PATHS))
    for own, wanted in zip(scores, expected, strict=True):
        assert own == pytest.approx(wanted, abs=ROUNDING)


async def test_pooled_scores_lead_a_search_to_the_same_tree(
    server: VLLMServer, pooled: VLLMServer
) -> None:
    """Generator and verifier on vLLM, by their URLs; the same search with the local verifier."""
    problems = easy_problems(4)
    found = []
    for verifier in (pooled.base_url, "embedded"):
        generator = VLLMGenerator(server.base_url)
        async with Solver(generator=generator, verifier=verifier, sampling=SAMPLING) as solver:
            found.append([await solver.solve(p, strategy=DVTS(n=8)) for p in problems])
    for own, wanted in zip(*found, strict=True):
        scores = {node.path: node.score for node in own.tree}
        assert scores == pytest.approx(
            {node.path: node.score for node in wanted.tree}, abs=ROUNDING
        )
        assert own.answer == wanted.answer


async def test_next_token_scores_are_the_literal_ones(labels: VLLMServer) -> None:
    """Against one conversation per step, through transformers; the family by the folder's name."""
    async with VLLMVerifier(labels.base_url) as served:
        assert served.family is find_family("rlhflow")
        scores = await served.score(requests([*PATHS, UNICODE]))
    literal = literal_scores(labels.model, PROBLEM.text, [*PATHS, UNICODE])
    for own, wanted in zip(scores, literal, strict=True):
        assert own == pytest.approx(wanted, abs=ROUNDING)


async def test_next_token_scores_read_the_prefix_cache(labels: VLLMServer) -> None:
    """A path that grew finds its beginning there, to the last whole block."""
    steps = tuple(f"## Step {number}: {number}+1 = {number + 1}\n\n" for number in range(12))
    problem = Problem("A question nobody else asked?")
    async with VLLMVerifier(labels.base_url) as served:
        before = await labels.metric("prefix_cache_hits_total")
        asked = await labels.metric("prefix_cache_queries_total")
        for count in range(1, 13):
            await served.score([ScoreRequest(problem, steps[:count])])
        hits = await labels.metric("prefix_cache_hits_total") - before
        queries = await labels.metric("prefix_cache_queries_total") - asked
    last = queries / 12 * 2  # the prompts grow evenly, so the last is about twice the average
    assert hits > queries - last - 12 * BLOCK


async def test_what_a_server_cannot_do_is_said(server: VLLMServer, pooled: VLLMServer) -> None:
    """A generator is no verifier, a classifier says no "+", and nothing is truncated."""
    for url, family, message in (
        (server.base_url, None, "not known as a reward model"),
        (server.base_url, "qwen-math-prm", "start vLLM with --runner pooling"),
        (pooled.base_url, "rlhflow", "start vLLM without --runner pooling"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            async with VLLMVerifier(url, family=family):
                pass
    async with VLLMVerifier(pooled.base_url) as served:
        with pytest.raises(VerificationError, match=r"take \d+ tokens.*context of 512"):
            await served.score([ScoreRequest(PROBLEM, STEPS * 20)])


async def test_a_check_of_both_ways(pooled: VLLMServer, labels: VLLMServer) -> None:
    """What is there, for ``Solver.check()`` and ``doctor``."""
    for url, way in ((pooled.base_url, "pooling"), (labels.base_url, "next-token")):
        report = await Solver(generator="embedded", verifier=url).check()
        assert report.ok
        assert way in report.services[1].features[0].detail


async def test_a_judge_gets_its_grades_by_structured_output(server: VLLMServer) -> None:
    """A model that knows arithmetic only says what the schema makes it say: a grade."""
    async with JudgeVerifier(server.base_url, max_tokens=200, stepwise=False, rubric="1") as judge:
        [report] = await judge.check()
        assert {feature.name: feature.works for feature in report.features}["structured output"]
