"""A result for people: the answer first, then who voted for it, then what it cost."""

from textwrap import indent

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tts_async.observe.tree import draw_tree, printable
from tts_async.types.result import Result

MOST_GROUPS = 8
BAR_WIDTH = 20
_REASONS = {
    "budget": "the token budget is spent",
    "deadline": "the deadline came",
    "no_answer": "no candidate has an answer",
}


def show_result(result: Result, *, tree: bool = False) -> None:
    """Print to stdout; without colours where that is not a terminal."""
    console = Console(highlight=False)
    if tree:
        console.print(draw_tree(result))
        console.print()
    console.print(_headline(result))
    if result.text.strip():
        text = indent(printable(result.text.strip()), "  ")
        console.print("", Text(text, style="dim"), "", sep="\n", soft_wrap=True)
    if len(result.candidates) > 1 and result.votes:
        console.print(_votes(result))
    console.print(Text(_spend(result), style="dim"))


def _headline(result: Result) -> Text:
    n = "" if result.strategy == "greedy" or result.n is None else f" n={result.n}"
    line = Text()
    if result.answer is None:
        line.append("no answer", style="bold red")
    else:
        line.append(printable(result.answer), style="bold green")
    chosen = f", went on with {result.chosen}" if result.chosen else ""
    details = [f"{result.strategy}{n}{chosen}"]
    if result.answer is not None and len(result.candidates) > 1:
        details.insert(0, f"{100 * result.confidence:.0f} % of the vote")
    if result.stop_reason in _REASONS:
        details.append(_REASONS[result.stop_reason])
    return line.append("   " + " · ".join(details), style="dim")


def _votes(result: Result) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("answer")
    table.add_column("votes", justify="right")
    table.add_column("weight", justify="right")
    table.add_column("")
    groups = sorted(result.votes, key=lambda votes: (-votes.weight, -votes.count))
    whole = sum(votes.weight for votes in groups) or 1.0
    for votes in groups[:MOST_GROUPS]:
        wins = votes.answer == result.answer
        bar = "█" * max(1, round(BAR_WIDTH * votes.weight / whole))
        table.add_row(
            Text(printable(votes.answer), overflow="ellipsis", no_wrap=True),
            str(votes.count),
            f"{votes.weight:.2f}",
            Text(bar, style="green" if wins else "dim"),
            style="bold" if wins else "",
        )
    if len(groups) > MOST_GROUPS:
        others = sum(votes.count for votes in groups[MOST_GROUPS:])
        table.add_row(Text(f"{len(groups) - MOST_GROUPS} more", style="dim"), str(others), "", "")
    return table


def _spend(result: Result) -> str:
    spend = result.spend
    parts = [_counted(spend.tokens, "token"), _counted(spend.expansions, "request")]
    if spend.verifier_calls:
        parts.append(_counted(spend.verifier_calls, "path") + " scored")
    parts.append(f"{spend.seconds:.2f} s")
    return " · ".join(parts)


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "s")
