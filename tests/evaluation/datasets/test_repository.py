"""Data sets of the hub: the library's own loading on a local repository, and its errors as ours."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import pytest

from tests.evaluation.datasets.test_formats import write_parquet
from tests.patience import PATIENCE
from tts_async.errors import ConfigurationError, DatasetError
from tts_async.evaluation import load_problems
from tts_async.evaluation.datasets.repository import read_repository

CARD = """---
configs:
- config_name: main
  data_files:
  - split: train
    path: main/train.parquet
  - split: test
    path: main/test.parquet
---
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's cache is read or written, and nobody is asked."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A clone of a small data set with two splits."""
    folder = tmp_path / "owner" / "set"
    (folder / "main").mkdir(parents=True)
    (folder / "README.md").write_text(CARD)
    for split, count in (("train", 3), ("test", 2)):
        rows = [{"question": f"{split} {i}", "answer": f"…\n#### {i}"} for i in range(count)]
        write_parquet(folder / "main" / f"{split}.parquet", rows)
    return folder


def test_a_split(repository: Path) -> None:
    """The test split unless told otherwise; answers are found as in a file."""
    assert [(p.text, p.answer) for p in load_problems(repository)] == [
        ("test 0", "0"),
        ("test 1", "1"),
    ]
    train = load_problems(repository, split="train", limit=2)
    assert [problem.text for problem in train] == ["train 0", "train 1"]


def test_the_only_split(repository: Path) -> None:
    """Needs no name, also where it is not called test."""
    (repository / "README.md").write_text("")
    (repository / "main" / "test.parquet").unlink()
    assert len(load_problems(repository)) == 3


def test_a_choice_of_splits(repository: Path) -> None:
    """None of them is the usual one: the error names them, as for one that does not exist."""
    (repository / "README.md").write_text(CARD.replace("split: test", "split: validation"))
    with pytest.raises(DatasetError, match=r"which split.*train, validation.*--split"):
        load_problems(repository)
    with pytest.raises(DatasetError, match=r'Unknown split "odd"'):
        load_problems(repository, split="odd")


def test_a_folder_that_is_no_data_set(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole tree is refused before anybody looks into it; what is hidden does not count."""
    monkeypatch.setattr(f"{read_repository.__module__}.MOST_FILES", 10)
    for count, name in enumerate([".git/objects", "a/b", "c"], 1):
        folder = tmp_path / "owner" / name
        folder.mkdir(parents=True)
        for number in range(4 * count):
            (folder / f"{number}.txt").touch()
    with pytest.raises(DatasetError, match=r"owner: a folder with more than 10 files.*give"):
        load_problems(tmp_path / "owner")
    (tmp_path / "owner" / ".git").rename(repository / ".git")
    assert len(load_problems(repository)) == 2


@pytest.mark.parametrize("name", ["owner/none", "owner/none:main", "owner/none:main@v1.0"])
@pytest.mark.parametrize("split", [None, "test"])
def test_a_name_that_nobody_knows(name: str, split: str | None) -> None:
    """Offline and never loaded: one clear error at once."""
    with pytest.raises(DatasetError, match=f"{name}: no file here, .*Offline") as caught:
        load_problems(name, split=split)
    assert "\n" not in str(caught.value)


def test_name_config_and_revision_reach_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """As its own arguments."""
    asked: list[dict[str, Any]] = []

    def load_dataset(**arguments: Any) -> list[dict[str, str]]:
        asked.append(arguments)
        return [{"problem": "p", "answer": "1"}]

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    monkeypatch.setattr(datasets, "get_dataset_split_names", lambda **_: ["train"])
    assert len(load_problems("openai/gsm8k:main@abc", split="test")) == 1
    assert len(load_problems("HuggingFaceH4/MATH-500")) == 1
    assert asked == [
        {"path": "openai/gsm8k", "name": "main", "revision": "abc", "split": "test"},
        {"path": "HuggingFaceH4/MATH-500", "name": None, "revision": None, "split": "train"},
    ]


def test_loading_from_a_hub(tmp_path: Path) -> None:
    """Over HTTP, by name and by revision; then offline from the cache; an unknown name is ours."""
    program = "tests.evaluation.datasets.fake_hub"
    names = ["owner/set", "owner/set@v1", "owner/none"]
    run = subprocess.run(
        [sys.executable, "-m", program, *names],
        env={
            **os.environ,
            "HF_HOME": str(tmp_path / "home"),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    named, revised, unknown, offline = json.loads(run.stdout)
    assert named == revised == offline == [["1+1", "2"], ["2+2", "4"]]
    assert unknown.startswith("owner/none: no file here, and a data set of the hub that cannot be")


def test_without_the_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error names the extra, for the hub and for Parquet files."""
    write_parquet(tmp_path / "set.parquet", [{"problem": "p", "answer": "1"}])
    for module in ("datasets", "pyarrow"):
        monkeypatch.setitem(sys.modules, module, None)
    for source in ("owner/name", tmp_path / "set.parquet"):
        with pytest.raises(ConfigurationError, match=r"pip install 'tts-async\[datasets\]'"):
            load_problems(source)
