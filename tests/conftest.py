"""What holds for every test: nothing may block an event loop."""

from collections.abc import Iterator

import pytest
from blockbuster import blockbuster_ctx


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop() -> Iterator[None]:
    """A blocking call of the package inside an event loop is an error."""
    with blockbuster_ctx("tts_async"):
        yield
