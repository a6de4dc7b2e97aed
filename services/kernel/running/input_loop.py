"""Keep one Faust shell running: where it ends by itself or cannot start, make another."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection

import structlog

from services.kernel.adapters.ports import GroupMember
from services.kernel.clock import Clock
from services.kernel.model import KernelError, TopicPartition
from services.kernel.observing.health import Health

log = structlog.get_logger()

END_SECONDS = 20.0
STEADY_SECONDS = 60.0
MOST_ENDS = 5
AGAIN_SECONDS = 1.0
NAME = "input"


class InputReader:
    """Keeps one shell reading. `make` builds one; `there` returns once Kafka and the topics are there, however long."""

    def __init__(
        self, make: Callable[[], GroupMember], there: Callable[[], Awaitable[None]], health: Health, clock: Clock
    ) -> None:
        self._make, self._there, self._health, self._clock = make, there, health, clock
        self._shell: GroupMember | None = None

    @property
    def places(self) -> Collection[TopicPartition]:
        """The partitions that are read now."""
        return self._shell.places if self._shell is not None else set()

    async def run(self) -> None:
        """Read until cancelled.

        Raises:
            KernelError: Faust ends again and again though Kafka answers.
            TimeoutError: what ended did not let go, and a second one beside it would be taken for it by Kafka.

        """
        ends = 0
        while True:
            await self._there()
            since = self._clock.monotonic()
            self._shell = self._make()
            try:
                await self._shell.start()
            except Exception as error:  # noqa: BLE001 - Faust wraps what it meets; with Kafka away it is tried again
                reason: object = repr(error)
            else:
                self._health.started()
                self._health.dependency(NAME, ok=True)
                log.info("started", inputs=sorted(self._shell.topics))
                await self._shell.rest()
                reason = "it stopped by itself"
            ends = ends + 1 if self._clock.monotonic() - since < STEADY_SECONDS else 1
            self._health.dependency(NAME, ok=False, detail=f"made anew: {reason}")
            log.error("the input ended; it is made anew", reason=reason, ends=ends)
            await self.stop()
            if ends >= MOST_ENDS:
                raise KernelError(f"the input ended {ends} times in a row though Kafka answers: see the log")
            await asyncio.sleep(AGAIN_SECONDS)

    async def stop(self) -> None:
        """Break off the batch in hand, commit what was taken, leave the group.

        Raises:
            TimeoutError: it did not within END_SECONDS.

        """
        shell, self._shell = self._shell, None
        if shell is None:
            return
        ending = asyncio.create_task(shell.stop())
        _, late = await asyncio.wait([ending], timeout=END_SECONDS)
        if late:
            raise TimeoutError(f"the input did not end within {END_SECONDS:.0f} s")
        with contextlib.suppress(Exception):
            await ending
