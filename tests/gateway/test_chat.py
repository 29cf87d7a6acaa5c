"""Chat completions over HTTP."""

import asyncio
from typing import Any

import pytest

from tests.gateway.served import boxed, random_trees, scripted, serving
from tts_async import Budget, Greedy, Majority, Sampling, Solver
from tts_async.errors import (
    GenerationError,
    GeneratorRejected,
    GeneratorUnavailable,
    InvalidScores,
    PromptTooLong,
    VerifierUnavailable,
    WorkerStartError,
)
from tts_async.prompts import SYSTEM_PROMPT
from tts_async.testing import RandomGenerator, ScriptedGenerator, ScriptedVerifier


async def test_a_completion_in_openais_shape() -> None:
    """With everything that OpenAI's has, and ours beside it."""
    async with serving(scripted(boxed("7"), boxed("7"), boxed("8"))) as gateway:
        status, body = await gateway.ask("majority-3", tts={"early_stop": False}, seed=5)
    assert status == 200
    assert body["id"].startswith("chatcmpl-")
    assert isinstance(body["created"], int)
    spent = 3 * len(boxed("7"))
    assert {key: body[key] for key in ("object", "model", "choices")} == {
        "object": "chat.completion",
        "model": "majority-3",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": boxed("7"), "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
    }
    usage = body["usage"]
    assert usage["completion_tokens"] == spent
    assert usage["total_tokens"] == usage["prompt_tokens"] + spent
    assert usage["completion_tokens_details"] == {"reasoning_tokens": spent - len(boxed("7"))}
    tts = body["tts"]
    assert (tts["answer"], tts["stop_reason"], tts["seed"]) == ("7", "finished", 5)
    assert tts["confidence"] == pytest.approx(2 / 3)
    assert tts["votes"] == [
        {"answer": "7", "count": 2, "weight": 2.0},
        {"answer": "8", "count": 1, "weight": 1.0},
    ]
    assert tts["spend"]["tokens"] == spent
    assert "candidates" not in tts
    assert "note" not in tts


async def test_the_prompt_is_counted() -> None:
    """An estimate, and of all messages."""
    async with serving(scripted(boxed("7"))) as gateway:
        _, short = await gateway.ask(question="12345678")
        _, long = await gateway.ask(question="12345678" * 10)
    assert short["usage"]["prompt_tokens"] > len(SYSTEM_PROMPT) / 4
    assert long["usage"]["prompt_tokens"] - short["usage"]["prompt_tokens"] == 18


async def test_candidates_on_demand() -> None:
    """All that could vote."""
    async with serving(scripted(boxed("7"), boxed("8"))) as gateway:
        _, body = await gateway.ask(
            "best-of-n-2", tts={"candidates": True, "strategy": "majority", "early_stop": False}
        )
    found = [(c["answer"], c["path"]) for c in body["tts"]["candidates"]]
    assert found == [("7", [0]), ("8", [1])]


async def test_different_answers_as_choices() -> None:
    """Asked for five, found two."""
    async with serving(scripted(boxed("7"), boxed("7"), boxed("8"))) as gateway:
        _, body = await gateway.ask("majority-3", n=5, tts={"early_stop": False})
    choices = [(c["index"], c["message"]["content"]) for c in body["choices"]]
    assert choices == [(0, boxed("7")), (1, boxed("8"))]


async def test_the_engine_is_asked_as_the_request_says() -> None:
    """Sampling, history and system prompt, tenant and limits of the operator."""
    generator = ScriptedGenerator({"": [boxed("7")]})
    solver = Solver(generator=generator, sampling=Sampling(0.7, top_p=0.9, max_tokens=100))
    messages = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": [{"type": "text", "text": "1 + 1"}]},
    ]
    async with serving(solver) as gateway:
        await gateway.post({"model": "majority-1", "messages": messages, "temperature": 0.2})
        await gateway.ask("majority-1", top_p=0.5, max_tokens=7)
        await gateway.ask("majority-1", max_completion_tokens=5000, tts={"instructions": False})
    first, second, third = generator.requests
    assert first.sampling == Sampling(0.2, top_p=0.9, max_tokens=100)
    assert second.sampling == Sampling(0.7, top_p=0.5, max_tokens=7)
    assert third.sampling == Sampling(0.7, top_p=0.9, max_tokens=100)
    system = {"role": "system", "content": f"Be brief.\n\n{SYSTEM_PROMPT}"}
    assert first.problem.messages(first.system_prompt) == [
        system,
        *messages[1:3],
        {"role": "user", "content": "1 + 1"},
    ]


