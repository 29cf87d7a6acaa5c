"""The tree of a search in the terminal."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from rich.color import Color
from rich.console import Console, ConsoleOptions
from rich.style import Style
from rich.text import Text

from tts_async.observe.tree.view import Branch, TreeView
from tts_async.types.result import Result

LEAST_TEXT = 16
"""Characters of a node's text that are shown however deep it is."""
_WORST, _MIDDLE, _BEST = (216, 110, 40), (160, 155, 150), (58, 146, 220)
"""Orange to blue: told apart with every kind of colour vision, on dark and on light grounds."""
_GUIDES = (("├── ", "└── ", "│   ", "    "), ("├ ", "└ ", "│ ", "  "), ("├", "└", "│", " "))
"""For a child, a last child, and what is below each; narrower for deeper trees."""


def draw_tree(
    result: Result, *, width: int | None = None, most: int | None = None, depth: int | None = None
) -> "TreeDrawing":
    """The tree of a result for ``rich``: one line per node, in tree order.

    Scores are coloured from orange to blue, answers that voted are marked with the count of their
    group, the winners are bold, and branches that led to no candidate are dim. ``width`` limits a
    line, in characters (default: what the console has). ``most`` limits the number of nodes: the
    way to the answer comes first, then the other candidates by score, then what was dropped.
    ``depth`` limits how far down. A line says how much is folded away, and where.
    """
    view = TreeView.of(result)
    shown = view.telling(len(view.branches) if most is None else most, depth=depth)
    return TreeDrawing(view, frozenset(shown), width)


@dataclass(frozen=True, slots=True)
class TreeDrawing:
    """What ``rich`` prints: the nodes at the ``shown`` places, and lines for what is not."""

    view: TreeView
    shown: AbstractSet[int]
    width: int | None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """One line at a time, cut where the console ends."""
        width = min(options.max_width, self.width or options.max_width)
        yield _cut(Text(one_line(self.view.result.problem.text), style="bold"), width)
        guides = self._guides(width)
        children = self._children()
        waiting: list[tuple[str, bool, int | Text]] = []  # what stands left of it, last?, what
        waiting += _listed("", children.get(-1, []))
        while waiting:
            left, is_last, item = waiting.pop()
            guide = Text().append(left + guides[is_last], style="dim")
            if isinstance(item, Text):
                yield _cut(guide + item, width)
                continue
            yield guide + self._line(item, width - len(guide))
            waiting += _listed(left + guides[2 + is_last], children.get(item, []))

    def _guides(self, width: int) -> tuple[str, str, str, str]:
        deepest = max((self.view.branches[place].node.depth for place in self.shown), default=0)
        fitting = (guides for guides in _GUIDES if deepest * len(guides[0]) <= width // 2)
        return next(fitting, _GUIDES[-1])

    def _children(self) -> dict[int, list[int | Text]]:
        """What stands below each shown node: shown nodes, then one line for those that are not."""
        children: dict[int, list[int | Text]] = {}
        folded: dict[int, list[Branch]] = {}
        for place, branch in enumerate(self.view.branches):
            if place in self.shown:
                children.setdefault(branch.above, []).append(place)
            elif branch.above < 0 or branch.above in self.shown:
                folded.setdefault(branch.above, []).append(branch)
        for above, branches in folded.items():
            children.setdefault(above, []).append(_summary(branches))
        return children

    def _line(self, place: int, width: int) -> Text:
        branch = self.view.branches[place]
        vote = _vote(branch, self.view.result)
        label = _label(branch, wins=self.view.wins(branch))
        return _cut(label, max(width - len(vote), LEAST_TEXT)) + vote


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


def _listed(left: str, items: list[int | Text]) -> list[tuple[str, bool, int | Text]]:
    """Children for a stack: the first on top."""
    return [(left, item is items[-1], item) for item in reversed(items)]


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    line.no_wrap = True
    return line


def _label(branch: Branch, *, wins: bool) -> Text:
    node, label = branch.node, Text()
    if node.score is not None:
        style = score_style(node.score)
        label.append(f"{node.score:.2f} ", style=style if branch.kept else style + Style(dim=True))
    label.append(one_line(node.text), style="bold" if wins else "" if branch.kept else "dim")
    if node.finish == "length":
        label.append(" (truncated)", style="dim")
    return label


def _vote(branch: Branch, result: Result) -> Text:
    voter = branch.candidate
    if voter is None:
        return Text()
    if voter.group is None or voter.group >= len(result.votes):
        return Text("  no vote", style="dim")
    count = result.votes[voter.group].count
    return Text(f"  ×{count}" if count > 1 else "", style="cyan")  # noqa: RUF001


def _summary(branches: list[Branch]) -> Text:
    """What is folded away, in a line."""
    nodes = sum(branch.below + 1 for branch in branches)
    answers = sum(branch.answers_below + (branch.candidate is not None) for branch in branches)
    scores = [branch.node.score for branch in branches if branch.node.score is not None]
    parts = [f"… {nodes:,} more"]
    if answers:
        parts.append(f"{answers:,} answer{'' if answers == 1 else 's'}")
    if scores:
        parts.append(f"best {max(scores):.2f}")
    return Text(", ".join(parts), style="dim italic")
