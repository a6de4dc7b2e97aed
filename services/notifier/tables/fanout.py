"""The tables of fan-outs: what a decision reads of them under the outage's lock, and what its events leave in them."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Shape
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from schemas.contracts.network import ModelRef
from schemas.contracts.notices import Notice
from services.concerned.matching import MOST_NAMED, counted, sql_arrays
from services.kernel.model import Event, Message, category_of
from services.kernel.queries import queries
from services.network import asking
from services.notifier.domain.events import (
    AudienceChunk,
    AudienceDenied,
    AudienceDue,
    AudienceNext,
    AudienceRefresh,
    AudienceRematched,
)
from services.notifier.domain.fanout.decider import FanoutCandidate, FanoutFacts, FanoutJob, ToldCustomer
from services.notifier.domain.outage.informed_promise import NoticeReach
from services.notifier.domain.outage.joined import TruthJoins
from services.notifier.domain.outage.truth import has_ended
from services.notifier.tables.candidates.fed_elsewhere import with_fed_elsewhere
from services.notifier.tables.candidates.said_back import with_said_back
from services.notifier.tables.critical import SQL as CRITICAL
from services.notifier.tables.customer_points import corners, customers_inside, holds, inside_of, is_inside
from services.notifier.tables.due_outages import ROWS_AT_ONCE, SQL, DueOutages, put_denied

MATCH = queries(Path(__file__).parents[1] / "sql" / "match_customers.sql")
CLOCKS_APART = timedelta(days=1)
"""A text bears the time of the notifier's machine, its notice that of the planner's: those of two in order lie nearer."""
_NEXT = ("m.customer_id > $4", "a.customer_id > $4")
AMONG_THESE = reduce(
    lambda sql, one: sql.replace(one, f"{one} and {one[0]}.customer_id = any($10::text[])"),
    _NEXT,
    MATCH["next_customers"],
)
"""The same among certain customers ($10)."""
if AMONG_THESE.count("$10") != len(_NEXT):
    raise AssertionError(f"sql/match_customers.sql: next_customers must say {_NEXT}, each once")


async def read_fanout(connection: Any, message: Message, chunk: int) -> FanoutFacts | None:
    """What NotifierFanout needs for `message`; `chunk` customers at most. Locks the outage's job until the transaction ends."""
    asked = message.data
    if not isinstance(asked, AudienceNext | AudienceRefresh):
        return None
    if isinstance(asked, AudienceNext) and asked.together:
        await connection.execute(SQL["lock_outages"], [f"outage/{mrid}" for mrid in asked.together])
    row = await connection.fetchrow(SQL["lock_job"], asked.mrid)
    if row is None:
        return FanoutFacts(None)
    due = msgspec.json.decode(row["due"], type=AudienceDue)
    networks = await _networks(connection) if row["by_model"] else ()
    job = FanoutJob(due, row["chunks"], row["cursor"], row["done"], row["narrowed"], row["said"])
    ended = has_ended(due.truth)
    # The places of one that is over are in no table any more.
    kinds, values = sql_arrays(due.truth.extent) if ended else ([], [])
    named = counted(due.truth.extent, due.truth.spent)
    await asyncio.sleep(
        0
    )  # to make them and to write them as the wire has them takes 30 ms each, where they are 20,000
    shape = None if ended else due.truth.extent.shape
    if isinstance(asked, AudienceRefresh):
        at = shape is not None and await is_inside(connection, shape, asked.customer_id)
        what = (asked.mrid, kinds, values, asked.customer_id, named, at, shape is not None)
        one = await connection.fetchrow(MATCH["one_customer"], *what)
        found = await _looked_at(connection, due, [_candidate(one, asked.customer_id)], by_model=bool(networks))
        called = await asking.names_by_language(connection, due.truth.extent) if networks else {}
        return FanoutFacts(job, found, networks=networks, called=called)
    if due.outage_version != asked.outage_version:
        return FanoutFacts(job)
    chunk = min(chunk, asked.most or chunk)
    # One more than is told now says whether this chunk is the last.
    inside = [] if shape is None else await customers_inside(connection, shape, job.cursor, chunk + 1)
    where = (asked.mrid, kinds, values, job.cursor, chunk + 1, ended, named)
    rows = await connection.fetch(MATCH["next_customers"], *where, inside, shape is not None)
    more = len(rows) > chunk
    critical = await _critical(connection, where, shape) if more and not job.chunks else []
    rows = (critical or rows)[:chunk]
    candidates = [_candidate(row, row["customer_id"]) for row in rows]
    found = await _looked_at(connection, due, candidates, by_model=bool(networks))
    called = await asking.names_by_language(connection, due.truth.extent) if networks else {}
    return FanoutFacts(job, found, more=more, ahead=bool(critical), networks=networks, called=called)


