"""What holds for every test: nothing blocks a loop, no logging is left, no example is slow."""

from collections.abc import Iterator

import pytest
import structlog
from blockbuster import blockbuster_ctx
from hypothesis import HealthCheck, settings

# The same examples in every run, and however busy the machine is, none of them takes too long.
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")


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
