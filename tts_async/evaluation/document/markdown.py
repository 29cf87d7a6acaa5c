"""A report as Markdown, in the dialect of GitHub."""

import re
from collections.abc import Collection, Iterator
from typing import Final

from tts_async.evaluation.document.contents import Document, Section
from tts_async.evaluation.document.tables import Cell, Table

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>|#~&$!])")


def to_markdown(document: Document, pictures: Collection[str]) -> str:
    """The text of the report; ``pictures`` are the names of those in the folder beside it."""
    return "\n\n".join(_blocks(document, pictures)) + "\n"


def _blocks(document: Document, pictures: Collection[str]) -> Iterator[str]:
    yield f"# {escape(document.title)}"
    yield escape(document.facts)
    yield f"**{escape(document.finding)}**"
    for note in document.notes:
        yield f"> {escape(note)}"
    for section in document.sections:
        yield from _section(section, pictures)
    yield "## How it was run"
    yield "\n".join(f"- {term}: {escape(value)}" for term, value in document.circumstances)
    if document.command:
        yield fenced(document.command)


def _section(section: Section, pictures: Collection[str]) -> Iterator[str]:
    yield f"## {escape(section.heading)}"
    yield escape(section.about)
    if section.name in pictures:
        file = f"pictures/{section.name}"
        yield f"[![{escape(section.description)}]({file}.png)]({file}.svg)"
    yield from map(_table, section.tables)


def _table(table: Table) -> str:
    rules = [":--" if i < table.names else "--:" for i in range(len(table.headings))]
    lines = [
        [escape(heading) for heading in table.headings],
        rules,
        *([_cell(cell) for cell in row] for row in table.rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(cell: Cell) -> str:
    text = f"**{escape(cell.text)}**" if cell.strong else escape(cell.text)
    return f"{text} ({escape(cell.beside)})" if cell.beside else text


def escape(text: str) -> str:
    """The text with everything that Markdown, or HTML in it, would take for its own escaped."""
    return _SPECIAL.sub(r"\\\1", text)


def fenced(code: str) -> str:
    """A block of code, fenced by more backticks than it has in a row."""
    longest = max(map(len, re.findall("`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code}\n{fence}"
