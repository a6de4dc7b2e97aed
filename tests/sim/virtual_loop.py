"""Run asyncio in virtual time: where nothing is left to do now, it is at once the time of what comes next."""

import asyncio
import selectors


class Stuck(Exception):
    """Everybody waits, and nothing is going to happen."""


class _Selector(selectors.SelectSelector):
    """Never waits; tells the loop how long it would have."""

    waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("everybody waits, and no timer runs")
        self.waited += max(timeout, 0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop for one process without sockets: its `time()` is 0 at first and costs nothing."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Seconds of virtual time since the loop was made."""
        return self._virtual.waited
