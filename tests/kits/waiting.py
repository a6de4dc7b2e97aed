"""Wait until something is so; who waited in vain says for what."""

import asyncio
import inspect
from collections.abc import Callable

LOOK_SECONDS = 0.02


async def until(look: Callable[[], object], seconds: float = 5.0, what: str = "it to be so") -> None:
    """Return once `look`, which may be a coroutine function, gives something true. `seconds`: of the loop's time, at most.

    Raises:
        AssertionError: it did not come to that in time.

    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        seen = look()
        if inspect.isawaitable(seen):
            seen = await seen
        if seen:
            return
        assert loop.time() < end, f"waited {seconds:.0f} s in vain for {what}"
        await asyncio.sleep(LOOK_SECONDS)
