"""The page as text: what is in it, and what cannot get out of its place."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html import unescape
from typing import Any

from tests.observe.tree.made import big, made, small
from tts_async import Problem, Result
from tts_async.errors import GeneratorUnavailable
from tts_async.observe import tree_page

DATA = re.compile(r'<script id="search-data" type="application/json">(.*?)</script>', re.DOTALL)
HOSTILE = "</script><script>alert(1)</script><!--<script> & \u2028 \u2029 \x00 ]]>"


def data_of(page: str) -> Any:
    """The search as the page's program gets it."""
    found = DATA.search(page)
    assert found
    return json.loads(found[1])


def test_the_data_of_a_page() -> None:
    """Nodes by column, texts in pieces, groups by index."""
    data = data_of(tree_page(small()))
    assert data["nodes"]["parent"] == [-1, 0, 0, -1, 3, -1]
    assert data["nodes"]["kept"] == [1, 1, 0, 1, 1, 0]
    assert data["nodes"]["winning"] == [1, 1, 0, 0, 0, 0]
    assert data["nodes"]["group"] == [-2, 0, -2, -2, 1, -2]
    assert data["nodes"]["score"] == [0.6, 0.9, 0.2, 0.5, 0.4, 0.1]
    [[score, pieces]] = data["nodes"]["steps"][1]
    assert (score, pieces[0], pieces[2]) == (None, "It is ", ".")
    assert data["formulas"][pieces[1]][0] == r"$\boxed{\frac{1}{2}}$"
    assert data["winningGroup"] == 0
    assert data["open"] == [-1, 0, 3]


def test_a_whole_answer_shows_the_score_of_each_step() -> None:
    """Where there is one for each."""
    result = made([((0,), "one\n\ntwo", 0.5)], {(0,): "2"})
    node = replace(result.tree[(0,)], step_scores=(0.25, 0.75))
    result.tree.put([node])
    steps = data_of(tree_page(result))["nodes"]["steps"]
    assert steps == [[[0.25, ["one\n\n"]], [0.75, ["two"]]]]


def test_an_answer_in_words_is_no_mathematics() -> None:
    """As a formula it would stand in italics, letter by letter."""
    data = data_of(tree_page(made([((0,), "it is Evelyn", 0.5)], {(0,): "Evelyn"})))
    assert data["votes"][0]["answer"] == ["Evelyn"]


def test_no_text_ends_the_block_it_stands_in() -> None:
    """Neither of the problem nor of a step, an answer, an error or an id."""
    pieces = [((0,), HOSTILE, 0.5), ((0, 0), HOSTILE, 0.5)]
    result = made(
        pieces,
        {(0, 0): HOSTILE},
        problem=Problem(HOSTILE, id=HOSTILE, answer=HOSTILE),
        strategy=HOSTILE,
        error=GeneratorUnavailable(HOSTILE),
    )
    page = tree_page(result)
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert page.count("<!--") == 0
    assert "\u2028" not in page
    assert data_of(page)["nodes"]["steps"][0] == [[None, [HOSTILE]]]


def test_a_page_is_text_whatever_it_holds() -> None:
    """Half characters, as a model's byte pieces can leave them, become a mark."""
    page = tree_page(made([((0,), "a\ud800b", 0.5)], {(0,): "\udfff"}))
    assert data_of(page)["nodes"]["steps"][0] == [[None, ["a?b"]]]


def test_the_policy_allows_the_page_itself_and_nothing_else() -> None:
    """By digest, so that no other script or style can take effect."""
    page = tree_page(small())
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    rules = dict(rule.split(" ", 1) for rule in unescape(policy).split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["require-trusted-types-for"] == "'script'"
    style, script = page.split("<style>")[1].split("</style>")[0], page.split("<script>")[1]
    assert rules["style-src"] == digest(style)
    assert rules["script-src"] == digest(script.split("</script>")[0])
    assert not re.search(r"(?:src|href)=\"(?!data:,|#)|url\(|@import|https?://(?!www.w3.org)", page)


def digest(text: str) -> str:
    """As a policy writes it."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def test_results_with_nothing_to_draw() -> None:
    """A search that ended before its first step, and one that failed."""
    nothing: Result = made([], {}, stop_reason="deadline")
    assert data_of(tree_page(nothing))["nodes"]["parent"] == []
    failed = made([], {}, stop_reason="error", error=GeneratorUnavailable("gone"))
    assert data_of(tree_page(failed))["error"] == "gone"


def test_a_big_tree_makes_a_page_that_can_be_sent() -> None:
    """Ten thousand nodes in less than three megabytes, few of them open."""
    page = tree_page(big())
    data = data_of(page)
    assert len(data["nodes"]["parent"]) == 64 * 40 * 4
    assert len(page) < 3_000_000
    assert len(data["open"]) < 120
