"""Take one message through its decider: facts, decision, events, and what the new state wants and shows.

Whatever is heavy pauses in between, so that one large outage holds up nobody (pauses.py).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from services.kernel.adapters.locks import Connection
from services.kernel.bounds import ROW_BYTES
from services.kernel.model import Decision, Event, Message, Review, Service, Stream, TimerFired, category_of
from services.kernel.operating import CATEGORY as OPERATOR
from services.kernel.pauses import Pauses
from services.kernel.streams.log import Log

NOTHING_TO_REVIEW = "nothing-to-review"


class NoTimerLeft(Exception):
    """A timer fired and the state still wants it, for the same instant: it would fire for ever."""


class Followed(NamedTuple):
    """What followed from one message."""

    decision: Decision
    made: Sequence[Event]
    timers: Mapping[str, datetime]
    view: bytes


class Deciding:
    """Decides messages of one service. The stream's state and new events move at once; timers and view are handed back."""

    def __init__(self, service: Service, log: Log) -> None:
        self._service = service
        self._log = log

    async def follow(self, connection: Connection, stream: Stream, message: Message, now: datetime) -> Followed:
        """Decide `message` on `stream`, and see what follows.

        Raises:
            NoTimerLeft: a timer fired and the new state wants it still.
            Exception: whatever the decider raises.

        """
        decider = self._log.decider(stream.stream_id)
        # What is judged is as heavy as what is said of it, or as what is known: half a large outage may be back.
        weight, pauses = max(message.size, stream.weight), Pauses()
        decision = await self._decision(connection, stream, message, now, pauses)
        # Or as many words as follow: a chunk of a fan-out has a thousand.
        weight = max(weight, ROW_BYTES * len(decision.events))
        await pauses.after(weight)
        made = self._log.evolve(stream, decision.events, cause=message.cause, reason=decision.reason, now=now)
        await pauses.after(weight)
        wanted = dict(decider.timers(stream.state)) if made else stream.timers
        if isinstance(message.data, TimerFired) and wanted.get(message.data.name) == message.data.due_at:
            raise NoTimerLeft(message.data.name)
        if not made and not isinstance(message.data, Review):
            return Followed(decision, made, wanted, stream.view)
        await pauses.after(weight)
        view = msgspec.json.encode(decider.view(stream.state))
        await pauses.after(weight)
        return Followed(decision, made, wanted, view)

    async def _decision(
        self, connection: Connection, stream: Stream, message: Message, now: datetime, pauses: Pauses
    ) -> Decision:
        """What the decider says, given the facts that it asks for beside the stream."""
        decider, facts = self._log.decider(stream.stream_id), None
        if isinstance(message.data, Review) and not getattr(decider, "reviews", False):
            return Decision(NOTHING_TO_REVIEW)
        if not is_operators(stream):
            await self._log.prepare(stream.state, stream.weight)
            await self._log.prepare(message.data, message.size)
            facts = await self._service.facts(connection, stream.stream_id, stream.state, message)
        await pauses.after(max(message.size, stream.weight))
        decision: Decision = decider.decide(stream.state, facts, message, now)
        return decision


def is_operators(stream: Stream) -> bool:
    """Whether a stream is the kernel's own record of operators: no service has facts or projections for it."""
    return category_of(stream.stream_id) == OPERATOR
