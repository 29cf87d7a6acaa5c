"""The tools, asked by the protocol's own client in the same process."""

import asyncio
import json
import math
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import jsonschema
import pytest
from mcp import Client, MCPError
from mcp.types import CallToolResult, TextContent

from tests.patience import PATIENCE
from tts_async import Budget, Solver, mcp_server
from tts_async.errors import ConfigurationError, VerifierUnavailable
from tts_async.mcp_server import make_server
from tts_async.mcp_server.arguments import SolveArguments, read_arguments
from tts_async.mcp_server.server import INSTRUCTIONS
from tts_async.testing import RandomGenerator, ScriptedVerifier
from tts_async.types.generation import GenerationRequest, Step
from tts_async.types.verification import ScoreRequest, StepScores

MODES = ("auto", "legacy")
"""The protocol with one request at a time, and the older one with a handshake."""


class SlowGenerator(RandomGenerator):
    """Answers when it is let, and knows how many wait for it and how many were given up."""

    def __init__(self) -> None:
        super().__init__()
        self.go = asyncio.Event()
        self.waiting = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """When it may."""
        self.waiting.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return await super().generate(request)


def make_solver(generator: Any = None, verifier: Any = None, **options: Any) -> Solver:
    """One that answers at once."""
    return Solver(
        generator=generator or RandomGenerator(),
        verifier=verifier or ScriptedVerifier(lambda _: 0.5),
        **options,
    )


@asynccontextmanager
async def connect(solver: Solver | None = None, mode: str = "auto") -> AsyncIterator[Client]:
    """A client of a server."""
    server = make_server(make_solver() if solver is None else solver, max_candidates=32)
    async with Client(server, mode=mode, raise_exceptions=False) as client:
        yield client


def text_of(result: CallToolResult) -> str:
    """What a model reads."""
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """The data of an answer; the client has checked it against the tool's schema."""
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, text_of(result)
    assert isinstance(result.structured_content, dict)
    return result.structured_content


@pytest.mark.parametrize("mode", MODES)
async def test_solve(mode: str) -> None:
    """An answer as data and in words, and the same again with the same seed."""
    async with connect(mode=mode) as client:
        result = await client.call_tool("solve", {"problem": "p", "strategy": "dvts", "n": 4})
        data = result.structured_content
        assert isinstance(data, dict)
        again = await call(client, "solve", problem="p", strategy="dvts", n=4, seed=data["seed"])
    assert data["strategy"] == "dvts"
    assert data["n"] == 4
    assert data["answer"] == data["votes"][0]["answer"]
    assert sum(votes["count"] for votes in data["votes"]) <= data["candidates"] > 0
    assert text_of(result).startswith(f"Answer: {data['answer']}\n")
    assert data["text"] in text_of(result)
    assert {**again, "seconds": 0.0} == {**data, "seconds": 0.0}


async def test_what_a_compute_optimal_search_went_on_with() -> None:
    """Is said, as data and in words; other strategies choose nothing."""
    async with connect() as client:
        asked = {"problem": "p", "strategy": "compute_optimal", "n": 8}
        result = await client.call_tool("solve", asked)
        other = await call(client, "solve", problem="p", strategy="dvts", n=4)
    assert isinstance(result.structured_content, dict)
    chosen = result.structured_content["chosen"]
    assert chosen
    assert f"compute_optimal ({chosen})" in text_of(result)
    assert other["chosen"] is None


async def test_the_largest_n_holds_for_those_who_name_none() -> None:
    """For the server's own strategy and for any other."""
    async with Client(make_server(make_solver(), max_candidates=6)) as client:
        assert (await call(client, "solve", problem="p"))["n"] == 4
        assert (await call(client, "solve", problem="p", strategy="majority"))["n"] == 6
        compared = await call(client, "compare_strategies", problem="p")
    assert max(row["n"] or 0 for row in compared["strategies"]) == 6


async def test_the_seed_is_a_new_one_each_time() -> None:
    """Unless it is given, and then it is that."""
    async with connect() as client:
        seeds = {(await call(client, "solve", problem="p"))["seed"] for _ in range(3)}
        assert (await call(client, "solve", problem="p", seed=7))["seed"] == 7
    assert len(seeds) == 3


async def test_the_servers_own_strategy_is_the_default() -> None:
    """With its settings, and with another n where one is given."""
    solver = Solver(generator=RandomGenerator())
    async with connect(solver) as client:
        assert (await call(client, "solve", problem="p"))["strategy"] == "majority"
        few = await call(client, "solve", problem="p", n=2)
    assert (few["strategy"], few["n"]) == ("majority", 2)


