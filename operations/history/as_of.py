"""Replay the logs up to an instant, by the services' own code: what was known then, and what had been said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from operations.errors import Misused, NotFound
from operations.history.decoding import decoded, whole_or_part
from operations.history.happened import happened_at
from operations.history.history import ORDER, History, HistoryEntry
from operations.system.database import Connection, enter
from operations.system.instants import read_past
from operations.system.location import Where
from operations.system.services import NAMES, load
from schemas.contracts.messages import MessageAccepted, MessageFact, MessageRequested
from services.kernel.queries import queries
from services.kernel.streams.log import Log
from services.notifier.domain.text_states import TextState, text_step
from services.promises import OPEN_STATES

SQL = queries(Path(__file__).parents[1] / "sql" / "at.sql")
By = Literal["known", "event-time"]


class ShownWhy(msgspec.Struct, frozen=True, rename="camel"):
    """Why a promise was broken, as a person said it."""

    reason: str
    by: str


class ShownPromise(msgspec.Struct, frozen=True, rename="camel"):
    """A promise as the live views of all services show it."""

    rule_id: str
    due_at: datetime
    state: str
    reason: str | None = None
    verified: bool = True
    promise_id: str = ""
    warn_again_at: tuple[datetime, ...] = ()
    warned: int = 0
    why: ShownWhy | None = None
    counted_by: tuple[str, ...] = ()
    """Of the promise to tell the public: what it rests on."""

    @property
    def standing(self) -> str:
        """As its view has it; of one at risk, which of its warnings that was."""
        if self.state != "atRisk" or not self.warn_again_at:
            return self.state
        return f"atRisk, warning {self.warned} of {1 + len(self.warn_again_at)}"

    @property
    def reasons(self) -> str:
        """Why it stands so; what it rests on; behind that, why it was broken, in the words of whoever said it."""
        said = f"“{self.why.reason}” ({self.why.by})" if self.why is not None else None
        rests = f"rests on: {', '.join(self.counted_by)}" if self.counted_by else None
        return "; ".join(filter(None, (self.reason, rests, said))) or "–"


@dataclass(frozen=True, slots=True)
class LogLimit:
    """Up to where the log counts. `position` is of one service; for the others its instant counts."""

    at: datetime
    by: By = "known"
    service: str | None = None
    position: int | None = None

    def holds(self, entry: HistoryEntry) -> bool:
        """Whether an event counts."""
        if self.position is not None and entry.service == self.service:
            return entry.position <= self.position
        return (own_time(entry) if self.by == "event-time" else entry.at) <= self.at


def own_time(entry: HistoryEntry) -> datetime:
    """When a fact is said to have happened; when a decision was taken."""
    said = happened_at(decoded(entry.type, entry.data))
    return said.astimezone(UTC) if said else entry.at


async def until(
    connection: Connection, where: Where, *, at: str | None, position: int | None, service: str | None, by: str
) -> LogLimit | None:
    """What the options ask for; None: nothing, so the present.

    Raises:
        Misused: they contradict each other, or lie ahead of now.
        NotFound: the log has no such position.

    """
    if by not in ("known", "event-time"):
        raise Misused(f"--by {by}: write known (what we knew then) or event-time (what had happened by then)")
    if at is not None and position is not None:
        raise Misused("give --at or --position, not both")
    if at is not None:
        return LogLimit(read_past(at, where, "--at"), "event-time" if by == "event-time" else "known")
    if position is None:
        if by != "known" or service is not None:
            raise Misused("--by and --service say how --at or --position is meant: give one of these")
        return None
    if service not in NAMES:
        raise Misused(f"a position is one service's: name it with --service {', '.join(NAMES)}")
    if by != "known":
        raise Misused("--position counts what was known: --by event-time goes with --at only")
    await enter(connection, service)
    decided = await connection.fetchval(SQL["decided_at"], position)
    if decided is None:
        last = await connection.fetchval(SQL["last_position"])
        raise NotFound(f"the log of the {service} has no position {position}; it ends at {last}")
    return LogLimit(decided, "known", service, position)


def cut(history: History, end: LogLimit, where: Where, log_of: Callable[[str], Log] | None = None) -> History:
    """The history as it stood at `end`. `log_of`: a service's log by its name (else its own code is loaded)."""
    logs = log_of or (lambda name: Log(load(name, where)))
    then = History(history.kind, history.id)
    then.entries = [entry for entry in history.entries if end.holds(entry)]
    for stream in history.streams:
        mine = [e for e in then.entries if (e.service, e.stream_id) == (stream["service"], stream["stream"])]
        if mine:
            then.streams.append(_stream(stream, sorted(mine, key=lambda e: e.version), logs(stream["service"])))
    then.texts = list(_texts(history, then.entries))
    then.quarantined = [row for row in history.quarantined if row["at"] <= end.at]
    return then


def _stream(stream: Mapping[str, Any], entries: Sequence[HistoryEntry], log: Log) -> dict[str, Any]:
    stream_id = str(stream["stream"])
    decider = log.decider(stream_id)
    state = decider.initial(stream_id)
    for entry in entries:
        row = {
            "stream_id": stream_id,
            "version": entry.version,
            "event_id": entry.event_id,
            "type": entry.type,
            "data": msgspec.json.encode(entry.data).decode(),
            "decided_at": entry.at,
            "cause": entry.cause,
            "reason": entry.reason,
            "position": entry.position,
        }
        state = decider.evolve(state, log.stored(row))
    return {
        "service": stream["service"],
        "stream": stream_id,
        "version": entries[-1].version,
        "parkedBy": None,
        "view": decider.view(state),
    }


def _texts(history: History, entries: Sequence[HistoryEntry]) -> Iterator[dict[str, Any]]:
    """The texts asked for by then, each as far as it had come by then."""
    states: dict[str, TextState] = {}
    sids: dict[str, str] = {}
    for entry in sorted(entries, key=lambda e: (e.at, e.position)):
        match decoded(entry.type, entry.data):
            case MessageRequested() as asked:
                states[asked.message_id] = "requested"
            case MessageFact() as fact if fact.message_id in states:
                states[fact.message_id] = text_step(states[fact.message_id], entry.type) or states[fact.message_id]
                if isinstance(fact, MessageAccepted):
                    sids[fact.message_id] = fact.provider_sid
    for text in history.texts:
        state = states.get(text["messageId"])
        if state is not None:
            # Attempts keep wall times, which a log's instants cannot be compared with.
            yield {**text, "state": state, "providerSid": sids.get(text["messageId"]), "attempts": []}


def became_known(history: History) -> HistoryEntry | None:
    """The first event there is about it, in the order in which things were decided."""
    return min(history.entries, key=lambda e: (e.at, ORDER.get(e.service, 9), e.position), default=None)


def open_promises(promises: Sequence[Mapping[str, Any]], at: datetime) -> list[dict[str, Any]]:
    """Those that waited for their verdict, with the seconds they had left."""
    shown = [(whole_or_part(one, ShownPromise), one) for one in promises]
    waited = sorted(
        ((typed, one) for typed, one in shown if typed.state in OPEN_STATES), key=lambda both: both[0].due_at
    )
    return [{**one, "secondsLeft": int((typed.due_at - at).total_seconds())} for typed, one in waited]
