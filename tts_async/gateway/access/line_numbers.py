"""Where in a file of keys something stands: parsers of TOML and JSON do not say."""

import re


def find_line(text: str, name: str, field: str | None = None) -> int:
    """The line of a key's field, from 1; that of the key where the field is not there.

    A key begins where its name stands first and ends where the next table begins.
    """
    lines = text.splitlines()
    first = _first(lines, 0, name) or 0
    if field is None:
        return first + 1
    end = next(
        (i for i in range(first + 1, len(lines)) if lines[i].lstrip().startswith("[")), len(lines)
    )
    found = _first(lines[:end], first, field)
    return (first if found is None else found) + 1


def _first(lines: list[str], start: int, word: str) -> int | None:
    alone = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
    return next((i for i in range(start, len(lines)) if alone.search(lines[i])), None)
