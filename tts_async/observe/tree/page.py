"""The tree of a search as one page: everything inside, nothing fetched, nothing trusted.

The page carries the search as JSON in a block that no browser runs, and a program that turns it
into elements and text, never into markup. A policy in the page names the two things that may take
effect, its own style and its own program, by their digests, and forbids the rest: other scripts,
any connection, and even turning a string into markup.
"""

import json
from base64 import b64encode
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, Final

from tts_async.observe.tree.formulas import Typesetter
from tts_async.observe.tree.page_data import page_data
from tts_async.observe.tree.view import TreeView
from tts_async.types.result import Result

STYLES: Final = ("look.css", "tree.css")
PARTS: Final = (
    "elements.js",
    "theme.js",
    "prose.js",
    "search_tree.js",
    "selection.js",
    "summary.js",
    "map.js",
    "outline.js",
    "details.js",
)
"""Of the program, in this order; what puts them together is another on the gateway's live page."""
WEB: Final = files("tts_async.observe.tree") / "web"
_UNSAFE_IN_SCRIPT: Final = str.maketrans(
    {sign: f"\\u{ord(sign):04x}" for sign in "<>&\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}"}
)


def tree_page(result: Result) -> str:
    """The search as one self-contained, interactive HTML page, to be written as UTF-8.

    It opens from a file, needs no network and works with a keyboard. Formulas are set in MathML
    with the ``html`` extra; without it they are shown as TeX. Ten thousand nodes cost about a
    second of work: inside an event loop, call this in a thread.
    """
    style, script = _joined(STYLES), _joined((*PARTS, "main.js"))
    data = page_data(TreeView.of(result), Typesetter())
    page = Template(_read("page.html")).substitute(
        title=escape(_title(result)),
        policy=escape(_policy(style, script)),
        style=style,
        script=script,
        data=_as_json(data),
    )
    return page.encode("utf-8", "replace").decode("utf-8")  # lone surrogates are no text


def _policy(style: str, script: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "img-src data:",  # the empty icon, lest a browser asks a server for one
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _title(result: Result) -> str:
    problem = " ".join(result.problem.text.split())
    return f"{problem[:60]} · {' '.join(result.strategy.split())}"


def _as_json(data: dict[str, Any]) -> str:
    """JSON that neither ends the block it stands in nor means anything in HTML."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_UNSAFE_IN_SCRIPT)


@cache
def _joined(names: Sequence[str]) -> str:
    return "\n".join(_read(name) for name in names)


@cache
def _read(name: str) -> str:
    return (WEB / name).read_text(encoding="utf-8")
