"""The local generator through its process: answers, errors, cancellation, death, closing."""

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.generation.test_local_models import CONFIGS, save_model
from tests.patience import PATIENCE
from tts_async.errors import (
    ConfigurationError,
    GenerationError,
    GeneratorUnavailable,
    PromptTooLong,
)
from tts_async.generation.local import LocalGenerator
from tts_async.inference.chat_tokenizer import ChatTokenizer
from tts_async.types.generation import GenerationRequest, Sampling, Step
from tts_async.types.problem import Problem

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROBLEM = Problem("What is (9*12)-(41+66)?")


def request(n: int = 1, *, problem: Problem = PROBLEM, **options: object) -> GenerationRequest:
    """A request with the options that matter to a test."""
    tokens = options.pop("max_tokens", 12)
    temperature = options.pop("temperature", 0.8)
    defaults: dict[str, object] = {
        "system_prompt": None,
        "steps": (),
        "token_ids": (),
        "stop": "\n\n",
        "sampling": Sampling(temperature=temperature, max_tokens=tokens),  # type: ignore[arg-type]
        "seed": 0,
    }
    return GenerationRequest(problem=problem, n=n, **(defaults | options))  # type: ignore[arg-type]


def is_running(pid: int) -> bool:
    """Whether a process with this id exists."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Llama."""
    return save_model(tmp_path_factory.mktemp("llama"), CONFIGS["llama"])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def generator(folder: Path) -> AsyncIterator[LocalGenerator]:
    """One process for the tests that leave it alive."""
    async with LocalGenerator(folder, capacity=16) as opened:
        yield opened


async def until_running(generator: LocalGenerator, sequences: int) -> None:
    """Wait until that many sequences hold a slot."""
    async with asyncio.timeout(PATIENCE):
        while (await generator.statistics()).running != sequences:
            pass


async def test_concurrent_requests_give_what_each_gives_alone(generator: LocalGenerator) -> None:
    """200 requests at once, some larger than the capacity: every answer as if it were alone."""
    rng = random.Random(0)
    requests = [request(rng.choice([1, 1, 2, 4, 4, 8, 20]), seed=seed) for seed in range(200)]
    together = await asyncio.gather(*map(generator.generate, requests))
    for each, steps in list(zip(requests, together, strict=True))[::8]:
        assert len(steps) == each.n
        assert await generator.generate(each) == steps


@pytest.fixture(scope="module")
def path(folder: Path) -> tuple[str, tuple[int, ...]]:
    """A beginning of an answer, as text and as ids."""
    text = "## Step 1: 9*12 = 108\n108-(41+66)\n\n## Step"
    return text, tuple(ChatTokenizer(folder).encode(text))


async def test_continuing_by_ids_is_continuing_by_text(
    generator: LocalGenerator, path: tuple[str, tuple[int, ...]]
) -> None:
    """A path given as ids leads to what it leads to as text; where both are given, ids win."""
    text, ids = path
    by_text = await generator.generate(request(8, steps=(text[:20], text[20:])))
    assert await generator.generate(request(8, steps=("ignored",), token_ids=ids)) == by_text
    assert await generator.generate(request(8)) != by_text


async def test_cancelled_calls_free_their_slots(generator: LocalGenerator) -> None:
    """After cancelling, nothing of the request runs or waits; others go on."""
    task = asyncio.create_task(generator.generate(request(400, max_tokens=200, stop=None)))
    other = asyncio.create_task(generator.generate(request(20, seed=1)))
    await until_running(generator, generator.capacity)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await other) == 20
    await until_running(generator, 0)
    assert (await generator.statistics()).waiting == 0


async def test_prompt_too_long_names_both_numbers(generator: LocalGenerator) -> None:
    """A problem that fills the context is refused with its size and the context's."""
    with pytest.raises(PromptTooLong, match=r"take 3\d\d tokens.*context of 256"):
        await generator.generate(request(problem=Problem("x" * 300)))
    with pytest.raises(PromptTooLong, match=r"take 1000\d\d\d tokens"):
        await generator.generate(request(problem=Problem("x" * 1_000_000)))
    assert generator.context_length == 256
    assert await generator.generate(request())


