"""The keys that a gateway knows, by their digests."""

import hmac
from collections.abc import Iterable
from typing import Final

from tts_async.gateway.access.secret import digest_of
from tts_async.gateway.access.tenant import Tenant


class KeyRing:
    """Finds the holder of a key.

    All digests are compared, each in constant time, whether or not one has matched: how long it
    takes tells nothing about the keys.
    """

    def __init__(self, keys: Iterable[tuple[bytes, Tenant]] = ()) -> None:
        self._keys: Final = tuple(keys)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, key: str) -> Tenant | None:
        """Whose key it is."""
        presented = digest_of(key)
        found = None
        for digest, holder in self._keys:
            if hmac.compare_digest(digest, presented):
                found = holder
        return found