async def test_compare_strategies() -> None:
    """A line for each, what most of them say, and what it cost."""
    async with connect() as client:
        result = await client.call_tool("compare_strategies", {"problem": "p", "n": 4, "seed": 1})
        data = result.structured_content
        two = await call(client, "compare_strategies", problem="p", strategies=["dvts", "greedy"])
    assert isinstance(data, dict)
    names = [row["strategy"] for row in data["strategies"]]
    assert names == ["greedy", "majority", "best_of_n", "beam_search", "dvts", "compute_optimal"]
    assert [row["n"] for row in data["strategies"]] == [1, 4, 4, 4, 4, 4]
    assert [row["strategy"] for row in data["strategies"] if row["chosen"]] == ["compute_optimal"]
    assert all(row["tokens"] > 0 for row in data["strategies"] if row["error"] is None)
    with_it = [row for row in data["strategies"] if row["answer"] == data["answer"]]
    answered = [row for row in data["strategies"] if row["answer"] is not None]
    assert data["agreement"] == pytest.approx(len(with_it) / len(answered))
    assert [row["strategy"] for row in two["strategies"]] == ["dvts", "greedy"]
    assert all(f"\n{name} " in text_of(result) or f"\n{name}:" in text_of(result) for name in names)


class BrokenVerifier:
    """It is away."""

    capacity = 4

    async def score(self, requests: Sequence[ScoreRequest]) -> list[StepScores]:
        """Not today."""
        raise VerifierUnavailable("it is away")


async def test_a_strategy_that_fails_is_a_line_of_the_comparison() -> None:
    """The others have their answers."""
    async with connect(make_solver(verifier=BrokenVerifier())) as client:
        data = await call(
            client, "compare_strategies", problem="p", strategies=["majority", "dvts"], n=2
        )
    majority, dvts = data["strategies"]
    assert majority["answer"] == data["answer"] is not None
    assert dvts["error"] == "it is away"


async def test_a_search_that_fails_says_why() -> None:
    """For the model to read, without a traceback."""
    async with connect(make_solver(verifier=BrokenVerifier())) as client:
        result = await client.call_tool("solve", {"problem": "p", "strategy": "dvts"})
    assert result.is_error
    assert text_of(result) == "it is away"


class Buggy:
    """A generator of somebody's own."""

    capacity = 4

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """Not as it should."""
        raise RuntimeError("a detail that is nobody's business")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tool", ["solve", "compare_strategies"])
async def test_a_bug_is_told_to_the_log_alone(
    mode: str, tool: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The client hears that there is one, and the server goes on."""
    async with connect(make_solver(Buggy()), mode) as client:
        for _ in range(2):
            result = await client.call_tool(tool, {"problem": "p"})
            assert result.is_error
            assert text_of(result) == "internal error; the log of the server says more"
    assert "a detail that is nobody's business" in caplog.text


WRONG = [
    ({}, "problem: it is missing"),
    ({"problem": ""}, "problem: expected `str` of length >= 1"),
    ({"problem": " "}, "problem: the text is empty; pass the question to solve"),
    ({"problem": 5}, "problem: expected `str`, got `int`"),
    ({"problem": "p", "n": 0}, "n: expected `int` >= 1"),
    ({"problem": "p", "n": 33}, "n: at most 32 here, got 33"),
    ({"problem": "p", "n": "many"}, "n: expected `int | null`, got `str`"),
    ({"problem": "p", "seconds": -1}, "seconds: expected `float` > 0.0"),
    ({"problem": "p", "tokens": 0}, "tokens: expected `int` >= 1"),
    ({"problem": "p", "seed": -1}, "seed: expected `int` >= 0"),
    ({"problem": "p", "strategy": "dvt"}, "strategy: unknown 'dvt'; did you mean 'dvts'?"),
    ({"problem": "p", "strategy": "greedy", "n": 4}, "n: greedy has no such option"),
    ({"problem": "p", "budget": 9}, "budget: unknown; choose from problem, n,"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=[message for _, message in WRONG])
async def test_a_wrong_argument_is_named(arguments: dict[str, Any], message: str) -> None:
    """With what would be right."""
    async with connect() as client:
        result = await client.call_tool("solve", arguments)
    assert result.is_error
    assert text_of(result).startswith(message)
    assert "Traceback" not in text_of(result)


@pytest.mark.parametrize(
    ("strategies", "message"),
    [
        (["dvts", "dvts"], "strategies: name each of them once"),
        ([], "strategies: expected `array` of length >= 1"),
        (["dvts", 5], "strategies[1]: expected `str`, got `int`"),
        ("dvts", "strategies: expected `array | null`, got `str`"),
    ],
)
async def test_a_wrong_list_is_named(strategies: Any, message: str) -> None:
    """Before anything is searched."""
    async with connect() as client:
        result = await client.call_tool(
            "compare_strategies", {"problem": "p", "strategies": strategies}
        )
    assert result.is_error
    assert text_of(result) == message


@pytest.mark.parametrize("seconds", [math.nan, math.inf])
def test_seconds_are_a_number(seconds: float) -> None:
    """What Python's JSON lets through is no time limit."""
    with pytest.raises(ConfigurationError, match=r"^seconds: "):
        read_arguments(SolveArguments, {"problem": "p", "seconds": seconds})


async def test_numbers_may_come_as_texts() -> None:
    """Some clients send them so."""
    async with connect() as client:
        data = await call(client, "solve", problem="p", n="4", seed="3", seconds="5")
    assert (data["n"], data["seed"]) == (4, 3)


@pytest.mark.parametrize("mode", MODES)
async def test_an_unknown_tool_is_an_error_of_the_protocol(mode: str) -> None:
    """It names those that there are."""
    async with connect(mode=mode) as client:
        with pytest.raises(MCPError, match="no tool 'guess'; there are solve and compare"):
            await client.call_tool("guess", {})


async def test_without_a_verifier_only_what_works_is_offered() -> None:
    """And the rest refused by name."""
    async with connect(Solver(generator=RandomGenerator())) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        result = await client.call_tool("solve", {"problem": "p", "strategy": "dvts"})
        compared = await call(client, "compare_strategies", problem="p", n=2)
    offered = tools["solve"].input_schema["properties"]["strategy"]["enum"]
    assert offered == ["greedy", "majority"]
    assert [row["strategy"] for row in compared["strategies"]] == offered
    assert result.is_error
    assert text_of(result).endswith("has no verifier; choose one of greedy, majority")


async def test_the_schemas_are_valid_and_plain() -> None:
    """Of arguments and answers; every field is explained."""
    async with connect() as client:
        tools = (await client.list_tools()).tools
        assert client.instructions == INSTRUCTIONS
    assert [tool.name for tool in tools] == ["solve", "compare_strategies"]
    for tool in tools:
        for schema in (tool.input_schema, tool.output_schema):
            assert schema is not None
            jsonschema.Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object"
        for field in tool.input_schema["properties"].values():
            assert field["description"]
            assert field["type"] in ("string", "integer", "number", "array")
        jsonschema.validate({"problem": "p", "n": 32}, tool.input_schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"problem": "p", "n": 33}, tool.input_schema)
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint is True
        assert "``" not in json.dumps(tool.model_dump(mode="json"))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tool", ["solve", "compare_strategies"])
