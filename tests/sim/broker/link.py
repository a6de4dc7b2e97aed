"""Carry one node's requests to the broker and its answers back, and lose, hold or refuse them on command."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from aiokafka.errors import KafkaConnectionError, RequestTimedOutError

from tests.sim.broker.signal import Signal

if TYPE_CHECKING:
    from tests.sim.broker.broker import Broker

T = TypeVar("T")

REQUEST_SECONDS: Final = 40.0
"""How long aiokafka waits for an answer, and Faust with it (request_timeout_ms)."""
RETRY_SECONDS: Final = 0.1
"""How long they wait until they try again (retry_backoff_ms)."""


class Link:
    """The way between one node and the broker; everything of a node shares one."""

    def __init__(self, broker: "Broker", node: str) -> None:
        self.broker, self.node = broker, node
        self._cut = self._paused = False
        self._changed = Signal()

    def cut(self) -> None:
        """Lose everything between this node and the broker from now on: each waits, and neither hears that."""
        self._cut = True

    def heal(self) -> None:
        """Carry again. What waited arrives."""
        self._cut = False
        self._changed.fire()

    def pause(self) -> None:
        """Let the node stand still as far as it has to do with Kafka: it asks nothing and hands over nothing."""
        self._paused = True

    def wake(self) -> None:
        """Go on where it stood still, with all it held then."""
        self._paused = False
        self._changed.fire()

    async def awake(self) -> None:
        """Return at once, or when the node is woken."""
        while self._paused:
            await self._changed.wait()

    async def call(self, work: Callable[[], "T | asyncio.Future[T]"], *, limit: float = REQUEST_SECONDS) -> T:
        """Have the broker do `work` and bring back what came of it. It may have been done though this raises.

        Raises:
            KafkaConnectionError: the broker is away.
            RequestTimedOutError: no answer within `limit` seconds.
            KafkaError: what the broker says to it.

        """
        try:
            async with asyncio.timeout(limit):
                await self._pass()
                answer = work()
                if isinstance(answer, asyncio.Future):
                    answer = await answer
                await self._pass()
                return answer
        except TimeoutError:
            raise RequestTimedOutError(f"{self.node} had no answer within {limit:.0f} s") from None

    async def _pass(self) -> None:
        await asyncio.sleep(self.broker.delay())
        while self._cut or self._paused or self.broker.frozen:
            await (self._changed if self._cut or self._paused else self.broker.changed).wait()
        if self.broker.away:
            raise KafkaConnectionError("the broker refuses connections")
