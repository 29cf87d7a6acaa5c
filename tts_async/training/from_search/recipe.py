"""What turns a judged search into rows of training data."""

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from tts_async.errors import ConfigurationError
from tts_async.training.from_search.judging import Basis, JudgedSearch
from tts_async.types.problem import Message

Row = dict[str, Any]


class Recipe(Protocol):
    """One kind of training data.

    ``by`` says what the rows are chosen by, ``content`` which columns make two rows the same.
    """

    content: ClassVar[tuple[str, ...]]

    @property
    def by(self) -> Basis:
        """What says which answers are good."""
        ...

    def rows(self, search: JudgedSearch) -> Sequence[Row]:
        """What can be learned from a search that is usable by ``by``."""
        ...


def says(text: str) -> list[Message]:
    """A turn of the assistant, as the conversation that a completion is."""
    return [Message(role="assistant", content=text)]


def check_basis(by: str, *choices: Basis) -> None:
    """Raise ``ConfigurationError`` with the choices unless it is one of them."""
    if by not in choices:
        raise ConfigurationError(f"by: expected one of {', '.join(choices)}; got {by!r}")


def check_share(name: str, value: float | None) -> None:
    """Raise ``ConfigurationError`` unless a threshold, where given, is in [0, 1]."""
    if value is not None and not 0 <= value <= 1:
        raise ConfigurationError(f"{name}: must be in [0, 1], got {value}")


def check_at_least_one(name: str, value: int | None) -> None:
    """Raise ``ConfigurationError`` unless a count, where given, is at least 1."""
    if value is not None and value < 1:
        raise ConfigurationError(f"{name}: must be at least 1, got {value}")
