"""What holds for every test: nothing blocks an event loop, no logging is left set up."""

from collections.abc import Iterator

import pytest
import structlog
from blockbuster import blockbuster_ctx


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop() -> Iterator[None]:
    """A blocking call of the package inside an event loop is an error."""
    with blockbuster_ctx("tts_async"):
        yield


@pytest.fixture(autouse=True)
def _logging_is_not_left_set_up() -> Iterator[None]:
    """Programs set it up for their whole process, and some tests run a program's code."""
    yield
    structlog.reset_defaults()