async def test_a_seed_makes_a_search_repeatable() -> None:
    """And one that was drawn is told, so that it can be repeated as well."""
    async with serving(random_trees()) as gateway:
        _, drawn = await gateway.ask("dvts-8")
        _, again = await gateway.ask("dvts-8", seed=drawn["tts"]["seed"])
        _, other = await gateway.ask("dvts-8")
    assert again["tts"]["votes"] == drawn["tts"]["votes"]
    assert again["choices"] == drawn["choices"]
    assert other["tts"]["seed"] != drawn["tts"]["seed"]


@pytest.mark.parametrize(
    ("model", "tts", "strategy", "n"),
    [
        ("greedy", None, "greedy", 1),
        ("majority-3", None, "majority", 3),
        ("beam-6", {"beam_width": 3}, "beam_search", 6),
        ("beam-2", None, "beam_search", 2),
        ("dvts-4", {"n": 8}, "dvts", 8),
        ("dvts-4", {"strategy": "best_of_n"}, "best_of_n", 4),
        ("dvts-4", {"strategy": "majority-5"}, "majority", 5),
        ("dvts-4", {"strategy": "majority-5", "n": 6}, "majority", 6),
        ("compute-optimal-4", None, "compute_optimal", 4),
        ("default", None, "dvts", 16),
        ("default", {"n": 4}, "dvts", 4),
        ("mine", None, "beam_search", 4),
    ],
)
async def test_the_model_says_how(model: str, tts: Any, strategy: str, n: int) -> None:
    """And the extension has the last word."""
    async with serving(random_trees(), aliases={"mine": "beam-4"}) as gateway:
        status, body = await gateway.ask(model, tts=tts)
    assert status == 200, body
    assert (body["tts"]["strategy"], body["tts"]["n"]) == (strategy, n)
    assert (body["tts"]["chosen"] is not None) == (strategy == "compute_optimal")
    assert body["model"] == model


@pytest.mark.parametrize(
    ("fields", "status", "param", "says"),
    [
        ({"model": "dvst-16"}, 404, "model", "did you mean 'dvts-16'"),
        ({"model": "dvts-10"}, 400, "model", "use n=8 or n=12"),
        ({"model": "dvts-0"}, 400, "model", "at least 1"),
        ({"model": "majority-300"}, 400, "model", "at most 256"),
        ({"tts": {"n": 257}}, 400, "tts.n", "at most 256"),
        ({"n": 17}, 400, "n", "at most 16"),
        ({"question": "x" * 3000}, 400, "messages", "at most 2,000"),
        ({"tts": {"strategy": "magic"}}, 400, "tts.strategy", "there is no 'magic'"),
        ({"tts": {"beam_width": 2}}, 400, "tts.beam_width", "greedy has no such option"),
        ({"model": "default", "tts": {"confidence": 0.9}}, 400, "tts.confidence", "no such option"),
        ({"model": "best-of-n-4", "tts": {"select": "best"}}, 400, "tts.select", "expected one of"),
    ],
)
async def test_what_cannot_be_had(fields: Any, status: int, param: str, says: str) -> None:
    """Named, with what to do instead."""
    async with serving(random_trees(), max_prompt_characters=2000) as gateway:
        got, body = await gateway.ask(**fields)
    error = body["error"]
    assert (got, error["type"], error["param"]) == (status, "invalid_request_error", param)
    assert says in error["message"]


async def test_a_strategy_that_scores_needs_a_verifier() -> None:
    """Which is said before anything is spent."""
    generator = RandomGenerator()
    async with serving(Solver(generator=generator)) as gateway:
        status, body = await gateway.ask("dvts-8")
    assert (status, body["error"]["code"]) == (400, "verifier_required")
    assert "use greedy or majority-N" in body["error"]["message"]
    assert generator.calls == 0


async def test_the_operators_budget_is_the_upper_limit() -> None:
    """A request may ask for less, and not for more."""
    solver = Solver(
        generator=RandomGenerator(),
        verifier=ScriptedVerifier(lambda _: 0.5),
        budget=Budget(expansions=3),
    )
    async with serving(solver) as gateway:
        budgets = [None, {"expansions": 100}, {"expansions": 1}, {"verifier_calls": 5}]
        replies = [await gateway.ask("beam-4", tts={"budget": budget}) for budget in budgets]
    spent = [body["tts"]["spend"]["expansions"] for _, body in replies]
    assert spent == [3, 3, 1, 2]
    assert {body["tts"]["stop_reason"] for _, body in replies} == {"budget"}


