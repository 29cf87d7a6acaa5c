"""What was typed, for the record: a command that does the same again."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import typer

from tts_async.cli.models import without_password

SECRET: Final = frozenset({"api_key"})
_TYPED: Final = "COMMANDLINE"


def typed_command(ctx: typer.Context) -> list[str]:
    """The words of the command, without what defaults, recipes and the environment added.

    Passwords in URLs and keys are left out.
    """
    words = ["tts-async", str(ctx.info_name)]
    for parameter in ctx.command.params:
        source = ctx.get_parameter_source(str(parameter.name))
        if source is not None and source.name == _TYPED and parameter.name not in SECRET:
            words += _words(parameter, ctx.params)
    return words


def _words(parameter: Any, values: Mapping[str, Any]) -> Iterator[str]:
    value = values[parameter.name]
    option = [word for word in parameter.opts if word.startswith("--")]  # none of an argument
    if isinstance(value, bool):
        yield from option if value else parameter.secondary_opts
        return
    for one in value if isinstance(value, list) else [value]:
        yield from option
        yield without_password(str(one)) if "://" in str(one) else str(one)
