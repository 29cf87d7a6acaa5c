"""The live page as those who look at it get it: asked, watched, cancelled, crowded, attacked."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.gateway.live.living import KEYS, MINE, Beside, beside
from tests.observe.tree.browser import LISTEN, a_browser
from tests.patience import PATIENCE, wait_for
from tts_async import DVTS, GenerationRequest, Problem, Step
from tts_async.testing import RandomGenerator, ScriptedGenerator

CROWD = 50
ATTACK = "window.hacked = 1"
HOSTILE = (
    f"</script><script>{ATTACK}</script> <img src=x onerror='{ATTACK}'> <svg onload='{ATTACK}'> "
    f"$\\href{{javascript:{ATTACK}}}{{x}}$ \u2028 \u202e {{{{7*7}}}}"
)
RUNNING, ENDED = "#running > li", "#ended > li"


class Held(RandomGenerator):
    """Takes no path beyond so many steps before it is told to ``go``, from whatever thread."""

    def __init__(self, steps: int, **options: Any) -> None:
        super().__init__(**options)
        self.go = threading.Event()
        self._steps = steps

    async def generate(self, request: GenerationRequest) -> list[Step]:
        """What ``RandomGenerator`` says, some of it later."""
        while len(request.steps) == self._steps and not self.go.is_set():  # noqa: ASYNC110 - no event loop's
            await asyncio.sleep(0.01)
        return await super().generate(request)


class Window:
    """A page with its complaints."""

    def __init__(self, page: Any, session: Any) -> None:
        self.page = page
        self._session = session
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def ask(self, question: str, strategy: str = "dvts", n: int = 8) -> None:
        """Type a question and send it."""
        self.page.select_option("#strategy", strategy)
        self.page.select_option("#n", str(n))
        self.page.fill("#question", question)
        self.page.click("#send")

    def wait_for_state(self, state: str) -> None:
        """Until the search that is shown is in that state, and its tree is there."""
        self.page.locator(f'#chosen[data-state="{state}"][aria-busy="false"]').wait_for()

    def wait_until(self, condition: str) -> None:
        """Until a line of JavaScript is true; looked at from outside, as the policy wants it."""
        end = time.monotonic() + PATIENCE
        while not self.page.evaluate(condition):
            assert time.monotonic() < end, condition
            self.page.wait_for_timeout(25)

    def count(self, selector: str) -> int:
        """How many elements there are."""
        number: int = self.page.locator(selector).count()
        return number

    def text(self, selector: str) -> str:
        """What can be read there."""
        words: str = self.page.locator(selector).inner_text()
        return words

    @property
    def busy(self) -> float:
        """Seconds of the processor that the page has had."""
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for all tests."""
    with a_browser() as browser:
        yield browser


