"""What the site shows of the repository itself, so that no page repeats code by hand.

Three marks in a page, each alone on its line:

- ``<!-- code: tts_async/strategies/dvts.py DVTS.__call__ DVTS.descend -->`` shows definitions,
- ``<!-- api: tts_async.Solver -->`` shows the signatures and docstrings of a public object,
- ``<!-- page: tts_async/embedded/MODEL_CARD.md -->`` shows a Markdown file, headings two deeper,
  or says that it is not there.

An image ``![…](assets/name.svg)`` becomes part of the page, so that its colours follow the theme.
Code that cannot be found ends the build.
"""

# ruff: noqa: INP001 - loaded by mkdocs as a file, not as part of a package

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
ROOT = DOCS.parent

_MARK = re.compile(r"^<!-- (code|api|page): (.+?) -->$", re.MULTILINE)
_SVG = re.compile(r'<p><img alt="([^"]*)" src="(assets/[^"]+\.svg)" ?/?></p>')
_HEADING = re.compile(r"^(#+ )", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_RELATIVE_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)[^)]+\)")
_ROLE = re.compile(r"``([^`]+)``")

_Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the marks of a page; called by mkdocs."""
    return _MARK.sub(lambda mark: _SHOW[mark[1]](*mark[2].split()), markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Put diagrams into the page itself; called by mkdocs."""
    return _SVG.sub(_inline, html)


def _inline(image: re.Match[str]) -> str:
    drawing = (DOCS / image[2]).read_text(encoding="utf-8")
    drawing = drawing[drawing.index("<svg") :]
    return f'<figure class="diagram" role="img" aria-label="{image[1]}">{drawing}</figure>'


def _show_code(path: str, *names: str) -> str:
    source = (ROOT / path).read_text(encoding="utf-8")
    tree = ast.parse(source)
    pieces = [_text_of(_find(tree, name), source) for name in names]
    return _fenced("\n\n".join(pieces), path)


def _show_page(path: str) -> str:
    if not (ROOT / path).exists():
        return f"There is no `{path}` yet."
    text = (ROOT / path).read_text(encoding="utf-8")
    fences: list[str] = []

    def hide(fence: re.Match[str]) -> str:
        fences.append(fence[0])
        return f"\0{len(fences) - 1}\0"

    # What it links to lies beside it in the repository, and not on the site.
    plain = _RELATIVE_LINK.sub(r"\1", _FENCE.sub(hide, text))
    deeper = _HEADING.sub(r"##\1", plain)
    return re.sub("\0(\\d+)\0", lambda mark: fences[int(mark[1])], deeper)


def _show_api(name: str) -> str:
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))  # a checkout documents itself, installed or not
    home, _, attribute = name.rpartition(".")
    thing = getattr(import_module(home), attribute)
    source = textwrap.dedent(inspect.getsource(thing))
    (definition,) = ast.parse(source).body
    assert isinstance(definition, _Definition)
    lines = list(_signature(definition, source))
    parts = [_fenced("\n".join(lines), ""), _prose(definition)]
    if isinstance(definition, ast.ClassDef):
        methods = list(_public_methods(definition))
        parts.append("\n".join(f"- `{m.name}`: {_prose(m)}" for m in methods if _is_property(m)))
        for method in (m for m in methods if not _is_property(m)):
            parts += [_fenced("\n".join(_signature(method, source)), ""), _prose(method)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _signature(definition: _Definition, source: str) -> Iterator[str]:
    """The lines that say how to call it: the header, and for a class its fields or __init__."""
    lines = source.splitlines()
    for decorator in definition.decorator_list:
        yield from _cut(lines, decorator.lineno, decorator.end_lineno or decorator.lineno)
    yield from _cut(lines, definition.lineno, definition.body[0].lineno - 1)
    if isinstance(definition, ast.ClassDef):
        for item in definition.body:
            if isinstance(item, ast.AnnAssign):
                yield "    " + "\n".join(_cut(lines, item.lineno, item.end_lineno or item.lineno))
            if isinstance(item, ast.FunctionDef) and item.name == "__init__":
                header = "\n".join(_cut(lines, item.lineno, item.body[0].lineno - 1))
                yield textwrap.indent(header, "    ")


def _cut(lines: list[str], first: int, last: int) -> list[str]:
    text = "\n".join(line for line in lines[first - 1 : last] if line.strip())
    text = re.sub(r"  # (noqa|type:).*", "", text)
    return textwrap.dedent(text).splitlines()


def _public_methods(definition: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for item in definition.body:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not (
            item.name.startswith("_")
        ):
            yield item


def _is_property(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "property" for d in method.decorator_list)


def _prose(definition: _Definition) -> str:
    return _ROLE.sub(r"`\1`", ast.get_docstring(definition) or "")


def _find(tree: ast.Module, name: str) -> _Definition:
    body: list[ast.stmt] = tree.body
    for part in name.split("."):
        found = [item for item in body if isinstance(item, _Definition) and item.name == part]
        if not found:
            raise LookupError(f"{name}: no such definition")
        body = found[0].body
    return found[0]


def _text_of(definition: _Definition, source: str) -> str:
    first = min((d.lineno for d in definition.decorator_list), default=definition.lineno)
    lines = source.splitlines()[first - 1 : definition.end_lineno]
    return textwrap.dedent("\n".join(lines))


def _fenced(code: str, title: str) -> str:
    name = f' title="{title}"' if title else ""
    return f"```python{name}\n{code}\n```"


_SHOW = {"code": _show_code, "api": _show_api, "page": _show_page}
