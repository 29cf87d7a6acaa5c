"""A search as a tree to look at: what was tried, what the verifier said, what was dropped."""

from rich.color import Color
from rich.style import Style
from rich.text import Text
from rich.tree import Tree as Drawing

from tts_async.types.node import Node, Path
from tts_async.types.result import Candidate, Result

LABEL_WIDTH = 72
_WORST, _MIDDLE, _BEST = (214, 96, 77), (244, 190, 90), (67, 160, 110)


def draw_tree(result: Result, *, width: int = LABEL_WIDTH) -> Drawing:
    """The tree of a result for ``rich``: one line per node, in tree order.

    Scores are coloured from red to green, answers that voted are marked with the count of their
    group, the winner is bold, and branches that led to no candidate are dim. ``width`` limits a
    node's text, in characters.
    """
    voters = {candidate.path: candidate for candidate in result.candidates}
    alive = {path[:depth] for path in voters for depth in range(len(path) + 1)}
    winners = _winners(result)
    drawings: dict[Path, Drawing] = {(): Drawing(_title(result, width), guide_style="dim")}
    for node in result.tree:  # tree order: a parent always comes before its children
        above = drawings[node.path[:-1]]
        label = _label(node, wins=node.path in winners, pruned=node.path not in alive)
        label.truncate(width + _score_width(node), overflow="ellipsis")
        if (voter := voters.get(node.path)) is not None:
            label.append_text(_vote(voter, result))
        drawings[node.path] = above.add(label)
    return drawings[()]


def score_style(score: float) -> Style:
    """The colour of a score in [0, 1]."""
    low, high, share = (
        (_WORST, _MIDDLE, 2 * score) if score < 0.5 else (_MIDDLE, _BEST, 2 * score - 1)  # noqa: PLR2004
    )
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
    return Style(color=Color.from_rgb(red, green, blue))


def printable(text: str) -> str:
    """The text with everything that could move a terminal's cursor made visible as one mark."""
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for sign in text
    )


def one_line(text: str) -> str:
    """The text with its line breaks as arrows."""
    return printable(" → ".join(line.strip() for line in text.splitlines() if line.strip()))


def _title(result: Result, width: int) -> Text:
    title = Text(one_line(result.problem.text), style="bold")
    title.truncate(width, overflow="ellipsis")
    return title


def _winners(result: Result) -> set[Path]:
    """The candidates that gave the winning answer, in whatever writing."""
    groups = {
        candidate.group
        for candidate in result.candidates
        if candidate.group is not None and candidate.answer == result.answer
    }
    return {candidate.path for candidate in result.candidates if candidate.group in groups}


def _label(node: Node, *, wins: bool, pruned: bool) -> Text:
    label = Text()
    if node.score is not None:
        style = score_style(node.score)
        label.append(f"{node.score:.2f} ", style=style + Style(dim=True) if pruned else style)
    label.append(one_line(node.text), style="dim" if pruned else "bold" if wins else "")
    if node.finish == "length":
        label.append(" (truncated)", style="dim")
    return label


def _score_width(node: Node) -> int:
    return 0 if node.score is None else len("0.00 ")


def _vote(voter: Candidate, result: Result) -> Text:
    if voter.group is None or voter.group >= len(result.votes):
        return Text("  no vote", style="dim")
    count = result.votes[voter.group].count
    return Text(f"  ×{count}" if count > 1 else "", style="cyan")  # noqa: RUF001
