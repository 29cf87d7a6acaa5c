"""``--recipe``: options from a file, in the place of the defaults."""

import typer

from tts_async.cli.running import exit_codes
from tts_async.recipes import load_recipe


def apply_recipe(ctx: typer.Context, name: str | None) -> str | None:
    """Make the options of a recipe the defaults of this call; what is given goes before them.

    The callback of an eager option: it runs before the others are looked at.
    """
    if name is not None:
        with exit_codes():
            ctx.default_map = {**(ctx.default_map or {}), **load_recipe(name).options}
    return name