@contextmanager
def window(
    browser: Any, gateway: Beside, *, width: int = 1400, dark: bool = False
) -> Iterator[Window]:
    """The live page, open and connected."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    page.add_init_script(LISTEN)
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    seen = Window(page, session)
    try:
        page.goto(gateway.url)
        yield seen
        assert page.evaluate("violations") == []
    finally:
        context.close()


def steady(seen: Window) -> None:
    """Wait for the first frame."""
    seen.page.locator('#connection[data-state="live"]').wait_for()


@pytest.mark.parametrize(("width", "dark"), [(1400, False), (400, True)])
def test_a_question_is_asked_watched_and_answered(browser: Any, width: int, dark: bool) -> None:
    """Its tree grows, its branches fade, its answers vote; nothing is wider than the screen."""
    generator = Held(3)
    with (
        beside(generator=generator) as gateway,
        window(browser, gateway, width=width, dark=dark) as seen,
    ):
        steady(seen)
        assert "Watch a search grow" in seen.text("#welcome")
        seen.ask("What is 1 + 1?")
        seen.wait_for_state("running")
        seen.wait_until("document.querySelectorAll('#outline .pruned').length > 3")
        assert seen.page.locator('#chosen[data-state="running"]').count() == 1
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        generator.go.set()
        seen.wait_for_state("finished")
        assert seen.text("#problem") == "What is 1 + 1?"
        assert "% of the vote" in seen.text("#answer")
        assert "8 candidates" in seen.text("#votes")
        assert seen.count("#outline .on-the-way") == 4
        assert seen.count(RUNNING) == 0
        assert seen.count(ENDED) == 1
        assert "= " in seen.text(f"{ENDED} .state")
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.complaints == []
        assert all(url.startswith(gateway.url) for url in seen.requests)


def test_cancelling_ends_the_search_down_to_the_generator(browser: Any) -> None:
    """Its sequences stop, it says so, and another one can be asked."""
    generator = RandomGenerator(delay=lambda request: 300 if request.problem.text == "slow" else 0)
    with beside(generator=generator) as gateway, window(browser, gateway) as seen:
        steady(seen)
        seen.ask("slow")
        seen.wait_for_state("running")
        wait_for(lambda: generator.running == 8)
        seen.page.locator("#cancel").click()
        seen.wait_for_state("cancelled")
        wait_for(lambda: generator.running == 0)
        assert seen.count(RUNNING) == 0
        assert not seen.page.locator("#cancel").is_visible()
        seen.ask("quick")
        seen.wait_until("document.querySelector('#problem').textContent === 'quick'")
        seen.wait_for_state("finished")
        assert seen.complaints == []


def test_closing_the_page_cancels_what_it_asked(browser: Any) -> None:
    """And nothing else."""
    generator = RandomGenerator(delay=300)
    with beside(generator=generator) as gateway:
        gateway.start(gateway.solver.solve("of another", strategy="greedy"))
        with window(browser, gateway) as seen:
            steady(seen)
            seen.ask("mine")
            seen.wait_until(f"document.querySelectorAll('{RUNNING}').length === 2")
            wait_for(lambda: generator.running == 9)
            buttons = seen.page.locator(f"{RUNNING} .cancel").evaluate_all(
                "all => all.map(b => b.hidden)"
            )
            assert buttons == [False, True]
        wait_for(lambda: generator.running == 1)


def test_fifty_searches_at_once(browser: Any) -> None:
    """The browser has most of its time for itself, and the event loop too."""
    generator = Held(0, depth=6, delay=0.1)

    async def crowd() -> tuple[float, float]:
        """Search; the longest that the event loop was busy without a break, and how long it took.

        Busy in seconds of the processor: how late the loop is depends on whoever else is there.
        """
        loop = asyncio.get_running_loop()
        begun, longest = loop.time(), 0.0
        problems = [
            gateway.solver.solve(f"problem {number}", strategy=DVTS(n=16))
            for number in range(CROWD)
        ]
        searching = asyncio.gather(*problems)
        while not searching.done():
            before = time.thread_time()
            await asyncio.sleep(0.01)
            longest = max(longest, time.thread_time() - before)
        await searching
        return longest, loop.time() - begun

    with beside(generator=generator) as gateway, window(browser, gateway) as seen:
        steady(seen)
        before = seen.busy
        searching = asyncio.run_coroutine_threadsafe(crowd(), gateway._loop)
        seen.wait_until(f"document.querySelectorAll('{RUNNING}').length === {CROWD}")
        assert seen.text("#running-count") == str(CROWD)
        seen.page.locator(f"{RUNNING} .open").nth(20).click()
        generator.go.set()
        seen.wait_until("document.querySelectorAll('#outline li').length > 20")
        longest, took = searching.result(PATIENCE)
        seen.wait_until(f"document.querySelectorAll('{RUNNING}').length === 0")
        assert seen.count(ENDED) == 40
        busy = seen.busy - before
        assert busy < took
        assert longest < 1
        assert seen.complaints == []


def test_what_a_model_says_stays_text(browser: Any) -> None:
    """In the list, the tree, the details, the votes and the answer."""
    script = {"": [f"{HOSTILE}\n\n"], f"{HOSTILE}\n\n": [rf"So $\boxed{{{HOSTILE}}}$"]}
    with beside(generator=ScriptedGenerator(script)) as gateway, window(browser, gateway) as seen:
        steady(seen)
        seen.ask(HOSTILE)
        seen.wait_for_state("finished")
        for row in seen.page.locator("#outline .row").all():
            row.click()
        assert seen.page.evaluate("window.hacked ?? null") is None
        assert seen.count("main img, main svg:not(.welcome svg), iframe, [onerror], [onload]") == 0
        assert "<img src=x" in seen.text("#problem")
        assert "<img src=x" in seen.page.locator("#outline .text").first.inner_text()
        assert "<img src=x" in seen.page.locator("#details .prose").first.inner_text()
        assert "<img src=x" in seen.text(f"{ENDED} .problem")
        assert seen.complaints == []


def test_answers_are_set_as_formulas(browser: Any) -> None:
    """Where they are; what they stand for is the same in the votes."""
    script = {"": [r"So $\boxed{\frac{1}{2}}$", r"So $\boxed{7}$", r"So $\boxed{\frac{1}{2}}$"]}
    with beside(generator=ScriptedGenerator(script)) as gateway, window(browser, gateway) as seen:
        steady(seen)
        seen.ask("What is a half?", "majority", 4)
        seen.wait_for_state("finished")
        assert seen.count("#answer mfrac") == 1
        assert seen.count("#votes mfrac") == 1
        assert seen.count("#outline .pill.winning mfrac") == 3


def test_a_search_that_ended_badly(browser: Any) -> None:
    """Says why, and nothing of the one that was shown before it."""
    script = {"": [r"So $\boxed{7}$"] * 4 + [RuntimeError("no such luck")]}
    with beside(generator=ScriptedGenerator(script)) as gateway, window(browser, gateway) as seen:
        steady(seen)
        seen.ask("good", "majority", 4)
        seen.wait_for_state("finished")
        seen.ask("bad", "majority", 4)
        seen.wait_for_state("failed")
        assert "RuntimeError" in seen.text("#answer")
        assert "No vote was held" in seen.text("#votes")
        seen.page.locator(f"{ENDED} .open").nth(1).click()
        seen.wait_for_state("finished")
        assert "No vote" not in seen.text("#votes")
        seen.page.locator(f"{ENDED} .open").nth(0).click()
        seen.wait_for_state("failed")
        assert "candidate" not in seen.text("#votes")
        assert seen.count("#outline li") == 0


def test_the_gateway_asks_for_a_key(browser: Any) -> None:
    """A wrong one is refused with the reason; the right one is kept for the tab, in no address."""
    with beside(keys=KEYS) as gateway, window(browser, gateway) as seen:
        gateway.start(
            gateway.solver.solve(Problem("of another", tenant="other"), strategy="greedy")
        )
        for key in ("wrong-key", MINE):
            seen.page.locator("#key-dialog[open]").wait_for()
            seen.page.fill("#key-input", key)
            seen.page.keyboard.press("Enter")
            if key != MINE:
                seen.page.get_by_text("does not know the key").wait_for()
        steady(seen)
        seen.ask("What is mine?")
        seen.wait_for_state("finished")
        assert seen.count(ENDED) == 1
        seen.page.reload()
        steady(seen)
        assert seen.text(f"{ENDED} .problem") == "What is mine?"
        assert not any(MINE in url for url in seen.requests)
        assert seen.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
        seen.page.click("#key")
        seen.page.click("#key-forget")
        seen.page.locator("#key-dialog[open]").wait_for()
        assert seen.page.evaluate("sessionStorage.length") == 0


def test_what_the_gateway_refuses_is_said(browser: Any) -> None:
    """In its own words, with the question back in the box; a line that waits can be left."""
    generator = RandomGenerator(delay=300)
    with (
        beside(generator=generator, max_searches=1, max_queued=1) as gateway,
        window(browser, gateway) as seen,
    ):
        steady(seen)
        seen.ask("first")
        seen.wait_for_state("running")
        seen.ask("second")
        seen.page.get_by_text("Waiting for its turn: second").wait_for()
        seen.ask("third")
        seen.page.locator("#asked .said").wait_for()
        assert "again in" in seen.text("#asked .said")
        assert seen.page.input_value("#question") == "third"
        seen.page.locator("#asked li").filter(has_text="second").get_by_role("button").click()
        seen.wait_until("!document.querySelector('#asked').textContent.includes('second')")
        assert generator.running == 8
        assert all("429" in complaint for complaint in seen.complaints)  # the browser's own


def test_it_comes_back_when_the_gateway_does(browser: Any) -> None:
    """By itself; a search of the new gateway with the number of an old one is another one."""
    with ExitStack() as first:
        gateway = first.enter_context(beside())
        with window(browser, gateway) as seen:
            steady(seen)
            seen.ask("before")
            seen.wait_for_state("finished")
            before = seen.count("#outline li")
            first.close()
            seen.page.locator('#connection[data-state="reconnecting"]').wait_for()
            assert (seen.text("#problem"), seen.count("#outline li")) == ("before", before)
            with beside(port=gateway.port):
                steady(seen)
                seen.wait_until("!document.querySelector('#ended > li')")
                seen.ask("after", "majority", 4)
                seen.wait_until("document.querySelector('#problem').textContent === 'after'")
                seen.wait_for_state("finished")
                assert "4 candidates" in seen.text("#votes")
                assert seen.count("#outline li") == 4
                assert seen.count(ENDED) == 1


def test_the_keyboard_is_enough(browser: Any) -> None:
    """To ask, to choose a search, to walk its tree."""
    with beside() as gateway, window(browser, gateway) as seen:
        steady(seen)
        seen.page.keyboard.press("Tab")
        seen.page.keyboard.press("Enter")  # skips to the question
        seen.page.keyboard.type("What is typed?")
        seen.page.keyboard.press("Enter")
        seen.wait_for_state("finished")
        seen.page.locator(f"{ENDED} .open").focus()
        seen.page.keyboard.press("Enter")
        seen.page.locator("#outline li[tabindex='0']").focus()
        seen.page.keyboard.press("Home")
        seen.page.keyboard.press("ArrowDown")
        seen.page.keyboard.press("Enter")
        chosen = seen.page.locator('#outline [aria-selected="true"]')
        assert chosen.count() == 1
        assert seen.page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
        assert "Step" in seen.text("#details h2")
