"""Which beginnings of paths a simulated model remembers."""

from collections import OrderedDict

from benchmarks.fleet.trace import Place


class PrefixCache:
    """Least recently used first out; ``capacity`` in tokens, hits in whole ``block``s.

    An entry is a node: its own tokens and its parent. Whoever uses a node uses its ancestors, so
    nothing loses its beginning.
    """

    def __init__(self, capacity: int, block: int = 1) -> None:
        self._capacity, self._block = capacity, block
        self._used = 0
        self._entries: OrderedDict[int, tuple[int, int | None]] = OrderedDict()

    def __contains__(self, digest: int) -> bool:
        return digest in self._entries

    def hit(self, digest: int, length: int) -> int:
        """How many of a path's ``length`` tokens are known, if its last node is."""
        if digest not in self._entries:
            return 0
        node: int | None = digest
        while node is not None and (entry := self._entries.get(node)):
            self._entries.move_to_end(node)
            node = entry[1]
        # The last token is always computed: its output is what is asked for.
        return (length - 1) // self._block * self._block

    def add(self, digest: int, parent: Place | int | None, tokens: int) -> None:
        """Remember a node of so many tokens of its own."""
        if digest in self._entries:
            return
        self._entries[digest] = tokens, parent.digest if isinstance(parent, Place) else parent
        self._used += tokens
        while self._used > self._capacity and len(self._entries) > 1:
            _, (forgotten, _) = self._entries.popitem(last=False)
            self._used -= forgotten
