"""``tts-async tree``: a finished search as a tree, in the terminal or as a page."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tts_async.cli.choose_result import SearchKey, choose_result
from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.output_file import check_output
from tts_async.cli.running import exit_codes, say
from tts_async.errors import ConfigurationError
from tts_async.observe import draw_tree, tree_page
from tts_async.types.result import Result

MOST_NODES = 150
"""Shown in the terminal unless asked for more."""


@exit_codes()
@with_option_groups
def show_tree(
    result: Annotated[
        str,
        typer.Argument(
            help="What solve --json --tree printed (- for stdin), the folder of an evaluation, or "
            "a journal."
        ),
    ],
    *,
    choice: SearchKey,
    html: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write an interactive page instead: one file, which needs nothing else.",
            rich_help_panel="Output",
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(min=1, help="Fold away what is deeper.", rich_help_panel="Output"),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help=f"Fold nothing away. (default: the {MOST_NODES} nodes that say most)",
            rich_help_panel="Output",
        ),
    ] = False,
) -> None:
    """Show what a search tried, what the verifier said, and what was dropped.

    Big trees are folded: the way to the answer comes first, then the other candidates, best
    first, then what was dropped.
    """
    if html is not None and (depth is not None or everything):
        option = "depth" if depth is not None else "all"
        raise ConfigurationError(f"{option}: a page holds the whole tree; leave --{option} out")
    if html is not None:
        check_output(html, "html")
    found = choose_result(result, choice)
    if html is None:
        most = None if everything else MOST_NODES
        Console(highlight=False).print(draw_tree(found, most=most, depth=depth))
    else:
        _write_page(found, html)


def _write_page(result: Result, path: Path) -> None:
    page = tree_page(result)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"html: cannot write {path} ({error.strerror})") from error
    if find_spec("latex2mathml") is None:
        say("formulas are shown as TeX; pip install 'tts-async[html]' sets them")
    typer.echo(path)
