"""The page as its readers get it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.observe.tree.browser import a_browser, opened
from tests.observe.tree.made import big, made, small
from tts_async import Problem
from tts_async.observe import tree_page
from tts_async.observe.tree import formulas

OPEN_SECONDS = 2
ATTACK = "window.hacked = 1"
HOSTILE = [
    f"</script><script>{ATTACK}</script>",
    f"<img src=x onerror='{ATTACK}'>",
    f"<svg onload='{ATTACK}'>",
    f"$\\text{{<img src=x onerror='{ATTACK}'>}}$",
    f"$\\href{{javascript:{ATTACK}}}{{x}}$",
    "$\\style{position:fixed}{x}$",
    "<!--<script> &lt;b&gt; \u2028 \u2029 \u202e {{7*7}} ${7*7}",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for all tests; they are inside its event loop, so the files are read before."""
    tree_page(small())
    with a_browser() as browser:
        yield browser


@pytest.mark.parametrize("width", [1400, 400])
@pytest.mark.parametrize("dark", [False, True])
def test_it_loads_quietly_and_fits(browser: Any, tmp_path: Path, width: int, dark: bool) -> None:
    """No message, no request, no violation of its own policy, and nothing wider than the screen."""
    with opened(browser, small(), tmp_path, width=width, dark=dark) as seen:
        assert seen.shown() == [0, 1, 2, 3, 4, 5]
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
        assert seen.page.evaluate("violations") == []
        assert (seen.complaints, seen.requests) == ([], [])
        assert "50 % of the vote" in seen.texts("#answer")[0]
        background = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == ("rgb(17, 20, 23)" if dark else "rgb(246, 245, 241)")


def test_the_policy_holds(browser: Any, tmp_path: Path) -> None:
    """Even a script that ran inside could not ask the network or turn a string into markup."""
    with opened(browser, small(), tmp_path) as seen:
        outcome = seen.page.evaluate(
            """async () => {
                let fetched = "sent";
                try { await fetch("http://127.0.0.1:9/"); } catch { fetched = "refused"; }
                let markup = "taken";
                try { document.body.innerHTML = "<b>x</b>"; } catch { markup = "refused"; }
                const script = document.createElement("script");
                try { script.textContent = "window.hacked = 1"; } catch { /* refused */ }
                document.body.append(script);
                return [fetched, markup, window.hacked ?? "nothing"];
            }"""
        )
        assert outcome == ["refused", "refused", "nothing"]
        assert "connect-src" in seen.page.evaluate("violations")


def test_text_of_a_model_stays_text(browser: Any, tmp_path: Path) -> None:
    """Whatever it says, in whatever place; all of it can be read."""
    whole = "\n".join(HOSTILE)
    pieces = [((place,), text, 0.5) for place, text in enumerate(HOSTILE)]
    result = made(
        pieces,
        {(place,): text for place, text in enumerate(HOSTILE)},
        problem=Problem(whole, id=HOSTILE[0], answer=HOSTILE[1]),
        strategy=HOSTILE[1],
    )
    with opened(browser, result, tmp_path) as seen:
        for row in seen.page.locator("#outline .row").all():
            row.click()
        assert seen.page.evaluate("window.hacked ?? null") is None
        assert seen.page.locator("img, svg, iframe, a[href^=javascript], [onerror]").count() == 0
        assert seen.page.locator("math [href], math [style], math [class]").count() == 0
        assert (seen.complaints, seen.requests) == ([], [])
        rows = seen.texts("#outline .text")
        assert HOSTILE[0] in rows[0]
        assert HOSTILE[1] in rows[1]
        assert HOSTILE[1] in seen.texts("#run")[0]


def test_an_endless_text(browser: Any, tmp_path: Path) -> None:
    """Is cut in its row, and all there where it is asked for."""
    lines = 150_000
    with opened(browser, made([((0,), "so\n" * lines, 0.5)], {(0,): "7"}), tmp_path) as seen:
        assert len(seen.texts("#outline .text")[0]) < 1000
        length = seen.page.evaluate("document.querySelector('.lineage').textContent.length")
        assert length > 3 * lines - 10
        assert seen.complaints == []


def test_branches_open_and_close(browser: Any, tmp_path: Path) -> None:
    """By mouse, and all at once."""
    with opened(browser, small(), tmp_path) as seen:
        first = seen.page.locator('[data-node="0"] > .row .twist')
        first.click()
        assert seen.shown() == [0, 3, 4, 5]
        first.click()
        assert seen.shown() == [0, 1, 2, 3, 4, 5]
        seen.page.get_by_role("button", name="Collapse").click()
        assert seen.shown() == [0, 3, 5]
        seen.page.get_by_role("button", name="Expand all").click()
        assert seen.shown() == [0, 1, 2, 3, 4, 5]


