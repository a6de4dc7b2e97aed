"""Limit what holds up the event loop: yield inside large events, and tame the garbage collector.

A legal event has up to a megabyte, and each thing that is done with it takes some milliseconds to 30. No one of them is too
long; one after the other they are. So whoever does several with something large pauses between them: the transaction stays
open, as while it waits for the database, and deadlines, health and the other tasks have their turn.

A full collection looks at every object there is. Code, schemas and policy are some hundreds of thousands that never go, and
a look at them takes 50 ms and more: longer than any fact. So once a process is ready for its first record they are put where
the collector does not look (gc.freeze, https://docs.python.org/3/library/gc.html#gc.freeze); what comes later is few.
"""

import asyncio
import gc
from typing import Final

STEP_BYTES: Final = 128 * 1024
"""JSON that is handled in one go. Below that a pause costs more than it helps."""


class Pauses:
    """Counts what is handled, and pauses when it is enough."""

    def __init__(self) -> None:
        self.since = 0
        """Bytes since the last pause."""

    async def after(self, size: int) -> None:
        """`size` bytes are handled: let the others have their turn if that makes STEP_BYTES."""
        self.since += size
        if self.since >= STEP_BYTES:
            self.since = 0
            await asyncio.sleep(0)


def settle() -> int:
    """Collect once, and look no more at what is there now. Returns how many objects that is."""
    gc.collect()
    gc.freeze()
    return gc.get_freeze_count()
