"""Hear a topic of another service: its records go, a batch at a time, to whoever keeps tables of them.

Nothing of it is judged when it comes, no deadline waits for it, and it makes no stream: 80,000 texts of a storm are as many rows.

To add a listener: a class with the attributes and methods of `HeardListener` in a file beside this one, its tables in a
migration of the restorer, and an instance in `copies` of services/restorer/app.py, under each topic that it hears. It is given
the words of the types that it names and no others, decoded once for all listeners.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from services.kernel.model import Message


class HeardListener(Protocol):
    """Keeps tables of what a topic says. One instance may hear several topics."""

    hears: tuple[type[msgspec.Struct], ...]
    """The types of words it is given, with all that derive from them."""

    async def hear(self, connection: Any, said: Sequence[Message]) -> None:
        """Take what came, never empty, in the order of each partition; in the transaction that moves the fences past it.

        Write it with few statements, rows sorted by their keys: workers that hear other partitions write beside this one. Any word
        may come again or late (a topic that is read again, a record that had been set aside), so what is kept must not depend on
        the order in which words came: take the later instant, fill what is not known.
        """
        ...

    async def forget(self, connection: Any, topic: str) -> None:
        """Hold nothing any more of what came on this topic: it is read again from its first record."""
        ...


class HeardTopic:
    """`TopicCopy` of a topic that is heard; the topic may forget its old records, what is kept of them stays."""

    def __init__(self, topic: str, *listeners: HeardListener) -> None:
        self._topic, self._listeners = topic, listeners

    async def put(self, connection: Any, said: Sequence[Message]) -> None:
        """See TopicCopy."""
        for listener in self._listeners:
            if heard := [message for message in said if isinstance(message.data, listener.hears)]:
                await listener.hear(connection, heard)

    async def forget(self, connection: Any) -> None:
        """See TopicCopy."""
        for listener in self._listeners:
            await listener.forget(connection, self._topic)

    async def put_late(self, connection: Any, message: Message) -> bool:
        """See TopicCopy: no listener minds the order."""
        await self.put(connection, [message])
        return True
