"""Messages against streams: decide, evolve, and write what follows, inside a transaction that the caller holds."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import structlog

from services.kernel.checkpoints import reach
from services.kernel.log import Connection, Log
from services.kernel.model import Decision, Event, Message, Routed, Service, Stream, TimerFired
from services.kernel.outbox import Outgoing, publish
from services.kernel.quarantine import DECIDE_FAILED, STREAM_PARKED
from services.kernel.queries import SQL

log = structlog.get_logger()


@dataclass(slots=True)
class Outcome:
    """What became of one message."""

    message: Message
    outcome: str = "no-op"
    reason: str = "not-for-this-service"
    detail: str = ""
    events: int = 0
    streams: list[str] = field(default_factory=list)
    parked: str | None = None


class NoTimerLeft(Exception):
    """A timer fired and the state still wants it, for the same instant: it would fire for ever."""


@dataclass(slots=True)
class Judged:
    """All that one transaction decided."""

    outcomes: list[Outcome]
    streams: list[Stream]
    appended: int = 0


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
        parked_by: Mapping[str, UUID],
        condemned: Mapping[str, str],
        done: Collection[tuple[str, str]] = (),
    ) -> Judged:
        """Decide all of `messages`.

        `parked_by` gives, by message cause, the quarantine id that a failing message parks its stream with; one without
        an entry (timers, words from within) re-raises. `condemned` names messages already known to fail, with why;
        `done` names (cause, stream) pairs that a retried message has dealt with before.
        """
        routes = [await self._route(connection, message) for message in messages]
        wanted: dict[str, int] = {}
        for message, routed in zip(messages, routes, strict=True):
            for stream_id in routed.streams:
                wanted.setdefault(stream_id, message.partition)
        streams = await self.log.lock(connection, wanted)
        reach("streams-locked")
        for name, stream in streams.items():
            stream.timers = dict(self.log.decider(name).timers(stream.state))
        before = {name: stream.timers for name, stream in streams.items()}
        outgoing: list[Outgoing] = []
        outcomes: list[Outcome] = []
        for message, routed in zip(messages, routes, strict=True):
            outcome = Outcome(message, reason=routed.reason, streams=list(routed.streams))
            outcomes.append(outcome)
            for stream_id in routed.streams:
                if (message.cause, stream_id) in done:
                    continue
                await self._one(connection, streams[stream_id], outcome, outgoing, now, parked_by, condemned)
        reach("decided")
        await self._timers(connection, streams, before)
        await publish(connection, outgoing, now)
        appended = await self.log.append(connection, [streams[name] for name in sorted(streams)], now)
        reach("after-append")
        return Judged(outcomes, list(streams.values()), appended)

    async def _route(self, connection: Connection, message: Message) -> Routed:
        if message.stream is not None:
            return Routed((message.stream,))
        return await self._service.route(connection, message)

    async def _one(
        self,
        connection: Connection,
        stream: Stream,
        outcome: Outcome,
        outgoing: list[Outgoing],
        now: datetime,
        parked_by: Mapping[str, UUID],
        condemned: Mapping[str, str],
    ) -> None:
        message = outcome.message
        if stream.parked_by is not None:
            outcome.outcome, outcome.reason = "quarantined", STREAM_PARKED
            outcome.detail = f"{stream.stream_id} waits behind {stream.parked_by}: outagectl quarantine show it"
            outcome.parked = stream.stream_id
            return
        decider = self.log.decider(stream.stream_id)
        if isinstance(message.data, TimerFired) and (stream.timers.get(message.data.name) != message.data.due_at):
            outcome.reason = "timer-moot"
            return
        facts = await self._service.facts(connection, stream.stream_id, stream.state, message)
        kept = (stream.state, stream.version, len(stream.new))
        try:
            if message.cause in condemned:
                raise RuntimeError(condemned[message.cause])  # noqa: TRY301 - one way out for known and new failures
            decision = decider.decide(stream.state, facts, message, now)
            made = self.log.evolve(stream, decision.events, cause=message.cause, reason=decision.reason, now=now)
            rows = _outgoing(decision, made, message)
            wanted = dict(decider.timers(stream.state)) if made else stream.timers
            if isinstance(message.data, TimerFired) and wanted.get(message.data.name) == message.data.due_at:
                raise NoTimerLeft(message.data.name)  # noqa: TRY301 - parks the stream like any failed decision
            view = msgspec.json.encode(decider.view(stream.state)) if made else stream.view
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            raise
        except Exception as error:
            stream.state, stream.version = kept[0], kept[1]
            del stream.new[kept[2] :]
            if message.cause not in parked_by:
                raise
            await self._park(connection, stream, outcome, parked_by[message.cause], error)
            return
        stream.timers, stream.view = wanted, view
        outgoing.extend(rows)
        if made:
            outcome.outcome = "appended"
            outcome.events += len(made)
            for projection in self._service.projections:
                await projection.apply(connection, made)
        elif decision.detail:
            outcome.detail = decision.detail
        if made or outcome.outcome == "no-op":
            outcome.reason = decision.reason

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

    async def _timers(
        self, connection: Connection, streams: Mapping[str, Stream], before: Mapping[str, Mapping[str, datetime]]
    ) -> None:
        """Make the timer table equal to what the new states want."""
        gone: list[str] = []
        armed: list[tuple[str, str, str, datetime, int]] = []
        for name, stream in streams.items():
            if not stream.new:
                continue
            wanted = stream.timers
            gone += [timer_id(name, timer) for timer in before[name] if timer not in wanted]
            armed += [
                (timer_id(name, timer), name, timer, due_at, stream.partition)
                for timer, due_at in wanted.items()
                if before[name].get(timer) != due_at
            ]
        if gone:
            await connection.execute(SQL["disarm"], sorted(gone))
        if armed:
            await connection.execute(SQL["arm"], *(list(column) for column in zip(*sorted(armed), strict=True)))


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
