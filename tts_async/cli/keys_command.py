"""``tts-async keys``: who may ask the gateway."""

from pathlib import Path
from typing import Annotated

import typer

from tts_async.cli.running import exit_codes, say

keys = typer.Typer(
    help="API keys of the gateway: make one, or look a file of them over.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@keys.command("new")
@exit_codes()
def make_key(
    name: Annotated[str, typer.Argument(help="Whose key it is: letters, digits, . - _")],
    *,
    file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Add its hash to this file of keys, made if need be."),
    ] = None,
) -> None:
    """Print a fresh key, once: only its hash is kept.

    The key goes to stdout, alone; what the file of keys should say about it is added there, or
    shown on stderr.
    """
    from tts_async.gateway.access import add_to_file, entry_of, new_key

    key = new_key()
    if file is None:
        entry = entry_of(name, key)
        say("add this to the file of keys:")
        typer.echo(entry, err=True)
    else:
        add_to_file(file, name, key)
        say(f"{name} is in {file} now; a gateway that runs learns of it by SIGHUP")
    typer.echo(key)


@keys.command("check")
@exit_codes()
def check_keys(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of keys.")],
) -> None:
    """Say what is wrong with a file of keys, or whose keys are in it."""
    from tts_async.gateway.access import is_open_to_all, read_key_file

    holders = [holder for _, holder in read_key_file(file)]
    if is_open_to_all(file):
        say(f"everybody on this machine can read {file}; chmod 600 it")
    for holder in holders:
        typer.echo(str(holder))