async def test_progress_is_told(mode: str, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Growing numbers, and words for people."""
    monkeypatch.setattr("tts_async.mcp_server.progress.INTERVAL_SECONDS", 0.0)
    told: list[tuple[float, str]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        assert total is None
        told.append((progress, message or ""))

    async with connect(mode=mode) as client:
        result = await client.call_tool(tool, {"problem": "p", "n": 4}, progress_callback=note)
        assert not result.is_error
        await asyncio.sleep(0)
    numbers = [progress for progress, _ in told]
    assert len(numbers) > 2
    assert numbers == sorted(set(numbers))
    assert all("depth" in message and "candidates" in message for _, message in told)
    assert "best score 0.50" in told[-1][1]
    assert ("of 6 searches done" in told[-1][1]) is (tool == "compare_strategies")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("tool", ["solve", "compare_strategies"])
async def test_cancelling_a_call_cancels_its_searches(mode: str, tool: str) -> None:
    """Down to the generator; the server goes on."""
    generator = SlowGenerator()
    solver = make_solver(generator)
    async with connect(solver, mode) as client, asyncio.timeout(PATIENCE):
        task = asyncio.create_task(client.call_tool(tool, {"problem": "p"}))
        await generator.waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await generator.cancelled.wait()
        generator.go.set()
        assert await call(client, "solve", problem="p")
        lanes = solver.statistics().values()
        assert [lane.in_use + lane.queued for lane in lanes] == [0, 0]


async def test_calls_run_side_by_side() -> None:
    """One that waits holds up nobody."""
    generator = SlowGenerator()
    async with connect(make_solver(generator)) as client, asyncio.timeout(PATIENCE):
        calls = [asyncio.create_task(call(client, "solve", problem=f"p{i}")) for i in range(4)]
        await generator.waiting.wait()
        result = await client.call_tool("solve", {"problem": "q", "n": 0})
        assert result.is_error
        assert not any(task.done() for task in calls)
        generator.go.set()
        assert len(await asyncio.gather(*calls)) == 4


async def test_a_budget_ends_a_search_with_what_it_has() -> None:
    """By tokens and by seconds."""
    async with connect() as client:
        data = await call(client, "solve", problem="p", strategy="dvts", n=16, tokens=1)
    assert data["stop_reason"] == "budget"
    async with connect(make_solver(SlowGenerator())) as client:
        data = await call(client, "solve", problem="p", seconds=0.01)
    assert (data["stop_reason"], data["answer"]) == ("budget", None)


async def test_a_client_gets_no_more_than_the_solver_allows() -> None:
    """Whatever it asks for."""
    solver = make_solver(budget=Budget(tokens=1))
    async with connect(solver) as client:
        for wanted in (None, 10**6):
            data = await call(client, "solve", problem="p", strategy="dvts", tokens=wanted)
            assert data["stop_reason"] == "budget"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install."""
    for name in [*sys.modules]:
        if name == "mcp" or name.startswith(("mcp.", "tts_async.mcp_server.")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(mcp_server, "server")
    monkeypatch.setitem(sys.modules, "mcp", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'tts-async\[mcp\]'"):
        make_server(make_solver())
