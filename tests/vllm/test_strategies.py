"""Every strategy on a real server, through every generator that can reach it."""

from typing import Any

import pytest

from tests.vllm.outcomes import assert_same, easy_problems, embedded_solver, solve_all, tree_of
from tests.vllm.servers import CAPACITY, MODEL, VLLMServer
from tts_async.generation import OpenAIGenerator, VLLMGenerator
from tts_async.solver import Solver
from tts_async.strategies import DVTS, BeamSearch, BestOfN, Greedy, Majority
from tts_async.types.result import Result

# No early stop: where that cuts is a matter of timing, and these tests compare whole trees.
WHOLE_ANSWERS = [Greedy(), Majority(n=8, early_stop=False), BestOfN(n=8, early_stop=False)]
STEP_BY_STEP = [BeamSearch(n=8), DVTS(n=8)]


async def solve_with(generator: Any, strategy: Any) -> list[Result]:
    """Four problems, with a generator that is opened and closed here."""
    async with embedded_solver(generator) as solver:
        return await solve_all(solver, easy_problems(4), strategy)


@pytest.mark.parametrize("strategy", [*WHOLE_ANSWERS, *STEP_BY_STEP], ids=repr)
async def test_end_to_end(server: VLLMServer, strategy: Any) -> None:
    """Answers, most of them right; the same seed gives the same trees, another one others."""
    async with embedded_solver(VLLMGenerator(server.base_url, capacity=CAPACITY)) as solver:
        results = await solve_all(solver, easy_problems(4), strategy)
        again = await solve_all(solver, easy_problems(4), strategy)
        others = await solve_all(solver, easy_problems(4), strategy, seed=1)
    assert_same(again, results)
    assert {result.stop_reason for result in results} == {"finished"}
    assert sum(result.answer == result.problem.answer for result in results) >= 2
    assert all(node.token_ids for result in results for node in result.tree)
    if not isinstance(strategy, Greedy):
        assert [*map(tree_of, others)] != [*map(tree_of, results)]


@pytest.mark.parametrize("strategy", WHOLE_ANSWERS, ids=repr)
async def test_whole_answers_through_the_chat_api(server: VLLMServer, strategy: Any) -> None:
    """The same prompt with the same seed: the very answers that token ids give."""
    chat = await solve_with(OpenAIGenerator(server.base_url), strategy)
    ids = await solve_with(VLLMGenerator(server.base_url), strategy)
    assert texts_of(chat) == texts_of(ids)
    assert [result.answer for result in chat] == [result.answer for result in ids]
    assert [result.spend.tokens for result in chat] == [result.spend.tokens for result in ids]


@pytest.mark.parametrize("strategy", STEP_BY_STEP, ids=repr)
async def test_steps_through_the_chat_api(server: VLLMServer, strategy: Any) -> None:
    """A server that continues its own messages searches step by step, and finds the same."""
    generator = OpenAIGenerator(server.base_url, continue_final_message=True)
    chat = await solve_with(generator, strategy)
    ids = await solve_with(VLLMGenerator(server.base_url), strategy)
    assert texts_of(chat) == texts_of(ids)


async def test_an_address_is_enough(server: VLLMServer) -> None:
    """``base_url`` alone finds out that this is vLLM, what it serves and how long its context is.

    The check says what the server can do.
    """
    async with Solver(base_url=server.base_url, verifier="embedded") as solver:
        result = await solver.solve("(12*9)-41")
        report = await solver.check()
    assert result.strategy == "dvts"
    assert result.candidates
    service = report.services[0]
    assert (service.kind, service.model, service.context_length) == ("vLLM server", MODEL, 512)
    assert {feature.name: feature.works for feature in service.features} == {
        "token ids": True,
        "logprobs": True,
        "priority": None,
        "prefix caching": True,
        "prefix cache metrics": True,
    }


def texts_of(results: list[Result]) -> list[dict[Any, Any]]:
    """Every node's text and end; ids are unknown to the chat API."""
    return [
        {path: (text, finish) for path, (text, finish, _) in tree_of(result).items()}
        for result in results
    ]
