"""Wakes everybody who waits for something to change, so that they look for themselves."""

import asyncio


class Pulse:
    """An event without a state: ``wait`` ends with the next ``beat``."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    async def wait(self) -> None:
        """Wait for the next beat."""
        await self._event.wait()

    def beat(self) -> None:
        """Wake those who wait now."""
        self._event.set()  # whoever waits is on the way from here on, whatever comes next
        self._event.clear()