def test_the_keyboard_is_enough(browser: Any, tmp_path: Path) -> None:
    """Arrows as in every tree, Enter to select; one stop of the Tab key for all rows."""
    with opened(browser, small(), tmp_path) as seen:
        seen.page.locator("#collapse").focus()
        seen.page.keyboard.press("Tab")
        assert seen.has_focus == 1  # the winner is where the reader begins
        went = []
        for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "ArrowRight", "End", "Home"):
            seen.page.keyboard.press(key)
            went.append((seen.has_focus, seen.shown()))
        assert went == [
            (0, [0, 1, 2, 3, 4, 5]),
            (0, [0, 3, 4, 5]),
            (3, [0, 3, 4, 5]),
            (4, [0, 3, 4, 5]),
            (5, [0, 3, 4, 5]),
            (0, [0, 3, 4, 5]),
        ]
        seen.page.keyboard.press("ArrowRight")
        seen.page.keyboard.press("ArrowRight")
        seen.page.keyboard.press("ArrowDown")
        seen.page.keyboard.press("Enter")
        assert "a dead end" in seen.texts("#details")[0]
        assert seen.page.locator('[aria-selected="true"]').get_attribute("data-node") == "2"


def test_what_a_row_says(browser: Any, tmp_path: Path) -> None:
    """Its score, its text without marks of Markdown, its votes; what was dropped looks so."""
    with opened(browser, small(), tmp_path) as seen:
        assert seen.texts("#outline .score") == ["0.60", "0.90", "0.20", "0.50", "0.40", "0.10"]
        assert seen.texts("#outline .text")[0] == "Step 1: a start"
        assert seen.nodes_of(".pruned") == ["2", "5"]
        assert seen.nodes_of(".on-the-way") == ["0", "1"]
        label = seen.page.locator('[data-node="2"]').get_attribute("aria-label")
        assert label == "score 0.20, pruned: a dead end"


@pytest.mark.skipif(not formulas._is_installed(), reason="needs latex2mathml (the html extra)")
def test_formulas_are_set(browser: Any, tmp_path: Path) -> None:
    """As MathML that the browser lays out: the numerator stands above the denominator."""
    with opened(browser, small(), tmp_path) as seen:
        halves = seen.page.locator("#answer mfrac > *").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect().top)"
        )
        assert halves[0] < halves[1]


def test_a_group_of_votes_shows_its_candidates(browser: Any, tmp_path: Path) -> None:
    """A click marks them and opens the way to them, another one lets go."""
    with opened(browser, small(), tmp_path) as seen:
        seen.page.get_by_role("button", name="Collapse").click()
        answer = seen.page.locator("#votes tbody button").nth(1)
        answer.click()
        assert seen.shown() == [0, 3, 4, 5]
        assert seen.nodes_of(".of-group") == ["4"]
        assert answer.get_attribute("aria-pressed") == "true"
        answer.click()
        assert seen.nodes_of(".of-group") == []


def test_text_can_be_found(browser: Any, tmp_path: Path) -> None:
    """What has it stays, with everything above it; pruned branches can be left out."""
    with opened(browser, small(), tmp_path) as seen:
        seen.page.fill("#search", "START")
        seen.page.get_by_text("3 of 6 nodes").wait_for()
        assert seen.shown() == [0, 3, 5]
        assert seen.texts("mark") == ["start"] * 3
        seen.page.check("#kept-only")
        assert seen.shown() == [0, 3]
        seen.page.fill("#search", "")
        seen.page.get_by_text("4 nodes that led to an answer").wait_for()
        assert seen.shown() == [0, 1, 3, 4]


def test_the_overview_leads_to_the_step(browser: Any, tmp_path: Path) -> None:
    """A click on a dot selects its node."""
    with opened(browser, small(), tmp_path) as seen:
        box = seen.page.locator("#map").bounding_box()
        share = (2 * 1 + 1.5 * 0.55) / (
            2 * 1 + 2 * 0.55
        )  # the last leaf; pruned ones take less room
        seen.page.mouse.click(box["x"] + 14 + share * (box["width"] - 28), box["y"] + 14 + 52)
        seen.page.get_by_role("heading", name="Step 1", exact=True).wait_for()
        assert seen.texts(".lineage .prose") == ["a bad start"]


def test_on_a_small_screen_a_step_opens_over_the_page(browser: Any, tmp_path: Path) -> None:
    """Only when it is asked for, and Escape closes it."""
    with opened(browser, small(), tmp_path, width=400) as seen:
        details = seen.page.locator("#details")
        assert not details.is_visible()
        seen.page.locator('[data-node="3"] > .row').click()
        assert details.is_visible()
        details.get_by_role("button", name="Close").focus()
        seen.page.keyboard.press("Escape")
        assert not details.is_visible()


def test_ten_thousand_nodes_open_fast(browser: Any, tmp_path: Path) -> None:
    """In less than two seconds of the page's own processor time; rows are made as they open."""
    with opened(browser, big(), tmp_path) as seen:
        assert 0.01 < seen.busy < OPEN_SECONDS
        assert seen.page.evaluate("document.querySelectorAll('*').length") < 20_000
        assert len(seen.shown()) < 600
        assert seen.complaints == []


def test_a_search_with_no_steps(browser: Any, tmp_path: Path) -> None:
    """It says so much, and breaks nowhere."""
    with opened(browser, made([], {}, stop_reason="deadline"), tmp_path) as seen:
        assert "none" in seen.texts("#answer")[0]
        assert "the deadline came first" in seen.texts("#answer")[0]
        assert seen.complaints == []
