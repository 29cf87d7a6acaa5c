"""The Markdown report has the figures, and nothing from data can break it."""

from markdown_it import MarkdownIt

from tests.evaluation.example_results import HOSTILE, results, row, usual
from tts_async.evaluation.document import make_document, to_markdown
from tts_async.evaluation.document.markdown import fenced
from tts_async.evaluation.results import parse_results


def markdown(data: dict[str, object], **references: float) -> str:
    """The report of some results, with the picture of accuracy."""
    return to_markdown(make_document(parse_results(data), references), ["accuracy"])


def test_accuracy_stands_by_strategy_and_n() -> None:
    """With its interval; the best of a column is bold."""
    text = markdown(usual(), larger=0.7)
    lines = text.splitlines()
    assert "| strategy | no N | N = 4 | N = 16 |" in lines
    assert "| greedy | 50.0 (42.0 to 58.0) | – | – |" in lines  # noqa: RUF001
    assert (
        "| DVTS | – | **50.7** (42.7 to 58.7) | **67.9** (59.9 to 75.9) |" in lines  # noqa: RUF001
    )
    assert "| larger | 70.0 | – | – |" in lines  # noqa: RUF001
    assert "Best: DVTS with N = 16, 67.9 %" in text
    assert "](pictures/accuracy.png)](pictures/accuracy.svg)" in text
    assert "pictures/tokens" not in text


def test_every_kind_of_table_is_there() -> None:
    """Cost, levels, subjects, pass@k, seeds, differences and settings."""
    text = markdown(usual())
    for line in (
        "| DVTS | 16 | 1,440 | 57,600 | 25 % | 40 | 160 | 2.5 | 0 |",
        "| strategy | N | level 2 | level 10 |",
        "| strategy | N | Algebra | Geometry |",
        "| DVTS | 16 | 67.9 | 77.9 |",
        "| strategy | N | seed 0 | seed 1 |",
        "| DVTS | 16 | greedy | +12.5 (-5.0 to +30.0) |",
        "| DVTS | 16 | dvts(n=16) |",
    ):
        assert line in text


def test_it_says_how_it_was_run() -> None:
    """Models, seeds, options, version, and the command where it is known."""
    text = markdown(
        usual(
            level=3,
            verifier=None,
            options={"temperature": 0.6, "top_p": None},
            command=["tts-async", "eval", "my file.jsonl"],
        )
    )
    for line in ("- level: 3", "- seeds: 0, 1", "- verifier: none", "- options: temperature 0.6"):
        assert line in text.splitlines()
    assert "```\ntts-async eval 'my file.jsonl'\n```" in text


def test_what_is_missing_is_said() -> None:
    """An early end, incomplete rows, errors."""
    text = markdown(
        results(
            row("dvts", 4, 0.5, complete=False, errors=2), row("dvts", 16, 0.4), interrupted=True
        )
    )
    assert "> The evaluation ended early." in text
    assert "| DVTS \\* | 4 |" in text
    assert "> 2 searches ended with an error and count as wrong." in text
    assert "Best: DVTS with N = 16" in text


def test_hostile_names_stay_text() -> None:
    """Rendered, there is no tag and no link that is not ours, and no cell too many."""
    data = results(row(HOSTILE, 4, 0.5, settings=HOSTILE), dataset=HOSTILE, command=HOSTILE)
    html = MarkdownIt("commonmark").enable("table").render(markdown(data, **{HOSTILE: 0.5}))
    assert "<script" not in html
    assert 'href="b"' not in html
    assert html.count("&lt;script&gt;") >= 5
    assert "<th>settings</th>" in html.replace(' style="text-align:left"', "")


def test_a_fence_is_longer_than_what_it_encloses() -> None:
    """Backticks in a command cannot end the block."""
    assert fenced("a ```` b") == "`````\na ```` b\n`````"
