"""Read of some customers what is known of them, for the judgement of their silence."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from services.concerned.matching import FIELDS
from services.restorer.domain.silence.customers import (
    HeldCustomer,
    OffOutage,
    PlaceFound,
    WatchedCustomer,
    WatchedPlaces,
    held,
)
from services.restorer.domain.silence.judging import (
    NOTICES,
    SPOKEN,
    WORDS,
    CustomerHeard,
    OwedWord,
    Silence,
    WatchedText,
    judge,
)
from services.restorer.tables.silence.placing import SQL

if TYPE_CHECKING:
    from services.kernel.adapters.locks import Connection

LOOKED_BACK: Final = timedelta(days=30)
"""Older texts say nothing any more. A notice may be weeks old when its work begins."""
PAUSE_AFTER: Final = 100
"""So many customers are judged in a few milliseconds; then whatever else the process does has its turn."""
PERHAPS_BACK: Final = "perhaps-restored"
_DECODER: Final = msgspec.json.Decoder(WatchedCustomer)
Row = Any
"""A record of the database."""


@dataclass(frozen=True, slots=True)
class SilentCustomer:
    """A customer who heard nothing for too long."""

    customer_id: str
    rank: str
    silence: Silence


async def silences(
    connection: Connection, customers: Sequence[Row], now: datetime, settled: datetime
) -> list[SilentCustomer]:
    """Of customers (rows of `perhaps_silent`) those who are silent. `settled`: what was known by then counts."""
    ids = [row["customer_id"] for row in customers]
    places = await places_of(connection, ids)
    rows = await connection.fetch(
        SQL["outages"], sorted({one.mrid for found in places.values() for one in found.found}), settled
    )
    outages = {row["mrid"]: off_outage(row) for row in rows}
    heard = await _heard(connection, ids, now)
    notes = {row["mrid"]: row for row in rows}
    found = []
    for number, row in enumerate(customers):
        if number % PAUSE_AFTER == 0:
            await asyncio.sleep(0)
        name = row["customer_id"]
        known = _about(heard[name], held(_DECODER.decode(row["known"]), places[name], outages), notes)
        if (silence := judge(known, row["within"], now)) is not None:
            found.append(SilentCustomer(name, row["rank"], silence))
    return found


def off_outage(row: Row) -> OffOutage:
    """A row of `outages`."""
    return OffOutage(row["mrid"], row["began"], frozenset(row["lists"]), row["drawn"] or False)


async def places_of(connection: Connection, ids: Sequence[str]) -> Mapping[str, WatchedPlaces]:
    """Of each of these customers, what open outages say of their places."""
    found: dict[str, list[PlaceFound]] = defaultdict(list)
    for row in await connection.fetch(SQL["places_found"], ids):
        named = (row["words"], row["form"]) == (FIELDS[row["kind"]], row["value"])
        how = "named" if named else "fed"
        found[row["customer_id"]].append(PlaceFound(row["mrid"], row["kind"], row["value"], how, row["back"]))  # type: ignore[arg-type]
    known: dict[str, set[Any]] = defaultdict(set)
    for row in await connection.fetch(SQL["in_model"], ids):
        known[row["customer_id"]].add((row["kind"], row["value"]))
    return {name: WatchedPlaces(tuple(found[name]), frozenset(known[name])) for name in ids}


async def _heard(connection: Connection, ids: Sequence[str], now: datetime) -> Mapping[str, CustomerHeard]:
    texts: dict[str, list[WatchedText]] = defaultdict(list)
    for row in await connection.fetch(SQL["texts"], ids, now - LOOKED_BACK):
        texts[row["customer_id"]].append(_text(row))
    owed: dict[str, list[OwedWord]] = defaultdict(list)
    for row in await connection.fetch(SQL["owed"], ids, now - LOOKED_BACK, sorted(WORDS)):
        owed[row["customer_id"]].append(OwedWord(row["obligation"], row["due_at"], row["standing"], row["reason"]))
    return {
        row["customer_id"]: CustomerHeard(
            (),
            texts[row["customer_id"]],
            owed[row["customer_id"]],
            row["confirmed_at"],
            unreached=(row["unreached_at"], row["unreached"]) if row["unreached_at"] is not None else None,
        )
        for row in await connection.fetch(SQL["asides"], ids, sorted(SPOKEN))
    }


def _text(row: Row) -> WatchedText:
    return WatchedText(
        frozenset(row["mrids"]),
        row["trigger"],
        row["requested_at"],
        row["not_before"],
        row["accepted_at"],
        row["ended_at"],
        row["ended_for"],
    )


def _about(heard: CustomerHeard, by: HeldCustomer, notes: Mapping[str, Row]) -> CustomerHeard:
    """The same, beside the outages that hold them: until when they know that its work lasts, and whether it is perhaps over."""
    told = {mrid for one in heard.texts if one.trigger in NOTICES and one.accepted_at is not None for mrid in one.mrids}
    mrids = [one.mrid for one in by.outages]
    ends = [notes[mrid]["noticed_until"] for mrid in mrids if mrid in told and notes[mrid]["noticed_until"] is not None]
    doubt = PERHAPS_BACK if mrids and all(notes[mrid]["perhaps_back"] for mrid in mrids) else None
    return replace(
        heard, holders=by.outages, noticed_until=max(ends, default=None), is_partly=by.is_partly, in_doubt=doubt
    )
