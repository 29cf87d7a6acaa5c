"""The lists of answers that differ, and of answers that are the same."""

from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent


def read_pairs(name: str, sign: str) -> Iterator[tuple[str, str]]:
    """The pairs of a list, whose two sides stand on either side of the sign."""
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            one, other = line.split(f" {sign} ")
            yield one, other


DIFFERENT = list(read_pairs("different.txt", "<>"))
SAME = list(read_pairs("same.txt", "=="))
