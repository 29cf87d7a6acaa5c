"""Log-probabilities of the local generator, held to a slow direct computation."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from tts_async.embedded import GENERATOR_PATH
from tts_async.embedded.tokenizer import EOS
from tts_async.generation.local import LocalGenerator
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.inference.wire import as_conversation
from tts_async.types.generation import GenerationRequest, Sampling, Step
from tts_async.types.problem import Problem

PROBLEM = Problem("What is (9*12)-(41+66)?")


def request(n: int, *, path: tuple[int, ...] = (), stop: str | None = None) -> GenerationRequest:
    """Drawn so hotly, and from so few tokens, that the sampled distribution is another one."""
    return GenerationRequest(
        problem=PROBLEM,
        system_prompt=None,
        steps=(),
        token_ids=path,
        n=n,
        stop=stop,
        sampling=Sampling(temperature=1.5, top_p=0.9, max_tokens=48),
        seed=n,
        logprobs=True,
    )


@pytest.fixture(scope="module")
def model() -> Any:
    """The embedded generator in transformers."""
    return AutoModelForCausalLM.from_pretrained(GENERATOR_PATH, dtype=torch.float32).eval()


def logprobs_by_transformers(model: Any, path: Sequence[int], drawn: Sequence[int]) -> list[float]:
    """Read the whole sequence, look up every drawn token."""
    with torch.inference_mode():
        logits = model(torch.tensor([[*path, *drawn]])).logits[0].double()
    known = torch.log_softmax(logits, -1)[len(path) - 1 : -1]
    return [float(row[token]) for row, token in zip(known, drawn, strict=True)]


def drawn_ids(step: Step) -> tuple[int, ...]:
    """All sampled tokens, the end of the answer included."""
    return (*step.token_ids, EOS) if step.finish == "stop" else step.token_ids


@pytest.fixture(scope="module")
def prompt() -> tuple[int, ...]:
    """The problem in the model's chat template."""
    conversation = as_conversation(PROBLEM.messages(None))
    return tuple(ChatTokenizer(GENERATOR_PATH).prompt_ids(conversation))


async def test_values_are_those_of_the_whole_sequence(model: Any, prompt: tuple[int, ...]) -> None:
    """Raw, one per sampled token: for steps and answers, ended and truncated, in a full batch."""
    async with LocalGenerator(GENERATOR_PATH, capacity=4) as generator:
        [first] = await generator.generate(request(1, stop="\n\n"))
        asked = [request(6), request(3, path=first.token_ids), request(2, stop="\n\n")]
        plain = [replace(each, logprobs=False) for each in asked]
        answers = await asyncio.gather(*map(generator.generate, (*asked, *plain)))
    for each, steps, unasked in zip(asked, answers, answers[3:], strict=False):
        assert [replace(step, logprobs=None) for step in steps] == unasked
        for step in steps:
            assert step.logprobs is not None
            assert len(step.logprobs) == step.tokens == len(drawn_ids(step))
            expected = logprobs_by_transformers(model, (*prompt, *each.token_ids), drawn_ids(step))
            assert step.logprobs == pytest.approx(expected, abs=1e-4)
    assert {step.finish for steps in answers for step in steps} >= {"step", "stop"}
