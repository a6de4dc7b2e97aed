"""Decide what follows from messages and append it to their streams, inside a transaction that the caller holds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from schemas.free_text import cleaned
from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import Connection
from services.kernel.checkpoints import reach
from services.kernel.model import (
    Decision,
    Event,
    GatheringProjection,
    Message,
    Review,
    Routed,
    Service,
    Stream,
    TimerFired,
)
from services.kernel.observing.masking import mask, mask_all
from services.kernel.pauses import Pauses
from services.kernel.queries import SQL
from services.kernel.streams.armed import TimerMove, arm
from services.kernel.streams.deciding import Deciding, is_operators
from services.kernel.streams.earlier_decisions import IN_THE_LOG, decided_before
from services.kernel.streams.log import Log
from services.kernel.streams.snapshots import save
from services.kernel.writing.failures.attempts import Condemned, FailureStage
from services.kernel.writing.outbox import Outgoing, publish
from services.kernel.writing.quarantine import DECIDE_FAILED, STREAM_PARKED, WRITTEN_BY_NEWER

log = structlog.get_logger()

TIMER_MOOT = "timer-moot"

Name = tuple[str, str]
"""Source and id: how a message is known."""


@dataclass(slots=True)
class Outcome:
    """What became of one message."""

    message: Message
    outcome: str = "no-op"
    reason: str = "not-for-this-service"
    detail: str = ""
    events: int = 0
    stream: str | None = None
    parked: str | None = None


@dataclass(slots=True)
class Judged:
    """All that one transaction decided."""

    outcomes: list[Outcome]
    streams: list[Stream]
    appended: int = 0
    outgoing: int = 0
    timers: Sequence[TimerMove] = ()


@dataclass(slots=True)
class _Batch:
    """What every step of one transaction needs (Decisions.run says what it is), and the outbox rows that it gathers."""

    connection: Connection
    now: datetime
    parked_by: Mapping[Name, UUID]
    condemned: Mapping[Name, Condemned]
    outgoing: list[Outgoing] = field(default_factory=list)


Routes = Sequence[tuple[Message, Routed]]


class Decisions:
    """Decides messages in order. Locks streams, then notification rows (projections), timers, and last the log."""

    def __init__(self, service: Service, log_: Log) -> None:
        self._service = service
        self.log = log_
        self._through = Deciding(service, log_)

    async def run(
        self,
        connection: Connection,
        messages: Sequence[Message],
        now: datetime,
        *,
        parked_by: Mapping[Name, UUID],
        condemned: Mapping[Name, Condemned],
    ) -> Judged:
        """Decide all of `messages`.

        `parked_by` gives, by message name, the quarantine id that a failing message parks its stream with;
        `condemned` names messages already known to fail, with why. Of what people wrote in a message phone numbers are
        left out here, before anything is decided of it: neither the log nor a topic of ours gets them. Of what customers
        said every long number is.
        """
        batch = _Batch(connection, now, parked_by, condemned)
        gathering = [one for one in self._service.projections if isinstance(one, GatheringProjection)]
        for projection in gathering:
            projection.begin()
        messages = [replace(message, data=cleaned(message.data, mask, mask_all)) for message in messages]
        routes = await self._present(batch, [(message, await self._route(batch, message)) for message in messages])
        streams = await self._locked(batch, routes)
        known = await decided_before(connection, [(to.stream, message) for message, to in routes if to.stream])
        await self._read_timers(streams)
        with_timers = {name for name, stream in streams.items() if stream.timers}
        outcomes = [await self._outcome(batch, message, routed, streams, known) for message, routed in routes]
        for projection in gathering:
            await projection.finish(connection)
        reach("decided")
        moves = await self._write_timers(batch, streams, outcomes, with_timers)
        await self._show_again(batch, streams, outcomes)
        await publish(connection, batch.outgoing, now)
        appended = await self.log.append(connection, [streams[name] for name in sorted(streams)], now)
        reach("after-append")
        return Judged(outcomes, list(streams.values()), appended, len(batch.outgoing), moves)

    async def _route(self, batch: _Batch, message: Message) -> Routed:
        """The stream that a message is for."""
        known = batch.condemned.get(message.name)
        if known is not None and known.step is not FailureStage.PARK:
            # Its way could not even be found; without a stream it parks nothing.
            return Routed(None, DECIDE_FAILED)
        if message.stream is not None:
            return Routed(message.stream)
        return await self._service.route(batch.connection, message)

    async def _present(self, batch: _Batch, routes: Routes) -> Routes:
        """The routes without those to streams that can have no event yet: these are neither made nor locked."""
        begun = {to.stream for _, to in routes if not to.if_new}
        doubtful = {to.stream for _, to in routes if to.if_new and to.stream is not None} - begun
        if doubtful:
            rows = await batch.connection.fetch(SQL["streams_begun"], sorted(filter(None, doubtful)))
            begun.update(row["stream_id"] for row in rows)
        return [(message, to if to.stream in begun else Routed(None, to.if_new)) for message, to in routes]

    async def _locked(self, batch: _Batch, routes: Routes) -> dict[str, Stream]:
        """The streams of a batch, locked in order and loaded."""
        wanted: dict[str, int] = {}
        for message, routed in routes:
            if routed.stream is not None:
                wanted.setdefault(routed.stream, message.partition)
        streams = await self.log.lock(batch.connection, wanted)
        reach("streams-locked")
        return streams

    async def _read_timers(self, streams: Mapping[str, Stream]) -> None:
        """Ask each state for its timers, with pauses between large ones."""
        pauses = Pauses()
        for name, stream in streams.items():
            if stream.newer:
                continue
            await self.log.prepare(stream.state, stream.weight)
            await pauses.after(stream.weight)
            stream.timers = dict(self.log.decider(name).timers(stream.state))

    async def _outcome(
        self,
        batch: _Batch,
        message: Message,
        routed: Routed,
        streams: Mapping[str, Stream],
        known: Mapping[tuple[str, Name], int],
    ) -> Outcome:
        """What becomes of one message. `known`: how many events the log has of it already, by stream and name."""
        outcome = Outcome(message, reason=routed.reason, stream=routed.stream)
        if routed.stream is not None and (events := known.get((routed.stream, message.name))):
            outcome.outcome, outcome.reason, outcome.events = "appended", IN_THE_LOG, events
        elif routed.stream is not None and routed.if_new and _is_new(streams[routed.stream]):
            outcome.reason, outcome.stream = routed.if_new, None
        elif routed.stream is not None:
            await self._decide(batch, streams[routed.stream], outcome)
        elif routed.reason == DECIDE_FAILED:
            outcome.outcome, outcome.detail = "quarantined", batch.condemned[message.name].detail
        return outcome

    async def _decide(self, batch: _Batch, stream: Stream, outcome: Outcome) -> None:
        """Decide a message against its stream; what fails leaves the stream as it was, and parks it."""
        message = outcome.message
        if stream.parked_by is not None:
            outcome.outcome, outcome.reason = "quarantined", STREAM_PARKED
            outcome.detail = f"{stream.stream_id} waits behind {stream.parked_by}: outagectl quarantine show it"
            outcome.parked = stream.stream_id
            return
        if stream.newer:
            await self._park(batch, stream, outcome, WRITTEN_BY_NEWER, stream.newer)
            return
        if isinstance(message.data, TimerFired) and (stream.timers.get(message.data.name) != message.data.due_at):
            outcome.reason = TIMER_MOOT
            return
        kept = (stream.state, stream.version, len(stream.new))
        try:
            if message.name in batch.condemned:
                raise RuntimeError(batch.condemned[message.name].detail)  # noqa: TRY301 - one way out for known and new failures
            followed = await self._through.follow(batch.connection, stream, message, batch.now)
            rows = _outgoing(followed.decision, followed.made, message)
        except DATABASE:
            raise
        except Exception as error:  # a bug of the decider, whatever it is; it parks its stream
            stream.state, stream.version = kept[0], kept[1]
            del stream.new[kept[2] :]
            log.error("decide failed", stream=stream.stream_id, cause=message.cause, error=repr(error), exc_info=error)
            await self._park(batch, stream, outcome, DECIDE_FAILED, f"{type(error).__name__}: {error}")
            return
        stream.timers, stream.view = followed.timers, followed.view
        batch.outgoing.extend(rows)
        outcome.reason, outcome.detail = followed.decision.reason, followed.decision.detail or ""
        if followed.made:
            outcome.outcome, outcome.events = "appended", len(followed.made)
            if not is_operators(stream):
                await self._project(batch.connection, stream, kept[0], followed.made)

    async def _project(self, connection: Connection, stream: Stream, before: Any, made: Sequence[Event]) -> None:
        """Bring the service's tables in line with what was decided; `before`: the state that it was decided on."""
        for projection in self._service.projections:
            await projection.apply(connection, made)
        keep = getattr(self._service, "keep", None)
        if keep is not None:
            await keep(connection, stream, before)

    async def _park(self, batch: _Batch, stream: Stream, outcome: Outcome, reason: str, detail: str) -> None:
        """Set the message aside, and let all that comes for its stream wait behind it."""
        stream.parked_by = batch.parked_by[outcome.message.name]
        await batch.connection.execute(
            "update stream set parked_by = $2 where stream_id = $1", stream.stream_id, stream.parked_by
        )
        outcome.outcome, outcome.reason = "quarantined", reason
        outcome.detail, outcome.parked = detail, stream.stream_id

    async def _write_timers(
        self, batch: _Batch, streams: Mapping[str, Stream], outcomes: Sequence[Outcome], with_timers: Collection[str]
    ) -> list[TimerMove]:
        """Bring the timer table up to date where it may differ. `with_timers`: streams that had any before the batch."""
        # A row that an older version armed for a stream without timers is found when it comes due: it is moot then.
        moot = {one.stream for one in outcomes if one.reason == TIMER_MOOT}
        anyway = moot | _reviewed(outcomes)
        concerned = [
            s for name, s in streams.items() if name in anyway or (s.new and (s.timers or name in with_timers))
        ]
        return await arm(batch.connection, concerned)

    async def _show_again(self, batch: _Batch, streams: Mapping[str, Stream], outcomes: Sequence[Outcome]) -> None:
        """Keep the views and states of streams that were looked at again and to which nothing was added."""
        reviewed = _reviewed(outcomes)
        still = [s for name, s in streams.items() if name in reviewed and s.version and not s.new]
        await self.log.show(batch.connection, still)
        await save(batch.connection, still, self.log.decider, self.log.revision, batch.now)


def _reviewed(outcomes: Sequence[Outcome]) -> set[str | None]:
    return {one.stream for one in outcomes if isinstance(one.message.data, Review) and one.outcome != "quarantined"}


def _outgoing(decision: Decision, made: Sequence[Event], message: Message) -> list[Outgoing]:
    rows: list[Outgoing] = []
    for item, event in zip(decision.events, made, strict=True):
        if item.topic is not None:
            payload: Any = msgspec.json.encode(item.data)
            rows.append(
                Outgoing(item.topic, item.key or message.key, event.event_id, item.type, payload, message.traceparent)
            )
    return rows


def _is_new(stream: Stream) -> bool:
    """Whether a stream has no event yet, and none that was set aside would have been its first."""
    return not stream.version and stream.parked_by is None
