"""Options that belong together, declared once and typed as any others."""

from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from tts_async.cli.option_groups import with_option_groups
from tts_async.cli.running import exit_codes
from tts_async.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True)
class Size:
    """A group that has an opinion."""

    width: Annotated[int, typer.Option(help="How wide.")] = 4
    deep: Annotated[bool, typer.Option("--deep", help="Or flat.")] = False

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ConfigurationError(f"width: must be at least 1, got {self.width}")


@dataclass(frozen=True, kw_only=True)
class NamedSize(Size):
    """A group with the options of another, and more."""

    name: str = "box"


app = typer.Typer()


@app.command()
@exit_codes()
@with_option_groups
def show(ctx: typer.Context, text: str, *, first: int = 0, size: NamedSize, last: int = 9) -> None:
    """Show everything."""
    typer.echo(f"{text} {first} {size} {last} {sorted(ctx.params)}")


def test_the_fields_are_options_among_the_others() -> None:
    """In the place of the group, with their own defaults; the context has them by name."""
    run = CliRunner().invoke(app, ["x", "--width", "2", "--deep", "--last", "3"])
    assert run.stdout == (
        "x 0 NamedSize(width=2, deep=True, name='box') 3 "
        "['deep', 'first', 'last', 'name', 'text', 'width']\n"
    )
    shown = CliRunner().invoke(app, ["--help"]).stdout
    places = [shown.index(f"--{name}") for name in ("first", "width", "deep", "name", "last")]
    assert places == sorted(places)
    assert "How wide." in shown
    assert "Show everything." in shown


def test_what_a_group_refuses() -> None:
    """It is wrong use like any other."""
    run = CliRunner().invoke(app, ["x", "--width", "0"])
    assert (run.exit_code, run.stderr) == (
        2,
        "tts-async: error: width: must be at least 1, got 0\n",
    )


def test_an_option_in_two_groups() -> None:
    """It is noticed where the command is declared."""
    with pytest.raises(ValueError, match="duplicate parameter name: 'width'"):

        @with_option_groups
        def twice(one: Size, other: NamedSize) -> None:
            """Never called."""
