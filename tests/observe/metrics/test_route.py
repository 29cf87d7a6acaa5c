"""The page that Prometheus reads, served by aiohttp, with a verifier that has to be asked."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from tts_async.errors import ConfigurationError, VerifierUnavailable
from tts_async.observe.metrics import make_metrics, metrics_route, resources
from tts_async.scheduler import Statistics
from tts_async.verifiers.local import LocalVerifierStatistics
from tts_async.verifiers.pool import WorkerStatistics

SCORING = LocalVerifierStatistics(
    batches=3, paths=9, tokens=500, computed_tokens=200, reused_tokens=300, remembered=7, waiting=0
)
WORKER = WorkerStatistics(
    device="cpu", pid=1, state="ready", in_flight=0, restarts=2, reason=None, scoring=SCORING
)
LANE = Statistics(capacity=8, in_use=5, queued=3, tickets_waiting=1, peak=8, granted=20)

Client = TestClient[web.Request, web.Application]


class Verifier:
    """Says of itself what a test wants."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def statistics(self) -> Any:
        """At once, or to be awaited."""
        return self.answer()


class Watched:
    """What a solver shows."""

    def __init__(self, answer: Any, *, is_open: bool = True) -> None:
        self.verifier = Verifier(answer)
        self._is_open = is_open

    def statistics(self) -> dict[str, Statistics]:
        """One lane."""
        if not self._is_open:
            raise ConfigurationError("solver: it is not open")
        return {"generation": LANE}


@pytest.fixture
async def metrics_client() -> AsyncIterator[tuple[Any, Client]]:
    """Metrics, and somebody who reads them."""
    metrics = make_metrics()
    app = web.Application()
    app.router.add_routes([metrics_route(metrics)])
    async with TestClient(TestServer(app)) as client:
        yield metrics, client


async def scrape(client: Client) -> list[str]:
    """The lines of the page."""
    async with client.get("/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=")
        return (await response.text()).splitlines()


async def workers() -> list[WorkerStatistics]:
    """As a pool answers."""
    return [WORKER]


async def one() -> LocalVerifierStatistics:
    """As a single process answers."""
    return SCORING


async def test_lanes_and_cache_are_on_the_page(metrics_client: tuple[Any, Client]) -> None:
    """A pool's workers, each with its own numbers."""
    metrics, client = metrics_client
    metrics.watch(Watched(workers))
    page = await scrape(client)
    assert 'tts_async_lane_in_use{lane="generation"} 5.0' in page
    assert 'tts_async_lane_queued{lane="generation"} 3.0' in page
    assert 'tts_async_verifier_tokens_total{source="computed",worker="0"} 200.0' in page
    assert 'tts_async_verifier_tokens_total{source="reused",worker="0"} 300.0' in page
    assert 'tts_async_verifier_remembered_total{worker="0"} 7.0' in page
    assert 'tts_async_verifier_restarts_total{worker="0"} 2.0' in page


async def test_a_single_process_is_worker_0(metrics_client: tuple[Any, Client]) -> None:
    """``LocalVerifier`` by itself."""
    metrics, client = metrics_client
    metrics.watch(Watched(one))
    assert 'tts_async_verifier_tokens_total{source="reused",worker="0"} 300.0' in await scrape(
        client
    )


@pytest.mark.parametrize("answer", [object, lambda: [object()]])
async def test_other_verifiers_have_no_such_numbers(
    metrics_client: tuple[Any, Client], answer: Any
) -> None:
    """A judge's or a server's statistics are something else."""
    metrics, client = metrics_client
    metrics.watch(Watched(answer))
    page = await scrape(client)
    assert not [line for line in page if line.startswith("tts_async_verifier_tokens_total")]


async def test_a_verifier_that_hangs_does_not_hang_the_page(
    metrics_client: tuple[Any, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last numbers stay, as they do when it is away."""
    monkeypatch.setattr(resources, "ANSWER_SECONDS", 0.01)
    metrics, client = metrics_client
    watched = Watched(workers)
    metrics.watch(watched)
    page = await scrape(client)

    async def hang() -> None:
        await asyncio.Event().wait()

    async def gone() -> None:
        raise VerifierUnavailable("away")

    for answer in (hang, gone):
        watched.verifier.answer = answer
        assert numbers(await scrape(client)) == numbers(page)


def numbers(page: list[str]) -> list[str]:
    """Of the verifier."""
    found = [line for line in page if line.startswith("tts_async_verifier")]
    assert found
    return found


async def test_a_closed_solver_has_no_lanes(metrics_client: tuple[Any, Client]) -> None:
    """The rest of the page is there."""
    metrics, client = metrics_client
    metrics.watch(Watched(workers, is_open=False))
    page = await scrape(client)
    assert not [line for line in page if line.startswith("tts_async_lane")]
    assert "tts_async_searches_running 0.0" in page


async def test_who_may_read_is_for_the_application_to_say() -> None:
    """Before anything is looked up."""

    def refuse(_: web.Request) -> None:
        raise web.HTTPForbidden

    app = web.Application()
    app.router.add_routes([metrics_route(make_metrics(), check=refuse)])
    async with TestClient(TestServer(app)) as client, client.get("/metrics") as response:
        assert response.status == 403


async def test_openmetrics_for_those_who_ask_for_it(metrics_client: tuple[Any, Client]) -> None:
    """As Prometheus does."""
    _, client = metrics_client
    accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
    async with client.get("/metrics", headers={"Accept": accept}) as response:
        assert response.headers["Content-Type"].startswith("application/openmetrics-text")
        assert (await response.text()).endswith("# EOF\n")
