"""Be a member of a group: join, beat, give partitions up when told to, as aiokafka's consumer does."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from aiokafka.errors import (
    IllegalGenerationError,
    KafkaError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

from services.kernel.model import TopicPartition
from tests.sim.broker.group import Group, Joined
from tests.sim.broker.link import RETRY_SECONDS, Link
from tests.sim.broker.prefetch import Prefetch

HEARTBEAT_SECONDS: Final = 1.0

Places = Callable[[Sequence[TopicPartition]], Awaitable[None]]


class Membership:
    """One member, until it leaves. `instance`: the name under which a static member comes back."""

    def __init__(
        self,
        link: Link,
        group: str,
        topics: Sequence[str],
        instance: str | None,
        prefetch: Prefetch,
        assigned: Places,
        revoked: Places,
    ) -> None:
        self._link, self._name, self._topics, self._instance = link, group, topics, instance
        self._prefetch, self._assigned, self._revoked = prefetch, assigned, revoked
        self._id = ""
        self._generation = 0
        self.places: Sequence[TopicPartition] = ()

    async def run(self) -> None:
        """Be a member until cancelled."""
        while True:
            lost, self.places = self.places, ()
            self._prefetch.clear()
            await self._revoked(lost)
            joined = await self._join()
            self._id, self._generation, self.places = joined.member, joined.generation, joined.places
            self._prefetch.begin(await self._starts(joined.places))
            # Records may be handed over before this returns, as with Faust.
            await self._assigned(joined.places)
            await self._beat()

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Tell the broker where we are.

        Raises:
            KafkaError: it did not take it, or did not say so.

        """
        await self._link.call(lambda: self._group.commit(self._id, self._generation, offsets))

    async def leave(self) -> None:
        """Leave the group; a static member only stays away.

        Raises:
            KafkaError: the broker did not say that it knows.

        """
        if self._id and self._instance is None:
            await self._link.call(lambda: self._group.leave(self._id))

    @property
    def _group(self) -> Group:
        return self._link.broker.group(self._name)

    async def _join(self) -> Joined:
        while True:
            try:
                return await self._link.call(lambda: self._group.join(self._id, self._instance, self._topics))
            except UnknownMemberIdError:
                self._id = ""
            except KafkaError:
                pass
            await asyncio.sleep(RETRY_SECONDS)

    async def _starts(self, places: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """Where to read on: what was committed; where nothing was, the earliest."""
        while True:
            try:
                kept = await self._link.call(lambda: dict(self._group.offsets))
            except KafkaError:
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return {place: kept.get(place, 0) for place in places}

    async def _beat(self) -> None:
        """Beat until it is time to join again."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            try:
                await self._link.call(lambda: self._group.heartbeat(self._id, self._generation))
            except RebalanceInProgressError:
                return
            except (UnknownMemberIdError, IllegalGenerationError):
                self._id = ""
                return
            except KafkaError:
                await asyncio.sleep(RETRY_SECONDS)
