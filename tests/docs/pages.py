"""The pages of the documentation and the Python in them."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>[a-z]+)(?P<options>[^\n]*)\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block; ``line`` is where its first line of code stands in the page.

    ``output`` is what it should print: the block of ``text`` that follows at once, if there is
    one without a title.
    """

    page: Path
    line: int
    language: str
    options: str
    code: str
    output: str | None = None

    @property
    def is_run(self) -> bool:
        """Whether it runs as it stands, without what a ``title="needs …"`` asks for."""
        return 'title="needs ' not in self.options

    @property
    def padded(self) -> str:
        """The code with its line numbers in the page, for tracebacks."""
        return "\n" * (self.line - 1) + self.code


def pages() -> list[Path]:
    """README.md, where it exists, and every page of the site."""
    readme = ROOT / "README.md"
    return [*([readme] if readme.exists() else []), *sorted(DOCS.glob("**/*.md"))]


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page that name a language, in order."""
    text = page.read_text(encoding="utf-8")
    found = list(_BLOCK.finditer(text))
    for match, following in zip_longest(found, found[1:]):
        yield Block(
            page=page,
            line=text.count("\n", 0, match.start("code")) + 1,
            language=match["language"],
            options=match["options"],
            code=textwrap.dedent(match["code"]),
            output=_output(text[match.end() :], following),
        )


def _output(rest: str, following: re.Match[str] | None) -> str | None:
    if following is None or (following["language"], following["options"]) != ("text", ""):
        return None
    return textwrap.dedent(following["code"]) if rest.lstrip().startswith("```text\n") else None
