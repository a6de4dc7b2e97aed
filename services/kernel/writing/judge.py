"""Messages against streams: decide, evolve, and write what follows, inside a transaction that the caller holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import structlog

from schemas.free_text import cleaned
from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import Connection
from services.kernel.bounds import ROW_BYTES
from services.kernel.checkpoints import reach
from services.kernel.model import (
    Decision,
    Event,
    Message,
    Review,
    Routed,
    Service,
    Stream,
    TimerFired,
    category_of,
)
from services.kernel.observing.masking import mask, mask_all
from services.kernel.operating import CATEGORY as OPERATOR
from services.kernel.pauses import Pauses
from services.kernel.queries import SQL
from services.kernel.streams.decided import IN_THE_LOG, decided_before
from services.kernel.streams.log import Log
from services.kernel.streams.snapshots import save
from services.kernel.writing.attempts import Condemned, Step
from services.kernel.writing.outbox import Outgoing, publish
from services.kernel.writing.quarantine import DECIDE_FAILED, STREAM_PARKED

log = structlog.get_logger()

TIMER_MOOT = "timer-moot"
NOTHING_TO_REVIEW = "nothing-to-review"

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


class NoTimerLeft(Exception):
    """A timer fired and the state still wants it, for the same instant: it would fire for ever."""


@dataclass(frozen=True, slots=True)
class TimerMove:
    """A timer that was armed (`was` is None), moved, or taken off (`due_at` is None)."""

    stream: str
    name: str
    was: datetime | None
    due_at: datetime | None


@dataclass(slots=True)
class Judged:
    """All that one transaction decided."""

    outcomes: list[Outcome]
    streams: list[Stream]
    appended: int = 0
    timers: Sequence[TimerMove] = ()


class Judge:
    """Decides messages in order. Locks streams, then notification rows (projections), timers, and last the log."""

    def __init__(self, service: Service, log_: Log) -> None:
        self._service = service
        self.log = log_

    async def judge(
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
        messages = [replace(message, data=cleaned(message.data, mask, mask_all)) for message in messages]
        routes = [await self._route(connection, message, condemned) for message in messages]
        wanted: dict[str, int] = {}
        for message, routed in zip(messages, routes, strict=True):
            if routed.stream is not None:
                wanted.setdefault(routed.stream, message.partition)
        streams = await self.log.lock(connection, wanted)
        reach("streams-locked")
        pairs = [(routed.stream, message) for message, routed in zip(messages, routes, strict=True) if routed.stream]
        known = await decided_before(connection, pairs)
        pauses = Pauses()
        for name, stream in streams.items():
            await self.log.prepare(stream.state, stream.weight)
            await pauses.after(stream.weight)
            stream.timers = dict(self.log.decider(name).timers(stream.state))
        with_timers = {name for name, stream in streams.items() if stream.timers}
        outgoing: list[Outgoing] = []
        outcomes: list[Outcome] = []
        for message, routed in zip(messages, routes, strict=True):
            outcome = Outcome(message, reason=routed.reason, stream=routed.stream)
            outcomes.append(outcome)
            if routed.stream is not None and (events := known.get((routed.stream, message.name))):
                outcome.outcome, outcome.reason, outcome.events = "appended", IN_THE_LOG, events
            elif routed.stream is not None:
                await self._one(connection, streams[routed.stream], outcome, outgoing, now, parked_by, condemned)
            elif routed.reason == DECIDE_FAILED:
                outcome.outcome, outcome.detail = "quarantined", condemned[message.name].detail
        reach("decided")
        # A row that an older version armed for a stream without timers is found when it comes due: it is moot then.
        moot = {o.stream for o in outcomes if o.reason == TIMER_MOOT}
        reviewed = {o.stream for o in outcomes if isinstance(o.message.data, Review) and o.outcome != "quarantined"}
        anyway = moot | reviewed
        concerned = [
            s for name, s in streams.items() if name in anyway or (s.new and (s.timers or name in with_timers))
        ]
        moves = await self._timers(connection, concerned)
        still = [s for name, s in streams.items() if name in reviewed and s.version and not s.new]
        await self.log.show(connection, still)
        await save(connection, still, self.log.decider, self.log.revision, now)
        await publish(connection, outgoing, now)
        appended = await self.log.append(connection, [streams[name] for name in sorted(streams)], now)
        reach("after-append")
        return Judged(outcomes, list(streams.values()), appended, moves)

    async def _route(self, connection: Connection, message: Message, condemned: Mapping[Name, Condemned]) -> Routed:
        known = condemned.get(message.name)
        if known is not None and known.step is not Step.PARK:
            # Its way could not even be found; without a stream it parks nothing.
            return Routed(None, DECIDE_FAILED)
        if message.stream is not None:
            return Routed(message.stream)
        return await self._service.route(connection, message)

    async def _one(
        self,
        connection: Connection,
        stream: Stream,
        outcome: Outcome,
        outgoing: list[Outgoing],
        now: datetime,
        parked_by: Mapping[Name, UUID],
        condemned: Mapping[Name, Condemned],
    ) -> None:
        message = outcome.message
        if stream.parked_by is not None:
            outcome.outcome, outcome.reason = "quarantined", STREAM_PARKED
            outcome.detail = f"{stream.stream_id} waits behind {stream.parked_by}: outagectl quarantine show it"
            outcome.parked = stream.stream_id
            return
        decider = self.log.decider(stream.stream_id)
        if isinstance(message.data, TimerFired) and (stream.timers.get(message.data.name) != message.data.due_at):
            outcome.reason = TIMER_MOOT
            return
        kernels_own = category_of(stream.stream_id) == OPERATOR
        kept = (stream.state, stream.version, len(stream.new))
        # What is judged is as heavy as what is said of it, or as what is known: half a large outage may be back.
        weight, pauses = max(message.size, stream.weight), Pauses()
        try:
            if message.name in condemned:
                raise RuntimeError(condemned[message.name].detail)  # noqa: TRY301 - one way out for known and new failures
            if isinstance(message.data, Review) and not getattr(decider, "reviews", False):
                decision = Decision(NOTHING_TO_REVIEW)
            else:
                facts = None
                if not kernels_own:
                    await self.log.prepare(stream.state, stream.weight)
                    await self.log.prepare(message.data, message.size)
                    facts = await self._service.facts(connection, stream.stream_id, stream.state, message)
                await pauses.after(weight)
                decision = decider.decide(stream.state, facts, message, now)
            # Or as many words as follow: a chunk of a fan-out has a thousand.
            weight = max(weight, ROW_BYTES * len(decision.events))
            await pauses.after(weight)
            made = self.log.evolve(stream, decision.events, cause=message.cause, reason=decision.reason, now=now)
            await pauses.after(weight)
            rows = _outgoing(decision, made, message)
            wanted = dict(decider.timers(stream.state)) if made else stream.timers
            if isinstance(message.data, TimerFired) and wanted.get(message.data.name) == message.data.due_at:
                raise NoTimerLeft(message.data.name)  # noqa: TRY301 - parks the stream like any failed decision
            shown = made or isinstance(message.data, Review)
            await pauses.after(weight if shown else 0)
            view = msgspec.json.encode(decider.view(stream.state)) if shown else stream.view
            await pauses.after(weight if shown else 0)
        except DATABASE:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of the decider, whatever it is; it parks its stream
            stream.state, stream.version = kept[0], kept[1]
            del stream.new[kept[2] :]
            await self._park(connection, stream, outcome, parked_by[message.name], error)
            return
        stream.timers, stream.view = wanted, view
        outgoing.extend(rows)
        outcome.reason, outcome.detail = decision.reason, decision.detail or ""
        if made:
            outcome.outcome, outcome.events = "appended", len(made)
            for projection in () if kernels_own else self._service.projections:
                await projection.apply(connection, made)

    async def _park(
        self, connection: Connection, stream: Stream, outcome: Outcome, quarantine_id: UUID, error: Exception
    ) -> None:
        log.error(
            "decide failed", stream=stream.stream_id, cause=outcome.message.cause, error=repr(error), exc_info=error
        )
        stream.parked_by = quarantine_id
        await connection.execute(
            "update stream set parked_by = $2 where stream_id = $1", stream.stream_id, quarantine_id
        )
        outcome.outcome, outcome.reason = "quarantined", DECIDE_FAILED
        outcome.detail, outcome.parked = f"{type(error).__name__}: {error}", stream.stream_id

    async def _timers(self, connection: Connection, streams: Sequence[Stream]) -> list[TimerMove]:
        """Make the timer table equal to what the states want now, whatever an older version armed; returns what moved."""
        if not streams:
            return []
        names = sorted(stream.stream_id for stream in streams)
        rows = {row["timer_id"]: row for row in await connection.fetch(SQL["timers_of"], names)}
        standing = {name: row["due_at"] for name, row in rows.items()}
        wanted = {
            timer_id(stream.stream_id, name): (stream.stream_id, name, due_at, stream.partition)
            for stream in streams
            for name, due_at in stream.timers.items()
        }
        gone = sorted(name for name in standing if name not in wanted)
        armed = sorted((name, *row) for name, row in wanted.items() if standing.get(name) != row[2])
        if gone:
            await connection.execute(SQL["disarm"], gone)
        if armed:
            await connection.execute(SQL["arm"], *(list(column) for column in zip(*armed, strict=True)))
        over = [TimerMove(rows[name]["stream_id"], rows[name]["name"], standing[name], None) for name in gone]
        return over + [TimerMove(stream, label, standing.get(name), due) for name, stream, label, due, _ in armed]


def timer_id(stream_id: str, name: str) -> str:
    """The key of a timer row."""
    return f"{stream_id}#{name}"


def _outgoing(decision: Decision, made: Sequence[Event], message: Message) -> list[Outgoing]:
    rows: list[Outgoing] = []
    for item, event in zip(decision.events, made, strict=True):
        if item.topic is not None:
            payload: Any = msgspec.json.encode(item.data)
            rows.append(
                Outgoing(item.topic, item.key or message.key, event.event_id, item.type, payload, message.traceparent)
            )
    return rows
