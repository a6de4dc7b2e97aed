"""Show the operators' brake lane by lane, put it on, and release it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from operations.duty.circuits import open_circuits
from operations.errors import Away, Misused
from operations.system.asking import ask
from operations.system.database import Connection, connect, enter, present
from operations.system.instants import clock_of
from operations.system.location import Where
from services.kernel.queries import queries
from services.notifier.sending.gates.brake import CLAIMING, LANES
from services.notifier.sending.gates.brake import SQL as BRAKE_SQL
from services.notifier.sending.gates.brake_requests import RESUME, STOP, Lanes

SQL = queries(Path(__file__).parents[1] / "sql" / "sending.sql")


WAIT_MILLISECONDS = 3_000


def chosen_lanes(lane: str | None) -> tuple[str, ...]:
    """The lanes a command is about.

    Raises:
        Misused: no such lane.

    """
    if lane is None or lane == "all":
        return LANES
    if lane not in LANES:
        raise Misused(f"there is no lane {lane}: name one of {', '.join(LANES)}, or none for all of them")
    return (lane,)


@asynccontextmanager
async def _notifier(where: Where) -> AsyncIterator[Connection]:
    async with connect(where) as connection:
        await present(connection, ("notifier",), ("brake", "notification"))
        await enter(connection, "notifier")
        try:
            yield connection
        except asyncpg.UndefinedTableError as error:
            raise Away(f"the database lacks a table ({error}): outagectl migrate") from None


async def lanes_now(where: Where, lanes: Sequence[str]) -> tuple[list[Any], Sequence[Any], datetime]:
    """Each lane with what waits in it, the open circuits, and the instant of both."""
    clock = clock_of(where)
    now = clock.now()
    async with _notifier(where) as connection:
        rows = await connection.fetch(SQL["lanes"], list(lanes), now)
        return rows, await open_circuits(connection, clock.wall()), now


async def stop_lanes(where: Where, lanes: Sequence[str], reason: str) -> tuple[list[str], list[Any], datetime, bool]:
    """The lanes that were stopped, all asked for as they now are, the instant, and whether no claim was still under way."""
    clock = clock_of(where)
    async with _notifier(where) as connection:
        answer = await ask(where, "notifier", STOP, _lanes(lanes), reason=reason)
        # From here on no claim can begin that does not see the brake; those under way are waited for, so that the
        # number told is true.
        certain = await _no_claim_under_way(connection)
        stopped: list[str] = answer.result["stopped"]
        return stopped, await connection.fetch(SQL["lanes"], list(lanes), clock.now()), clock.now(), certain


async def _no_claim_under_way(connection: Connection) -> bool:
    try:
        async with connection.transaction():
            await connection.execute(f"set local lock_timeout = {WAIT_MILLISECONDS}")
            await connection.execute(BRAKE_SQL["wait_for_claims"], CLAIMING)
    except asyncpg.LockNotAvailableError:
        return False
    return True


async def resume_lanes(
    where: Where, lanes: Sequence[str], reason: str
) -> tuple[list[dict[str, Any]], list[Any], datetime]:
    """The lanes that were let go, as the notifier's answer has them, and what lies in them now."""
    clock = clock_of(where)
    async with _notifier(where) as connection:
        answer = await ask(where, "notifier", RESUME, _lanes(lanes), reason=reason)
        resumed: list[dict[str, Any]] = answer.result["resumed"]
        now = clock.now()
        return resumed, await connection.fetch(SQL["lanes"], [one["lane"] for one in resumed], now), now


def _lanes(lanes: Sequence[str]) -> Lanes:
    return msgspec.convert({"lanes": list(lanes)}, Lanes)
