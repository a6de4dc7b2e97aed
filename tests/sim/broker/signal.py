"""Wake whoever waits for a change; each waiter goes on in its own task, and so on its own node."""

import asyncio


class Signal:
    """Fired again and again; `wait` returns at the next time."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    async def wait(self) -> None:
        """Return when it is fired next."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def fire(self) -> None:
        """Wake all who wait now, in the order in which they came."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
