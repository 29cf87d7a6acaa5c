"""Token ids as shared objects.

What comes out of JSON or through a pipe has an object of its own for every id, 32 bytes each, which
is more than half of a tree. An id is one of some hundred thousand, so one object for each will do.
"""

MOST = 1 << 20  # more than any vocabulary has; what is beyond is kept as it is

_known: list[int] = []


def share_ids(ids: tuple[int, ...]) -> tuple[int, ...]:
    """The same ids, in the same objects as everybody else's."""
    if not ids or min(ids) < 0:
        return ids
    try:
        return tuple(map(_known.__getitem__, ids))
    except IndexError:
        if max(ids) >= MOST:
            return ids
        _known.extend(range(len(_known), max(ids) + 1))
        return tuple(map(_known.__getitem__, ids))
