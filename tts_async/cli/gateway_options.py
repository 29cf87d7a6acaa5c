"""What ``serve`` says to the gateway: its model names, its habits, its limits."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tts_async.cli import options
from tts_async.errors import ConfigurationError
from tts_async.strategies import Policy

if TYPE_CHECKING:
    from tts_async.gateway import GatewaySettings

_LIMITS: Final = "Limits"
_SERVER: Final = "Server"


@dataclass(frozen=True, kw_only=True)
class GatewayOptions:
    """Fields of ``GatewaySettings``, whose defaults hold for what is ``None``."""

    default_model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What the model name 'default' stands for. (default: dvts; majority without a "
            "verifier)",
            rich_help_panel=_SERVER,
        ),
    ] = None
    alias: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=MODEL",
            help="A further model name, such as gpt-4o-mini=dvts-16, for clients that cannot be "
            "told another. May be repeated.",
            rich_help_panel=_SERVER,
        ),
    ] = None
    policy: options.Policy = None
    keep_alive_seconds: Annotated[
        float | None,
        typer.Option(
            "--keep-alive",
            help="Seconds of silence after which a stream says that it lives. (default: 10)",
            rich_help_panel=_SERVER,
        ),
    ] = None
    drain_seconds: Annotated[
        float | None,
        typer.Option(
            "--drain",
            help="Seconds that searches may go on after Ctrl-C or SIGTERM; a second one ends at "
            "once. (default: 30)",
            rich_help_panel=_SERVER,
        ),
    ] = None
    max_candidates: Annotated[
        int | None,
        typer.Option(help="The largest n of a search. (default: 256)", rich_help_panel=_LIMITS),
    ] = None
    max_seconds: Annotated[
        float | None,
        typer.Option(
            help="Seconds for a search; then the best answer so far counts.",
            rich_help_panel=_LIMITS,
        ),
    ] = None
    max_searches: Annotated[
        int | None,
        typer.Option(help="Searches at a time. (default: 64)", rich_help_panel=_LIMITS),
    ] = None
    max_queued: Annotated[
        int | None,
        typer.Option(
            help="Searches in line for a place; what comes then is told to come back later. "
            "(default: 256)",
            rich_help_panel=_LIMITS,
        ),
    ] = None

    def settings(self, *, log_prompts: bool) -> "GatewaySettings":
        """All of it for the gateway; raises ``ConfigurationError``."""
        from tts_async.gateway import GatewaySettings

        given = {name: value for name, value in asdict(self).items() if value is not None}
        aliases = read_aliases(given.pop("alias", ()), given.pop("default_model", None))
        if self.policy is not None:
            given["policy"] = Policy.load(self.policy)
        return GatewaySettings(aliases=aliases, log_prompts=log_prompts, **given)


def read_aliases(given: Sequence[str], default_model: str | None) -> dict[str, str]:
    """The further model names; raises ``ConfigurationError`` for what is no ``NAME=MODEL``."""
    aliases = {} if default_model is None else {"default": default_model}
    for words in given:
        name, sign, target = (word.strip() for word in words.partition("="))
        if not (name and sign and target):
            raise ConfigurationError(f"alias: expected NAME=MODEL, got {words!r}")
        aliases[name] = target
    return aliases
