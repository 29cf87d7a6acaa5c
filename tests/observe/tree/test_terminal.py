"""The drawing of a search tree."""

from io import StringIO

from rich.console import Console

from tests.observe.events import CUT, GOOD, SEVEN, search
from tests.observe.tree.made import big, small
from tts_async import Majority
from tts_async.observe import draw_tree
from tts_async.observe.tree import printable


def drawn(result: object, **options: object) -> str:
    """The drawing as a pipe would get it."""
    return printed(draw_tree(result), **options)  # type: ignore[arg-type]


def printed(drawing: object, **options: object) -> str:
    """Anything for a console, as text."""
    out = StringIO()
    Console(file=out, width=100, **options).print(drawing)  # type: ignore[arg-type]
    return out.getvalue()


def test_every_node_is_a_line() -> None:
    """Scores before the text, votes behind it, in tree order."""
    result, _ = search()
    assert [line.rstrip() for line in drawn(result).splitlines()] == [
        "a secret",
        "├── 0.90 a good step",
        r"│   ├── 0.80 so $\boxed{7}$  ×2",  # noqa: RUF001
        r"│   ├── 0.80 so $\boxed{7}$  ×2",  # noqa: RUF001
        r"│   └── 0.30 so $\boxed{8}$",
        "├── 0.10 a bad step",
        "└── 0.90 a good step",
    ]


def test_winners_are_bold_and_pruned_branches_dim() -> None:
    """On a terminal the eye finds the answer."""
    lines = drawn(search()[0], force_terminal=True, color_system="truecolor").splitlines()
    assert "\x1b[1mso $\\boxed{7}$" in lines[2]
    assert "\x1b[1m" not in lines[4]
    assert "\x1b[2ma bad step" in lines[5]


def test_whole_answers_without_scores() -> None:
    """The tree is one level deep; a truncated answer says so, and one without answer, too."""
    result, _ = search(Majority(n=3), {"": [GOOD, CUT, "none"], GOOD: [SEVEN]})
    assert [line.rstrip() for line in drawn(result).splitlines()] == [
        "a secret",
        r"├── a good step → so $\boxed{7}$",
        "├── and so on (truncated)",
        "└── none  no vote",
    ]


def test_folded_to_what_says_most() -> None:
    """A line says what is folded away, and where."""
    lines = printed(draw_tree(small(), most=3)).splitlines()
    assert [line.rstrip() for line in lines] == [
        "What is it?",
        "├── 0.60 ## Step 1: a start",
        r"│   ├── 0.90 It is $\boxed{\frac{1}{2}}$.",
        "│   └── … 1 more, best 0.20",
        "├── 0.50 another start",
        "│   └── … 1 more, 1 answer, best 0.40",
        "└── … 1 more, best 0.10",
    ]


def test_folded_at_a_depth() -> None:
    """What is deeper is counted."""
    lines = printed(draw_tree(small(), depth=1)).splitlines()
    assert [line.rstrip() for line in lines] == [
        "What is it?",
        "├── 0.60 ## Step 1: a start",
        "│   └── … 2 more, 1 answer, best 0.90",
        "├── 0.50 another start",
        "│   └── … 1 more, 1 answer, best 0.40",
        "└── 0.10 a bad start",
    ]


def test_a_big_tree_fits_the_screen() -> None:
    """Ten thousand nodes, forty deep: as many lines as asked for, none of them broken."""
    lines = printed(draw_tree(big(), most=100)).splitlines()
    assert len(lines) < 250
    assert 90 <= sum("Step" in line for line in lines) <= 100
    assert all(len(line) <= 100 for line in lines)


def test_text_cannot_move_the_cursor() -> None:
    """Escape sequences of a model (or of who asked it) become visible marks."""
    assert (
        printable("a\x1b[2Jb\tc\nd\ud800")
        == "a\N{REPLACEMENT CHARACTER}[2Jb\tc\nd\N{REPLACEMENT CHARACTER}"
    )
