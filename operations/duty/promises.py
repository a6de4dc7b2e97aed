"""List promises, from the read models of all services; say why some were broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from operations.duty.tasks import DutyTask, one_task
from operations.errors import Misused, NotFound
from operations.system.asking import ask
from operations.system.database import DatabaseAccess, Row, connect, enter, sight
from operations.system.location import Where
from services.kernel.queries import queries
from services.readmodels import READ_MODELS
from services.tasks.domain.kinds import OF_PROMISES, PROMISE_UNEXPLAINED
from services.tasks.explaining import MOST_AT_ONCE, WHY, BrokenPromises

SQL = queries(Path(__file__).parents[1] / "sql" / "promises.sql")


async def promised(
    where: Where, services: tuple[str, ...], query: str, arguments: Sequence[object]
) -> tuple[list[tuple[str, Row]], DatabaseAccess]:
    """The rows of a query of promises.sql as (service, row), and what this role could see."""
    rows: list[tuple[str, Row]] = []
    having = [one for one in services if one in READ_MODELS]
    async with connect(where) as connection:
        seen = await sight(connection, having, ("promise", "projection")) if having else DatabaseAccess(())
        for name in seen.services:
            await enter(connection, name)
            if await connection.fetchval("select to_regclass('promise')") is not None:
                rows += [(name, row) for row in await connection.fetch(SQL[query], *arguments)]
    if query == "promises":
        rows.sort(key=lambda one: (one[1]["due_at"], one[1]["promise_id"]))  # of all services, the next due first
    return rows, seen


class BrokenPromise(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One promise of which it is said why it was broken."""

    service: str
    promise_id: str
    mrid: str | None = msgspec.field(name="mRID", default=None)
    rule_id: str | None = None
    why: str | None = None
    """Why, as somebody said before."""


class AlarmedPromise(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A promise that people are asked about, as they see it beside their task."""

    promise_id: str
    rule_id: str
    mrid: str | None = msgspec.field(name="mRID")
    due_at: datetime
    kind: str
    reason: str
    number: int | None
    warnings: int | None
    since: datetime
    warned_at: datetime | None
    """When somebody was warned of it before this."""
    had_by: str | None
    """Who had the task then."""
    rank: str | None = None
    """Who is off under its outage: life-support, special; None: neither, or nobody knows."""


ENDS_HERE: Final = "outagectl promises --broken lists them"


async def named(where: Where, promise_ids: Sequence[str]) -> list[BrokenPromise]:
    """The promises of these ids, whichever service made them.

    Raises:
        NotFound: one of them was never made, or is not known to the read models yet.

    """
    found = await _broken(where, promise_ids, None)
    if missing := sorted({*promise_ids} - {one.promise_id for one in found}):
        raise NotFound(f"no promise is called {', '.join(missing)}: {ENDS_HERE}")
    return found


async def unexplained_of(where: Where, mrid: str) -> list[BrokenPromise]:
    """What stands broken of an outage and nobody has said why.

    Raises:
        NotFound: nothing does.

    """
    if found := await _broken(where, (), mrid):
        return found
    raise NotFound(f"nothing is broken and unexplained of {mrid}: {ENDS_HERE}")


async def unexplained_in(where: Where, task: str) -> list[BrokenPromise]:
    """The promises that a task asks about, at most as many as it can name.

    Raises:
        NotFound, Misused: there is no such task, or it asks for something else.

    """
    found, about = await one_task(where, task)
    if found.kind != PROMISE_UNEXPLAINED:
        raise Misused(f"{found.task_id} asks for something else ({found.kind}): outagectl task show {found.task_id}")
    if not about:
        raise NotFound(f"nothing of {found.task_id} is left to be explained")
    return [BrokenPromise(service=found.service, promise_id=one.ref, mrid=one.mrid) for one in about if one.ref]


async def say_why(where: Where, promises: Sequence[BrokenPromise], reason: str, by: str | None = None) -> int:
    """Put one reason beside the verdicts of all of them; beside how many it did not stand before.

    What was said before one is refused stands.

    Raises:
        Misused: no reason is given.
        Refused: one of them is not broken.

    """
    if not reason.strip():
        raise Misused("say with --reason why it was broken, in a sentence that can be published")
    recorded = 0
    for service in sorted({one.service for one in promises}):
        ids = [*dict.fromkeys(one.promise_id for one in promises if one.service == service)]
        for start in range(0, len(ids), MOST_AT_ONCE):
            some = ids[start : start + MOST_AT_ONCE]
            detail = BrokenPromises(promise_ids=tuple(some), by=by)
            answer = await ask(where, service, WHY, detail, reason=reason.strip())
            recorded += int(answer.result["recorded"])
    return recorded


async def asked_about(where: Where, tasks: Iterable[DutyTask]) -> Mapping[str, AlarmedPromise]:
    """By their ids, the promises that these tasks name."""
    wanted: dict[str, set[str]] = {}
    for task in tasks:
        if task.kind in OF_PROMISES:
            wanted.setdefault(task.service, set()).update(one.ref for one in task.whom if one.ref)
    found: dict[str, AlarmedPromise] = {}
    if not wanted:
        return found
    async with connect(where) as connection:
        seen = await sight(connection, sorted(wanted), ("promise_alarm",))
        for service in seen.services:
            await enter(connection, service)
            for row in await connection.fetch(SQL["alarmed"], sorted(wanted[service])):
                found[row["promise_id"]] = AlarmedPromise(**dict(row))
    return found


async def _broken(where: Where, promise_ids: Sequence[str], mrid: str | None) -> list[BrokenPromise]:
    found: list[BrokenPromise] = []
    async with connect(where) as connection:
        seen = await sight(connection, sorted(READ_MODELS), ("promise", "projection"))
        seen.demand()
        for name in seen.services:
            await enter(connection, name)
            rows = await connection.fetch(SQL["broken"], list(promise_ids), mrid)
            found += [
                BrokenPromise(service=name, **{one: row[one] for one in ("promise_id", "mrid", "rule_id", "why")})
                for row in rows
            ]
    return found
