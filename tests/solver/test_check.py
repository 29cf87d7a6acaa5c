"""``Solver.check()``: what is there, what works, what is missing and how to get it."""

import asyncio
from pathlib import Path

import pytest

from tests.generation.fake_server import OPENAI, VLLM, FakeServer, Status
from tts_async import ConfigurationError, Majority, Solver
from tts_async.embedded import GENERATOR_PATH
from tts_async.errors import GeneratorUnavailable, VerifierUnavailable
from tts_async.generation import OpenAIGenerator
from tts_async.testing import RandomGenerator, ScriptedVerifier
from tts_async.types.checkup import CheckReport, Feature, ServiceReport

SECONDS = 30
"""On a busy machine; to retry as long as a search would takes minutes."""


def works(report: CheckReport, name: str) -> bool | None:
    """Whether the first service has a feature."""
    return feature(report, name).works


def feature(report: CheckReport, name: str) -> Feature:
    """One feature of the first service."""
    return next(f for f in report.services[0].features if f.name == name)


async def test_a_vllm_server() -> None:
    """Version, model, limits and features; nothing is missing."""
    async with FakeServer() as server:
        report = await Solver(base_url=server.base_url).check()
        [service] = report.services
        assert (service.kind, service.version, service.where) == (
            "vLLM server",
            "0.32.0",
            server.base_url,
        )
        assert (service.model, service.context_length, service.capacity) == ("tiny", 4096, 512)
        assert report.ok
        assert report.problems == ()
        assert all(works(report, name) for name in ("token ids", "logprobs", "prefix caching"))
        assert feature(report, "prefix caching").detail == "in blocks of 16 tokens"
        assert server.running == 0


async def test_priority_is_never_claimed() -> None:
    """Accepting the field is not heeding it: 0.32 takes it whatever its queue does."""
    async with FakeServer() as server:
        report = await Solver(base_url=server.base_url).check()
        assert works(report, "priority") is None
        server.refuses_priority = True
        report = await Solver(base_url=server.base_url).check()
        assert works(report, "priority") is False
        assert feature(report, "priority").fix == "start vLLM with --scheduling-policy priority"
        assert report.ok  # searches do without


async def test_what_searches_can_do_without() -> None:
    """No metrics, no log-probabilities, no prefix cache: said, with the fix, and fine."""
    async with FakeServer(extras=VLLM - {"/metrics", "/version"}) as server:
        report = await Solver(base_url=server.base_url).check()
        assert (works(report, "prefix cache metrics"), works(report, "prefix caching")) == (
            False,
            None,
        )
        assert report.services[0].version is None
        assert report.ok
    async with FakeServer() as server:
        server.metrics = server.metrics.replace(b'"True"', b'"False"')
        report = await Solver(base_url=server.base_url).check()
        assert works(report, "prefix caching") is False
        assert "--enable-prefix-caching" in feature(report, "prefix caching").fix


async def test_a_server_without_token_ids() -> None:
    """An old vLLM: found out here, with the fix, rather than in the first search."""
    async with FakeServer() as server:
        server.fail("/v1/completions", Status(400, {"detail": "extra field return_token_ids"}))
        report = await Solver(base_url=server.base_url).check()
        assert not report.ok
        [problem] = report.problems
        assert problem.startswith(f"{server.base_url}: token ids does not work (http")
        assert problem.endswith("vLLM 0.11 or later, without a gateway")


async def test_an_openai_server() -> None:
    """Whole answers work, steps do not; told otherwise, they are tried."""
    async with FakeServer(extras=OPENAI) as server:
        report = await Solver(base_url=server.base_url).check()
        assert report.services[0].kind == "OpenAI-compatible server"
        assert (works(report, "answers"), works(report, "steps")) == (True, False)
        assert not report.ok
        assert "use greedy, majority or best_of_n" in report.problems[0]
        async with Solver(generator=OpenAIGenerator(server.base_url)) as solver:
            assert (await solver.check()).problems == report.problems
            await server.stop()
            async with asyncio.timeout(SECONDS):
                assert "cannot connect" in (await solver.check()).problems[0]
    async with FakeServer() as server:
        generator = OpenAIGenerator(server.base_url, continue_final_message=True)
        report = await Solver(generator=generator).check()
        assert report.ok
        server.fail("/v1/chat/completions", Status(400, {"detail": "no"}))
        report = await Solver(generator=generator).check()
        assert (works(report, "answers"), report.ok) == (False, False)


async def test_nobody_there() -> None:
    """A line of the report, not an exception: the report is what was asked for."""
    report = await Solver(base_url="http://127.0.0.1:1/v1").check()
    [service] = report.services
    assert (service.where, service.kind, report.ok) == ("http://127.0.0.1:1/v1", "server", False)
    assert "start the server, or correct base_url" in report.problems[0]


async def test_a_locked_door() -> None:
    """The fix is the API key."""
    async with FakeServer() as server:
        server.fail("/v1/models", *[Status(401, {"error": "Unauthorized"})] * 2)
        server.fail("/tokenize", Status(401), Status(401))
        server.fail("/version", Status(401))
        report = await Solver(base_url=server.base_url, model="tiny").check()
        assert not report.ok


