"""List who is without power and has heard nothing, as the watch over silence saw it, and what keeps the texts that wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from operations.system.database import DatabaseAccess, Row, connect, enter, present, sight
from operations.system.instants import clock_of
from operations.system.location import Where
from services.kernel.queries import queries
from services.policy.model import PUBLISHED

SQL: Final = queries(Path(__file__).parent / "sql" / "silence.sql")
WATCHES: Final = "restorer"
SENDS: Final = "notifier"
TEXT_WAITS: Final = "text-waits"
TELLS: Final = "planner"
NO_BOARD: Final = "no-board"
WATCHED: Final = "watched"
NOT_KNOWN: Final = "not-known"
State = Literal["nothing-to-say", "held", "forgotten"]


class SilentOne(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A customer who heard nothing since `since`. `keeps`: what keeps a text that waits, by the notifier; None: not known."""

    customer_id: str
    rank: str
    state: State
    reason: str
    since: datetime
    mrids: tuple[str, ...] = msgspec.field(name="mRIDs")
    seen_at: datetime
    keeps: str | None = None


class UnreadNotice(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A notice in force that the public cannot read, or reads in other words, since `since`."""

    notice_id: str
    mrid: str = msgspec.field(name="mRID")
    kind: str
    reason: str
    since: datetime


class Silences(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All of them, the forgotten first, then by rank.

    `public`: whether it is watched what the public can read: no-board (publication counts as telling), watched, not-known (the
    planner's tables are not to be read here). `counted_by`: what telling the public rests on; `notices`: which it cannot read.
    """

    looked_at: datetime | None
    customers: Sequence[SilentOne]
    public: str = NO_BOARD
    counted_by: tuple[str, ...] = ()
    notices: Sequence[UnreadNotice] = ()


async def silences(where: Where) -> tuple[Silences, DatabaseAccess]:
    """Who is silent, and what this role could see; without the notifier's tables it is not known what keeps a text.

    Raises:
        Away, Incomplete: the restorer's tables are not there, or not to be read.

    """
    async with connect(where) as connection:
        await present(connection, [WATCHES], ("silence", "silence_look"))
        seen = await sight(
            connection,
            [WATCHES, SENDS, TELLS],
            ("silence", "silence_look", "notification", "brake", "circuit", "public_cause", "public_counting"),
        )
        await enter(connection, WATCHES)
        rows = await connection.fetch(SQL["silences"])
        looked_at = await connection.fetchval(SQL["last_look"])
        keeps: dict[str, str] = {}
        if SENDS in seen.services and (waiting := [row["customer_id"] for row in rows if row["reason"] == TEXT_WAITS]):
            await enter(connection, SENDS)
            keeps = {row["customer_id"]: kept_by(row) for row in await connection.fetch(SQL["waiting"], waiting)}
        now = clock_of(where).now()
        counted_by, notices = await _unread(connection, now) if TELLS in seen.services else (None, [])
    found = [
        SilentOne(
            customer_id=row["customer_id"],
            rank=row["rank"],
            state=row["state"],
            reason=row["reason"],
            since=row["since"],
            mrids=tuple(row["mrids"]),
            seen_at=row["seen_at"],
            keeps=keeps.get(row["customer_id"]),
        )
        for row in rows
    ]
    channels = [one for one in counted_by or () if one != PUBLISHED]
    public = NOT_KNOWN if counted_by is None else WATCHED if channels else NO_BOARD
    counted = tuple(counted_by or ())
    return Silences(looked_at=looked_at, customers=found, public=public, counted_by=counted, notices=notices), seen


async def _unread(connection: Any, now: datetime) -> tuple[Sequence[str], list[UnreadNotice]]:
    """By what the public counts as told, and which notices it cannot read now; as the planner's tables have it."""
    await enter(connection, TELLS)
    counted: Sequence[str] | None = await connection.fetchval(SQL["counting"])
    rows = await connection.fetch(SQL["unread_notices"], now)
    return counted or (PUBLISHED,), [UnreadNotice(**dict(row)) for row in rows]


def kept_by(row: Row) -> str:
    """What keeps a text that waits, in words."""
    if row["unapproved"]:
        return "its send waits for approval (outagectl sending approve)"
    if row["stopped_at"] is not None:
        return f"{row['stopped_by']} stopped lane {row['lane']}: {row['stopped_for']} (outagectl sending resume)"
    if row["state"] in ("sending", "unknown"):
        return "it is with a provider, who has not answered yet"
    if row["fault_since"] is not None:
        return "a provider is at fault (outagectl sending status)"
    return f"it waits its turn in lane {row['lane']} (outagectl sending status)"