async def test_a_budget_in_tokens() -> None:
    """May be a plain number."""
    async with serving(random_trees()) as gateway:
        _, body = await gateway.ask("beam-4", tts={"budget": 1})
    assert (body["tts"]["stop_reason"], body["tts"]["spend"]["expansions"]) == ("budget", 1)


async def test_a_deadline_gives_the_best_so_far() -> None:
    """The operator's is a limit to the request's."""
    slow = {"tts": {"deadline_s": 60}}
    async with serving(random_trees(delay=0.2), max_seconds=0.5) as gateway:
        status, body = await gateway.ask("beam-4", **slow)
    assert (status, body["tts"]["stop_reason"]) == (200, "deadline")
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["choices"][0]["message"]["content"].startswith("## Step 1")
    assert "no candidate was finished" in body["tts"]["note"]


async def test_a_deadline_before_the_first_word() -> None:
    """There is nothing to give, and asking again at once would not help."""
    async with serving(random_trees(delay=5)) as gateway:
        status, body = await gateway.ask("majority-4", tts={"deadline_s": 0.1})
    assert (status, body["error"]["code"]) == (504, "deadline_exceeded")
    assert body["error"]["type"] == "server_error"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (PromptTooLong("800 tokens, and 512 fit"), 400, "context_length_exceeded"),
        (GeneratorUnavailable("http://secret:8000 is away"), 503, "generator_unavailable"),
        (WorkerStartError("/secret/model"), 503, "checker_unavailable"),
        (GeneratorRejected("http://secret:8000 says no"), 502, "generator_failed"),
        (GenerationError("http://secret:8000"), 502, "generator_failed"),
        (RuntimeError("a bug in /secret"), 500, "internal_error"),
    ],
)
async def test_when_the_generator_fails(error: Exception, status: int, code: str) -> None:
    """The status tells who has to act; where servers are is not told."""
    async with (
        serving(scripted(error)) as gateway,
        gateway.session.post(
            f"{gateway.url}/chat/completions",
            json={"model": "greedy", "messages": [{"role": "user", "content": "1 + 1"}]},
        ) as response,
    ):
        body = await response.json()
        retry_after = response.headers.get("Retry-After")
    assert (response.status, body["error"]["code"]) == (status, code)
    assert retry_after == ("5" if status == 503 else None)
    assert "secret" not in str(body)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (VerifierUnavailable("gone"), 503, "verifier_unavailable"),
        (InvalidScores("NaN"), 502, "verifier_failed"),
    ],
)
async def test_when_the_verifier_fails(error: Exception, status: int, code: str) -> None:
    """A search that scores needs it; one that does not goes on."""

    def fail(_: str) -> float:
        raise error

    async with serving(scripted(boxed("7"), scores=fail)) as gateway:
        got, body = await gateway.ask("best-of-n-2")
        assert (got, body["error"]["code"]) == (status, code)
        assert (await gateway.ask("majority-2"))[0] == 200


async def test_every_search_goes_through_one_solver() -> None:
    """Together they take no more slots than the generator has."""
    generator = RandomGenerator(delay=0.01, capacity=8)
    async with serving(Solver(generator=generator, verifier=ScriptedVerifier(lambda _: 0.5))) as g:
        replies = await asyncio.gather(*(g.ask("dvts-8", f"{i} + 1") for i in range(20)))
    assert {status for status, _ in replies} == {200}
    assert generator.peak == 8


async def test_the_solvers_own_strategy_is_the_default() -> None:
    """Also one that is not registered, and one that takes no options."""
    solver = Solver(generator=ScriptedGenerator({"": [boxed("7")]}), strategy=Majority(n=3))
    async with serving(solver) as gateway:
        _, body = await gateway.ask("default", tts={"early_stop": False})
        assert (body["tts"]["strategy"], body["tts"]["n"]) == ("majority", 3)
    generator = ScriptedGenerator({"": [boxed("7")]})
    verifier = ScriptedVerifier(lambda _: 0.5)
    greedy = Greedy()

    async def own(ctx: Any) -> Any:
        return await greedy(ctx)

    async with serving(Solver(generator=generator, verifier=verifier, strategy=own)) as gateway:
        status, body = await gateway.ask("default")
        assert (status, body["tts"]["strategy"]) == (200, "own")
        status, body = await gateway.ask("default", tts={"n": 4})
        assert (status, body["error"]["param"]) == (400, "tts.n")
