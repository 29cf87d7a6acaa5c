"""The garbage collector and a gateway's event loop."""

import gc

from tests.gateway.access.over_http import gateway
from tts_async import Solver
from tts_async.testing import RandomGenerator


async def test_while_it_serves_what_was_there_before_is_not_collected() -> None:
    """And all is as it was when it has ended."""
    before = gc.get_freeze_count()
    async with gateway(Solver(generator=RandomGenerator())):
        frozen = gc.get_freeze_count()
    assert frozen > before + 10_000
    assert gc.get_freeze_count() == 0
