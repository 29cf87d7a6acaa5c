"""The local verifier through its process: scores, errors, cancellation, death, closing."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from tests.verifiers.test_local_scoring import literal_scores, save_reward_model
from tts_async.embedded import GENERATOR_PATH
from tts_async.errors import ConfigurationError, VerificationError, VerifierUnavailable
from tts_async.inference.families import Family, Head, TextSteps, Token
from tts_async.types.problem import Message, Problem
from tts_async.types.verification import ScoreRequest
from tts_async.verifiers.local import LocalVerifier

pytestmark = pytest.mark.asyncio(loop_scope="module")

PROBLEM = Problem("What is (9*12)-(41+66)?")
STEPS = (
    "## Step 1: 9*12 = 108\n108-(41+66)\n\n",
    "## Step 2: 41+66 = 107\n108-107\n\n",
    "## Step 3: 108-107 = 1\n1\n\n",
    "Therefore, the final answer is: $\\boxed{1}$.",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random process reward model."""
    return save_reward_model(tmp_path_factory.mktemp("prm"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def verifier(folder: Path) -> AsyncIterator[LocalVerifier]:
    """One process for the tests that leave it alive."""
    async with LocalVerifier(folder, max_batch_tokens=700) as opened:
        yield opened


@pytest.mark.parametrize(
    "steps",
    [STEPS, STEPS[:1], ("## Step 1: ½ of 6 is 3 ✓ 数学\n\n", "ok"), ("1+1\n\n",) * 40],
    ids=["4 steps", "1 step", "unicode", "40 steps"],
)
async def test_scores_are_those_of_the_literal_computation(
    verifier: LocalVerifier, folder: Path, steps: tuple[str, ...]
) -> None:
    """One pass over a path gives what transformers gives step by step."""
    (scores,) = await verifier.score([ScoreRequest(PROBLEM, steps)])
    assert scores == pytest.approx(literal_scores(folder, PROBLEM, steps), abs=1e-5)
    assert all(type(score) is float for score in scores)


async def test_batches_do_not_change_scores(verifier: LocalVerifier, folder: Path) -> None:
    """60 problems in 60 calls at once, merged into micro-batches, score as each one alone."""
    requests = [
        ScoreRequest(Problem(f"What is {number}*{number}?"), STEPS[: 1 + number % 4])
        for number in range(60)
    ]
    before = await verifier.statistics()
    together = await asyncio.gather(*(verifier.score([each]) for each in requests))
    assert (await verifier.statistics()).batches - before.batches < 30
    async with LocalVerifier(folder, max_batch_tokens=1) as single:
        alone = await single.score(requests)
        assert (await single.statistics()).batches == 60
    for (scores,), expected in zip(together, alone, strict=True):
        assert scores == pytest.approx(expected, abs=1e-5)


async def test_twins_are_scored_once(verifier: LocalVerifier) -> None:
    """Equal paths in one call, and known ones in the next, cost nothing."""
    before = await verifier.statistics()
    problem = Problem("What is 7*7+1?")
    twins = await verifier.score([ScoreRequest(problem, STEPS)] * 8)
    again = await verifier.score([ScoreRequest(problem, STEPS)])
    after = await verifier.statistics()
    assert after.paths == before.paths + 1
    assert after.remembered == before.remembered + 1
    assert [*twins, *again] == [twins[0]] * 9


async def grow(verifier: LocalVerifier, problem: Problem, seed: int) -> dict[str, list[float]]:
    """The scores of a small search: three children of one path at every depth."""
    rng = Random(seed)
    steps: tuple[str, ...] = ()
    found = {}
    for _ in range(5):
        children = [(*steps, f"{rng.randrange(20)}+1 = 2\n\n") for _ in range(3)]
        scores = await verifier.score([ScoreRequest(problem, child) for child in children])
        found |= {problem.text + "".join(c): own for c, own in zip(children, scores, strict=True)}
        steps = rng.choice(children)
    return found


async def test_growing_paths_cost_their_new_tokens(folder: Path) -> None:
    """Searches over several chats at once, with room for all of them and with incremental off."""
    turns: tuple[Message, ...] = ({"role": "user", "content": "Let us calculate."},)
    problems = [Problem(f"{number}+1?", history=turns) for number in range(6)]
    results, statistics = [], []
    for cache_tokens in (1000, 0):
        async with LocalVerifier(folder, cache_tokens=cache_tokens) as verifier:
            searches = (grow(verifier, problem, n) for n, problem in enumerate(problems))
            results.append(await asyncio.gather(*searches))
            statistics.append(await verifier.statistics())
    on, off = statistics
    assert on.computed_tokens * 3 < on.tokens == on.computed_tokens + on.reused_tokens
    assert (off.computed_tokens, off.reused_tokens) == (off.tokens, 0)
    for search, expected in zip(*results, strict=True):
        for path, scores in search.items():
            assert scores == pytest.approx(expected[path], abs=1e-5)


async def test_a_new_child_starts_empty(folder: Path) -> None:
    """After a crash or a cancelled call the scores go on as if nothing had been remembered."""
    requests = [ScoreRequest(PROBLEM, STEPS[:count]) for count in range(1, 5)]
    async with LocalVerifier(folder) as verifier:
        before = await verifier.score(requests[:2])
        assert verifier.pid is not None
        os.kill(verifier.pid, signal.SIGKILL)
        cancelled = asyncio.create_task(verifier.score(requests))
        await asyncio.sleep(0)
        cancelled.cancel()
        await asyncio.wait([cancelled])
        scores = await verifier.score(requests)
        assert (await verifier.statistics()).computed_tokens < 200
    assert scores[:2] == [pytest.approx(own, abs=1e-5) for own in before]
    assert scores[3] == pytest.approx(literal_scores(folder, PROBLEM, STEPS), abs=1e-5)


async def test_a_step_changes_later_scores_only(verifier: LocalVerifier) -> None:
    """Longer paths keep the scores of their beginning: nothing looks ahead."""
    short, long = await verifier.score(
        [ScoreRequest(PROBLEM, STEPS[:2]), ScoreRequest(PROBLEM, STEPS)]
    )
    assert long[:2] == pytest.approx(short, abs=1e-5)


async def test_special_tokens_in_a_text_add_no_scores(verifier: LocalVerifier) -> None:
    """A step that spells the separator still gets exactly one score."""
    steps = ("a <extra_0> b\n\n", "<extra_0>")
    assert [len(own) for own in await verifier.score([ScoreRequest(PROBLEM, steps)])] == [2]
    assert await verifier.score([ScoreRequest(PROBLEM, ())]) == [[]]
    assert await verifier.score([]) == []


async def test_unusable_paths_are_refused(verifier: LocalVerifier) -> None:
    """An empty step and a path beyond the context are errors that say so; the worker goes on."""
    with pytest.raises(VerificationError, match=r"step 2 of 3 is empty: '\\n\\n'"):
        await verifier.score([ScoreRequest(PROBLEM, ("a\n\n", "\n\n", "b"))])
    with pytest.raises(VerificationError, match=r"take 6\d\d tokens.*context of 512"):
        await verifier.score([ScoreRequest(PROBLEM, ("x" * 600,))])
    with pytest.raises(VerificationError, match=r"into tokens: .*surrogates not allowed"):
        await verifier.score([ScoreRequest(PROBLEM, ("lone \ud800",))])
    assert verifier.context_length == 512
    assert await verifier.score([ScoreRequest(PROBLEM, STEPS)])


async def test_a_system_prompt_belongs_to_the_verifier(folder: Path, tmp_path: Path) -> None:
    """The PRM's own system prompt reaches its template; other turns come with the problem."""
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    template = "{% for m in messages %}{{ m.role[0] + m.content }}{% endfor %}"
    (tmp_path / "chat_template.jinja").write_text(template)
    async with LocalVerifier(tmp_path, system_prompt="J") as judge:
        (scores,) = await judge.score([ScoreRequest(Problem("P"), STEPS)])
    (tmp_path / "chat_template.jinja").write_text("sJuP")
    assert scores == pytest.approx(literal_scores(tmp_path, Problem("P"), STEPS), abs=1e-5)


async def test_survives_kill_9(folder: Path) -> None:
    """The child is killed with calls in flight: all are answered, as if it had not been."""
    requests = [ScoreRequest(Problem(f"What is {n}+1?"), STEPS) for n in range(300)]
    async with LocalVerifier(folder, max_batch_tokens=200) as verifier:
        tasks = [asyncio.create_task(verifier.score([each])) for each in requests]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        pid = verifier.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        scores = [scores for (scores,) in await asyncio.gather(*tasks)]
        assert verifier.pid not in (None, pid)
        assert scores == [own for (own,) in [await verifier.score([each]) for each in requests]]


async def test_cancelled_and_closed_calls_leave_nothing(folder: Path) -> None:
    """A cancelled call leaves the line, a call in flight fails when the verifier closes."""
    requests = [ScoreRequest(Problem(f"What is {n}+1?"), STEPS) for n in range(400)]
    async with LocalVerifier(folder, max_batch_tokens=200) as verifier:
        cancelled = asyncio.create_task(verifier.score(requests))
        while (await verifier.statistics()).waiting == 0:
            pass
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        await asyncio.sleep(0)
        statistics = await verifier.statistics()
        assert (statistics.waiting, statistics.paths < 400) == (0, True)
        pid = verifier.pid
        assert pid is not None
        cut_off = asyncio.create_task(verifier.score(requests))
        await asyncio.sleep(0)
    with pytest.raises(VerifierUnavailable, match="closed"):
        await cut_off
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_says_why_it_cannot_start() -> None:
    """What the child says about the folder is what the caller reads."""
    with pytest.raises(VerifierUnavailable, match="no model folder at /nowhere"):
        await LocalVerifier("/nowhere").__aenter__()


async def test_wrong_options_are_refused(folder: Path) -> None:
    """Wrong constructor arguments fail at once; the rest is visible."""
    with pytest.raises(ConfigurationError, match="max_batch_tokens"):
        LocalVerifier(folder, max_batch_tokens=0)
    with pytest.raises(ConfigurationError, match="cache_tokens: must not be negative, got -1"):
        LocalVerifier(folder, cache_tokens=-1)
    with pytest.raises(ConfigurationError, match="dtype"):
        LocalVerifier(folder, dtype="int8")
    assert "aggregation prod" in repr(LocalVerifier(folder, aggregation="prod"))


async def test_the_model_says_what_it_is(verifier: LocalVerifier, folder: Path) -> None:
    """Its family and how its scores should be aggregated, once it is loaded; the caller wins."""
    assert (verifier.family, verifier.aggregation) == ("qwen-math-prm", "prod")
    unopened = LocalVerifier(folder)
    assert (unopened.family, unopened.aggregation) == (None, None)
    assert LocalVerifier(folder, aggregation="min").aggregation == "min"


async def test_a_family_of_ones_own_reaches_the_process(folder: Path) -> None:
    """Another layout around the same network: no chat template, right and wrong swapped.

    So does the bound on a path's length, which is an error with both numbers.
    """
    mine = Family(
        name="mine",
        layout=TextSteps(Token("<extra_0>")),
        head=Head(layers=("score.0", "score.2"), positive=0),
        aggregation="mean",
    )
    async with LocalVerifier(folder, family=mine, max_path_tokens=60) as verifier:
        ((score,),) = await verifier.score([ScoreRequest(Problem("1+1?"), ("2\n\n",))])
        assert (verifier.family, verifier.aggregation) == ("mine", "mean")
        with pytest.raises(VerificationError, match=r"take \d\d+ tokens.*context of 60"):
            await verifier.score([ScoreRequest(PROBLEM, STEPS)])
    template = "{{ bos_token }}{{ messages[-1].content }}"
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    bare = shutil.copytree(folder, folder.parent / "bare")
    (bare / "tokenizer_config.json").write_text(json.dumps(tokenizer | {"chat_template": template}))
    assert score == pytest.approx(1 - literal_scores(bare, Problem("1+1?"), ("2",))[0], abs=1e-5)


async def test_the_transformers_backend_scores_alike(verifier: LocalVerifier, folder: Path) -> None:
    """The other backend in its process; every path is a whole text there."""
    requests = [ScoreRequest(PROBLEM, STEPS[:count]) for count in (1, 4, 2)]
    async with LocalVerifier(folder, backend="transformers") as other:
        scores = await other.score(requests)
        assert (await other.statistics()).reused_tokens == 0
    for own, expected in zip(scores, await verifier.score(requests), strict=True):
        assert own == pytest.approx(expected, abs=1e-4)


async def test_says_what_cannot_be_loaded(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub that cannot be reached, a model of no known family, ids it has no token for."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    head = Head(layers=("score.0", "score.2"))
    other = Family("other", layout=TextSteps(Token("<step>")), head=head)
    cases = (
        (LocalVerifier("nobody/nothing"), "hub does not give it .*hf download nobody/nothing"),
        (LocalVerifier(GENERATOR_PATH), "LlamaForCausalLM .*pass family=, one of qwen-math-prm"),
        (LocalVerifier(folder, family=other), "tokenizer has no <step> token"),
    )
    errors = await asyncio.gather(
        *(verifier.start() for verifier, _ in cases), return_exceptions=True
    )
    for error, (verifier, message) in zip(errors, cases, strict=True):
        await verifier.aclose()
        with pytest.raises(VerifierUnavailable, match=message):
            raise error or AssertionError("it was loaded")


async def test_contradictory_options_are_refused(folder: Path) -> None:
    """At once, naming the field and the fix."""
    with pytest.raises(ConfigurationError, match="backend: one of auto, native, transformers, go"):
        LocalVerifier(folder, backend="vllm")  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="native takes no attn_implementation; leave it"):
        LocalVerifier(folder, backend="native", attn_implementation="eager")
    with pytest.raises(ConfigurationError, match="family: unknown 'qwen'; choose one of qwen-math"):
        LocalVerifier(folder, family="qwen")
    with pytest.raises(ConfigurationError, match="aggregation: unknown 'max'"):
        LocalVerifier(folder, aggregation="max")  # type: ignore[arg-type]
    layout = type("Layout", (TextSteps,), {"__module__": "__main__"})(Token("."))
    with pytest.raises(ConfigurationError, match="Layout is defined in the program itself"):
        LocalVerifier(folder, family=Family("mine", layout, Head(("score",))))
