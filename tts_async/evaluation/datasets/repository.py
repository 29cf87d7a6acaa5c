"""Data sets on the Hugging Face hub, and folders in the form of one, through ``datasets``.

Named like ``HuggingFaceH4/MATH-500``, with ``:CONFIG`` and ``@REVISION`` behind it where there is
a choice: ``openai/gsm8k:main``. What was loaded once is read from the library's own cache, also
without a network. ``HF_HUB_OFFLINE``, ``HF_TOKEN`` and the rest work as usual.
"""

import os
import re
from pathlib import Path
from typing import Any, Final

from tts_async.errors import ConfigurationError, DatasetError
from tts_async.evaluation.datasets.bad_rows import Rows

REPOSITORY: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)"
    r"(?::(?P<config>[\w.-]+))?(?:@(?P<revision>[\w./-]+))?"
)
USUAL_SPLIT: Final = "test"
MOST_FILES: Final = 2000
"""In a folder and those below it; the library looks at each of them, again and again."""


def read_repository(source: str, split: str | None) -> Rows:
    """The rows of one split: the one that is named, else ``test``, else the only one.

    Raises ``DatasetError`` with the choices, ``ConfigurationError`` without ``datasets``.
    """
    try:
        import datasets
    except ImportError as error:
        raise ConfigurationError(
            f"{source}: data sets of the hub need the datasets library; "
            "pip install 'tts-async[datasets]'"
        ) from error
    named = None if Path(source).is_dir() else REPOSITORY.fullmatch(source)
    if named is None:
        _check_size(source)
    where: dict[str, Any] = {"path": source} if named is None else {"path": named["name"]}
    config = None if named is None else named["config"]
    revision = None if named is None else named["revision"]
    try:
        if split is None:
            split = _choose(
                datasets.get_dataset_split_names(**where, config_name=config, revision=revision),
                source,
            )
        rows = datasets.load_dataset(**where, name=config, revision=revision, split=split)
    except DatasetError:
        raise
    except Exception as error:  # an edge: files, network, access, formats
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        what = "a folder" if named is None else "no file here, and a data set of the hub"
        raise DatasetError(
            f"{source}: {what} that cannot be loaded ({said}); check the name (OWNER/NAME, "
            "OWNER/NAME:CONFIG, OWNER/NAME@REVISION), the split, and the network"
        ) from error
    for number, row in enumerate(rows, 1):
        yield f"row {number}", row


def _check_size(folder: str) -> None:
    """Raise ``DatasetError`` for what is hardly a data set, a home directory say."""
    found = 0
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += len(folders) + len(files)
        if found > MOST_FILES:
            raise DatasetError(
                f"{folder}: a folder with more than {MOST_FILES:,} files in it and below it; give "
                "one of the files, or a folder with nothing but the data set"
            )


def _choose(splits: list[str], source: str) -> str:
    if USUAL_SPLIT in splits:
        return USUAL_SPLIT
    if len(splits) == 1:
        return splits[0]
    raise DatasetError(f"{source}: which split? It has {', '.join(splits)}; name one (--split)")