async def _critical(connection: Any, where: Sequence[Any], shape: Shape | None) -> Sequence[Any]:
    """Of the customers whom an outage concerns those who are critical. `where`: the query's arguments, but for its shape."""
    among = [row["customer_id"] for row in await connection.fetch(CRITICAL["critical_customers"])]
    if not among:
        return []
    inside = list[str]()
    if shape is not None:
        inside = inside_of(shape, await connection.fetch(CRITICAL["critical_points"], *corners(shape)))
    rows: Sequence[Any] = await connection.fetch(AMONG_THESE, *where, inside, shape is not None, among)
    return rows


async def _looked_at(
    connection: Any, due: AudienceDue, candidates: Sequence[FanoutCandidate], *, by_model: bool
) -> tuple[FanoutCandidate, ...]:
    """The same, with what is known of their places one by one."""
    found = await _with_denied(connection, due.mrid, candidates)
    found = await with_said_back(connection, due.mrid, due.truth, found, by_model=by_model)
    return await with_fed_elsewhere(connection, due.mrid, due.truth.extent, found) if by_model else found


async def _with_denied(
    connection: Any, mrid: str, candidates: Sequence[FanoutCandidate]
) -> tuple[FanoutCandidate, ...]:
    """The same, with the usage points at which it is denied that power is back for them, and who was told so."""
    ids = [one.customer_id for one in candidates]
    known = {row["customer_id"]: row for row in await connection.fetch(SQL["denied_of"], mrid, ids)}
    return tuple(_denied(one, known.get(one.customer_id)) for one in candidates)


def _denied(one: FanoutCandidate, row: Any) -> FanoutCandidate:
    if row is None:
        return one
    member = replace(one.member, denied=row["told"]) if one.member is not None else None
    return replace(one, denied_at=tuple(row["names"])[:MOST_NAMED], member=member)


async def _networks(connection: Any) -> tuple[ModelRef, ...]:
    return tuple(ModelRef(model_id=one.model_id, date=one.date) for one in await asking.editions(connection))


async def read_reach(connection: Any, notice: Notice, due_at: datetime, noticed_since: datetime) -> NoticeReach:
    """Whom a notice had to reach by `due_at`, and who has its time by the last word on their handset then.

    `noticed_since`: when the first notice of this outage was published.
    """
    period, since = notice.planned_period, noticed_since - CLOCKS_APART
    row = await connection.fetchrow(
        SQL["reach"], notice.mrid, period.start, period.end, due_at, notice.published_at, since
    )
    return NoticeReach(row["expected"], row["reached"], row["last_at"], tuple(row["unreached"]), row["complete"])


async def read_holding(connection: Any, customer_id: str) -> tuple[str, ...]:
    """The outages that by the tables hold this customer now, told or not."""
    rows = await connection.fetch(SQL["holding"], customer_id)
    return tuple(dict.fromkeys(row["mrid"] for row in rows if holds(row)))


def _candidate(row: Any, customer_id: str) -> FanoutCandidate:
    member = None if row["touched"] is None else ToldCustomer(row["truth_version"], row["touched"])
    matched_by = tuple(row["matched_by"]) if row["matched_by"] else None
    back_at = tuple(row["back_at"]) if row["several"] else ()
    return FanoutCandidate(
        customer_id, matched_by, member, several=row["several"], back_at=back_at, freed=bool(row.get("freed"))
    )