async def test_wrong_arguments_are_raised() -> None:
    """What the caller has to decide is no property of the server."""
    async with FakeServer() as server:
        server.models = [{"id": "big"}, {"id": "small"}]
        with pytest.raises(ConfigurationError, match="pass model=; it serves 'big', 'small'"):
            await Solver(base_url=server.base_url).check()
    for url in ("nonsense", ["http://h/v1", "http://h"]):
        with pytest.raises(ConfigurationError, match="base_url: "):
            await Solver(base_url=url).check()
    for nothing in ("", []):
        with pytest.raises(ConfigurationError, match="base_url: it is empty"):
            Solver(base_url=nothing)


async def test_replicas() -> None:
    """One report each, capacities added up; one that is down does not hide the others."""
    async with FakeServer() as one, FakeServer() as two:
        urls = [one.base_url, two.base_url]
        report = await Solver(base_url=urls).check()
        assert [service.where for service in report.services] == urls
        assert (report.ok, report.capacity) == (True, 1024)
        await two.stop()
        report = await Solver(base_url=urls).check()
        assert [service.ok for service in report.services] == [True, False]
        assert (report.ok, report.capacity) == (False, 512)
        assert report.problems[0].startswith(f"{two.base_url}/models: cannot connect")
        await one.stop()
        [service] = (await Solver(base_url=urls).check()).services
        assert str(service.error).startswith("none of the replicas answers: ")


async def test_replicas_behind_a_solver() -> None:
    """``base_url=[...]`` is all it takes; kinds and models must match."""
    async with FakeServer() as one, FakeServer() as two:
        async with Solver(base_url=[one.base_url, two.base_url]) as solver:
            assert solver.statistics()["generation"].capacity == 1024
            problems = [f"p{i}" for i in range(4)]
            results = [r async for r in solver.solve_many(problems, strategy=Majority(2))]
            assert len(results) == 4
            assert [s.counts["/v1/completions"] for s in (one, two)] == [2, 2]
        two.model = "other"
        with pytest.raises(ConfigurationError, match="must serve the same model"):
            await Solver(base_url=[one.base_url, two.base_url]).__aenter__()
    async with FakeServer() as one, FakeServer(extras=OPENAI) as two:
        with pytest.raises(ConfigurationError, match=f"only {one.base_url} is vLLM"):
            await Solver(base_url=[one.base_url, two.base_url]).__aenter__()


async def test_on_an_open_solver() -> None:
    """A look at what is in use: nothing is opened or closed, and searches go on."""
    async with FakeServer() as server, Solver(base_url=server.base_url) as solver:
        search = asyncio.create_task(solver.solve("1+1?", strategy=Majority(2)))
        assert (await solver.check()).ok
        await search
        await server.stop()
        async with asyncio.timeout(SECONDS):  # the patience of a search is not for a look
            report = await solver.check()
        assert not report.ok


class Broken:
    """A verifier that does not open."""

    capacity = 3

    async def __aenter__(self) -> None:
        raise VerifierUnavailable("no weights")

    async def __aexit__(self, *_: object) -> None:
        pass

    async def score(self, requests: object) -> list[list[float]]:
        """Never called."""
        raise AssertionError


async def test_anything_else() -> None:
    """A user's own generator and verifier are shown by what can be seen of them."""
    report = await Solver(
        generator=RandomGenerator(capacity=5), verifier=ScriptedVerifier({})
    ).check()
    assert report.services == (
        ServiceReport(role="generator", kind="RandomGenerator", capacity=5),
        ServiceReport(role="verifier", kind="ScriptedVerifier", capacity=256),
    )
    report = await Solver(generator=RandomGenerator(), verifier=Broken()).check()
    assert report.problems == ("verifier: no weights",)


class Unwell(RandomGenerator):
    """A generator that answers for itself."""

    async def check(self) -> list[ServiceReport]:
        """Badly."""
        raise GeneratorUnavailable("unwell")


async def test_a_check_that_fails() -> None:
    """Its error is the report."""
    report = await Solver(generator=Unwell()).check()
    assert report.problems == ("generator: unwell",)


async def test_a_local_model() -> None:
    """The folder, its limits; opened for the look and closed again."""
    solver = Solver(generator=GENERATOR_PATH)
    report = await solver.check()
    [service] = report.services
    assert (service.kind, service.where) == ("local model", str(GENERATOR_PATH))
    assert service.model == Path(GENERATOR_PATH).name
    assert service.context_length
    assert report.ok


def test_plain_data() -> None:
    """For ``--json``: no fix for what works."""
    features = (
        Feature(name="a", works=True, fix="f"),
        Feature(name="b", works=False, detail="why", fix="do this"),
    )
    report = CheckReport((ServiceReport(role="generator", kind="k", features=features),))
    data = report.to_dict()
    assert (data["ok"], data["problems"]) == (
        False,
        ["generator: b does not work (why); do this"],
    )
    assert [f["fix"] for f in data["services"][0]["features"]] == [None, "do this"]


async def test_a_solver_can_be_opened_after_a_check_and_again() -> None:
    """Local models and the process that compares answers are closed for good; new ones are made."""
    solver = Solver(generator="embedded", strategy=Majority(2))
    assert (await solver.check()).ok
    for _ in range(2):
        async with solver:
            assert (await solver.solve("12*3+4")).candidates


async def test_the_server_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_BASE_URL is where a model is that comes without a server."""
    async with FakeServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        report = await Solver(model="tiny").check()
        assert [service.where for service in report.services] == [server.base_url]
