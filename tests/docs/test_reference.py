"""The reference is complete, and agrees with the code where it repeats it."""

import re
from typing import Any

import pytest

import tts_async
from tests.docs.pages import DOCS
from tts_async import errors, gateway, journal, testing, training
from tts_async.types import events

TEXT = (DOCS / "reference.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "module", [tts_async, gateway, journal, testing, training], ids=lambda module: module.__name__
)
def test_every_public_name_is_there(module: Any) -> None:
    """Each is named in code type."""
    named = set(re.findall(r"`(\w+)`|\.(\w+) -->", TEXT))
    missing = set(module.__all__) - {name for pair in named for name in pair}
    assert not missing


def test_every_event_is_there() -> None:
    """One row of the table per kind, with its own fields."""
    rows = dict(re.findall(r"^\| `(\w+)` \|([^|]*)\|", TEXT, re.MULTILINE))
    for kind in events.Event.__subclasses__():
        own = list(kind.__annotations__)
        assert re.findall(r"`(\w+)`", rows[kind.__name__]) == own


def test_the_error_tree_is_the_one_in_the_code() -> None:
    """Drawn once in errors.py, repeated here."""
    drawn = re.search(r"    TTSError\n(?:    .+\n)+", str(errors.__doc__))
    assert drawn
    assert re.sub(r"^    ", "", drawn[0], flags=re.MULTILINE) in TEXT