class FanoutRows:
    """Tables fanout_job, outage_match and audience_member. `wake` is set where a fan-out has work to do once this commits.

    What outages have to tell is gathered over the decisions of a transaction: `finish` writes it.
    `restored`: customers may hear words that were said before the database was restored.
    """

    def __init__(self, wake: asyncio.Event, *, restored: bool = False) -> None:
        self._wake = wake
        self.restored = restored
        self._due = DueOutages()

    def begin(self) -> None:
        """A transaction begins: what one that failed has gathered is not in the log."""
        self._due.forget()

    async def finish(self, connection: Any) -> None:
        """Write what is gathered: before anything reads these tables, and before the transaction ends."""
        await self._due.write(connection)

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Fold the events of one decision about an outage into the tables."""
        category = category_of(events[0].stream_id)
        if category == "outage":
            for event in events:
                if isinstance(event.data, AudienceDue):
                    self._wake.set()
                    if self._due.put(event.data):
                        await self.finish(connection)
                elif isinstance(event.data, TruthJoins) and event.stream_id == f"outage/{event.data.into}":
                    await self.finish(connection)
                    await connection.execute(SQL["take_over"], event.data.into, event.data.mrid)
                elif isinstance(event.data, AudienceDenied):
                    await self.finish(connection)
                    await self._denied(connection, event.data, event.decided_at)
        elif category == "fanout":
            await _told(connection, events)
        else:
            await self._heard(connection, events)

    async def _heard(self, connection: Any, events: Sequence[Event]) -> None:
        for event in events if self.restored else ():
            if isinstance(event.data, CustomerTouched) and event.data.touched:
                await self._of_lost_time(connection, event.data, event.version)
        if any(isinstance(event.data, CustomerUpserted | CustomerErased) for event in events):
            self._wake.set()

    async def _of_lost_time(self, connection: Any, word: CustomerTouched, version: int) -> None:
        if await connection.fetchval(SQL["put_lost_member"], word.mrid, word.customer_id):
            await put_rematch(connection, word.customer_id, version, (), forget=False)
            self._wake.set()

    async def _denied(self, connection: Any, said: AudienceDenied, at: datetime) -> None:
        changed = sorted(await put_denied(connection, said.mrid, said.denied))
        look = int(at.timestamp() * 1_000_000)
        for start in range(0, len(changed), ROWS_AT_ONCE):
            await connection.execute(SQL["look_again"], said.mrid, changed[start : start + ROWS_AT_ONCE], look)
        self._wake.set()


async def _told(connection: Any, events: Sequence[Event]) -> None:
    decided = events[0].data
    words = [(event.event_id, event.data) for event in events if isinstance(event.data, CustomerTouched)]
    if words:
        ids, touched = [word.customer_id for _, word in words], [word.touched for _, word in words]
        said = [event_id for event_id, _ in words]
        denied = [word.denied for _, word in words]
        await connection.execute(SQL["put_members"], decided.mrid, ids, touched, decided.outage_version, said, denied)
    if isinstance(decided, AudienceRematched) and decided.forgotten:
        await connection.execute(SQL["forget_member"], decided.mrid, decided.customer_id)
    if isinstance(decided, AudienceChunk):
        done, cursor = decided.upto is None, decided.upto or ""
        await connection.execute(
            SQL["move_job"], decided.mrid, decided.outage_version, decided.number, cursor, done, decided.said
        )
    else:
        await connection.execute(SQL["said"], decided.mrid, decided.said)


async def put_rematch(
    connection: Any, customer_id: str, version: int, places: Iterable[tuple[str, str]], *, forget: bool
) -> None:
    """Have the outages at `places`, old and new, looked at again for this customer once the transaction has committed.

    A place may also be ("point", "(longitude,latitude)"): then outages of whose shape a rectangle holds it.
    """
    rows = sorted(set(places))
    await connection.execute(
        SQL["put_rematch"], customer_id, version, forget, [kind for kind, _ in rows], [value for _, value in rows]
    )
