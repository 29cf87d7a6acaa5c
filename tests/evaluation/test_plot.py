"""The picture is there, of a good size, for whatever was measured."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tts_async.errors import ConfigurationError
from tts_async.evaluation import plot_accuracy
from tts_async.evaluation.plot import spread


def results(*rows: tuple[str, int, float]) -> dict[str, Any]:
    """The content of a results.json."""
    named = [
        {"strategy": name, "n": n, "accuracy": accuracy, "stderr": 0.03}
        for name, n, accuracy in rows
    ]
    return {"dataset": "a_$b", "problems": 50, "seed": 0, "level": None, "rows": named}


@pytest.mark.parametrize(
    "data",
    [
        results(("greedy", 1, 0.4), ("dvts", 1, 0.4), ("dvts", 16, 0.8), ("mine", 4, 0.5)),
        results(("dvts", 16, 1.0)),
        results(("greedy", 1, 0.0)),
        results(),
    ],
)
def test_draws_any_results(tmp_path: Path, data: dict[str, Any]) -> None:
    """Several lines, a single point, greedy alone, and nothing at all."""
    path = tmp_path / "curve.png"
    plot_accuracy(data, path, references={"a model of $8 \\times$": 0.9})
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 5_000


def test_without_matplotlib_the_message_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line that can be pasted."""
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'tts-async\[plot\]'"):
        plot_accuracy(results(), tmp_path / "curve.png")


def test_labels_move_apart_around_their_middle() -> None:
    """Near ones share a group, far ones stay where they are."""
    assert spread([0.1, 0.5, 0.52], 0.1) == pytest.approx([0.1, 0.46, 0.56])
    assert spread([0.5, 0.5, 0.5], 0.1) == pytest.approx([0.4, 0.5, 0.6])
    assert spread([], 0.1) == []