async def test_bad_requests_are_refused(generator: LocalGenerator) -> None:
    """No continuations, no tokens, ids or letters that cannot be: a clear error, no crash."""
    with pytest.raises(ConfigurationError, match="n: must be at least 1"):
        await generator.generate(request(0))
    with pytest.raises(ConfigurationError, match="max_tokens"):
        await generator.generate(request(max_tokens=0))
    with pytest.raises(GenerationError, match="outside the model's vocabulary"):
        await generator.generate(request(token_ids=(5, 10_000)))
    with pytest.raises(GenerationError, match=r"into tokens: .*surrogates not allowed"):
        await generator.generate(request(problem=Problem("lone \ud800")))
    assert await generator.generate(request())


async def test_system_prompt_and_history_reach_the_template(generator: LocalGenerator) -> None:
    """Earlier turns are part of the prompt (the embedded template skips system messages)."""
    turns = ({"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"})
    plain = await generator.generate(request(4))
    assert await generator.generate(request(4, system_prompt="be brief")) == plain
    problem = Problem(PROBLEM.text, history=turns)  # type: ignore[arg-type]
    assert await generator.generate(request(4, problem=problem)) != plain


async def test_survives_kill_9(folder: Path) -> None:
    """The child is killed in the middle of many requests: all are answered, as if it had not."""
    requests = [request(4, seed=seed, max_tokens=100, stop=None) for seed in range(40)]
    async with LocalGenerator(folder, capacity=8) as generator:
        expected = await asyncio.gather(*map(generator.generate, requests))
        tasks = [asyncio.create_task(generator.generate(each)) for each in requests]
        await until_running(generator, 8)
        pid = generator.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert await asyncio.gather(*tasks) == expected
        assert generator.pid not in (None, pid)


async def test_closing_leaves_nothing(folder: Path) -> None:
    """Closing in the middle of a request ends the process and fails the request."""
    async with LocalGenerator(folder, capacity=4) as generator:
        assert f"{folder} on cpu" in repr(generator)
        pid = generator.pid
        assert pid is not None
        task = asyncio.create_task(generator.generate(request(50, max_tokens=200, stop=None)))
        await until_running(generator, 4)
    with pytest.raises(GeneratorUnavailable, match="closed"):
        await task
    assert not is_running(pid)
    assert "closed" in repr(generator)


async def test_says_why_it_cannot_start() -> None:
    """What the child says about the folder is what the caller reads."""
    with pytest.raises(GeneratorUnavailable, match="no model folder at /nowhere"):
        await LocalGenerator("/nowhere").__aenter__()


async def test_says_how_to_install_torch(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without torch, the message says what to install."""
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no', name='torch')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(
        GeneratorUnavailable, match=r"package torch: pip install 'tts-async\[local\]'"
    ):
        await LocalGenerator(folder).__aenter__()


async def test_wrong_options_are_refused(folder: Path) -> None:
    """Wrong constructor arguments fail at once and name themselves."""
    with pytest.raises(ConfigurationError, match="capacity"):
        LocalGenerator(folder, capacity=0)
    with pytest.raises(ConfigurationError, match="dtype: one of float32"):
        LocalGenerator(folder, dtype="int8")


async def test_embedded_model_writes_steps() -> None:
    """The embedded weights: greedy, step by step, equals greedy in one go, and boxes an answer."""
    weights = Path(__file__).parents[2] / "tts_async" / "embedded" / "generator"
    if not (weights / "model.safetensors").exists():
        pytest.skip("no embedded weights yet")
    async with LocalGenerator(weights) as generator:
        options = {"temperature": 0, "max_tokens": 400}
        (whole,) = await generator.generate(request(**options, stop=None))
        path: list[Step] = []
        while not path or path[-1].finish == "step":
            ids = tuple(i for step in path for i in step.token_ids)
            texts = tuple(step.text for step in path)
            by_ids = await generator.generate(request(**options, steps=texts, token_ids=ids))
            assert by_ids == await generator.generate(request(**options, steps=texts))
            path += by_ids
    assert "".join(step.text for step in path) == whole.text
    assert "\\boxed{" in whole.text
    assert whole.finish == "stop"
