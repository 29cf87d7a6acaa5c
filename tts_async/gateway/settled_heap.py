"""What a server has loaded by the time it listens is not looked through for garbage again.

Python's garbage collector goes through every object now and then, and the event loop stands still
meanwhile: for 90 ms with what the packages of a gateway alone have made.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def settled_heap() -> Iterator[None]:
    """Keep all objects there are out of the collector's sight, until the end."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
