"""Which of many things have changed since somebody looked."""

from collections import OrderedDict
from collections.abc import Iterator


class Changes:
    """Keys in the order of their latest change, each with its version.

    Whoever looks on remembers one number: up to which version it has seen everything.
    """

    def __init__(self) -> None:
        self._versions: OrderedDict[int, int] = OrderedDict()

    def note(self, key: int, version: int) -> None:
        """It changed; versions never go down."""
        self._versions[key] = version
        self._versions.move_to_end(key)

    def forget(self, key: int) -> None:
        """It is no more."""
        self._versions.pop(key, None)

    def since(self, seen: int) -> Iterator[int]:
        """What has changed after that version, the latest first; costs no more than it yields."""
        for key, version in reversed(self._versions.items()):
            if version <= seen:
                return
            yield key
