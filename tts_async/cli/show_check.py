"""A check for people: every service, what works in it, and what to do about the rest."""

from rich.console import Console
from rich.text import Text

from tts_async.observe.tree import printable
from tts_async.types.checkup import CheckReport, Feature, ServiceReport

_MARKS = {True: ("✓", "green"), False: ("✗", "bold red"), None: ("?", "dim")}
_OPTIONAL = ("-", "yellow")


def show_check(report: CheckReport) -> None:
    """Print to stdout; without colours where that is not a terminal."""
    console = Console(highlight=False)
    for service in report.services:
        _show_service(console, service)
    if report.ok:
        console.print(Text("Everything that searches need is there.", style="bold green"))
    else:
        console.print(Text("Something is missing; see the lines marked ✗.", style="bold red"))


def _show_service(console: Console, service: ServiceReport) -> None:
    title = Text(f"{service.role}: {printable(service.kind)}", style="bold")
    if service.version is not None:
        title.append(f" {printable(service.version)}")
    if service.where is not None:
        title.append(f"   {printable(service.where)}", style="dim")
    console.print(title, soft_wrap=True)
    if facts := _facts(service):
        console.print(Text(f"  {' · '.join(facts)}"), soft_wrap=True)
    if service.error is not None:
        console.print(Text(f"  ✗ {printable(service.error)}", style="bold red"), soft_wrap=True)
    for feature in service.features:
        _show_feature(console, feature)
    console.print()


def _facts(service: ServiceReport) -> list[str]:
    facts = []
    if service.model is not None:
        facts.append(f"model {printable(service.model)}")
    if service.context_length is not None:
        facts.append(f"context {service.context_length:,} tokens")
    if service.capacity is not None:
        unit = "sequences" if service.role == "generator" else "paths"
        facts.append(f"capacity {service.capacity:,} {unit}")
    return facts


def _show_feature(console: Console, feature: Feature) -> None:
    missing = feature.works is False
    mark, style = _OPTIONAL if missing and feature.optional else _MARKS[feature.works]
    line = Text(f"  {mark} {feature.name}", style=style)
    if feature.detail:
        line.append(f": {printable(feature.detail)}", style="dim")
    console.print(line, soft_wrap=True)
    if feature.works is not True and feature.fix:
        console.print(Text(f"    {printable(feature.fix)}"), soft_wrap=True)
