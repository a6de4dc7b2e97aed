"""List what people have to do, in the order in which they do it; take a task, and say that it is done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

import asyncpg
import msgspec
from msgspec import structs

from operations.errors import Away, Misused, NotFound, Refused
from operations.system.asking import OperatorAnswer, ask
from operations.system.database import Connection, DatabaseAccess, Row, connect, enter, sight
from operations.system.instants import clock_of
from operations.system.location import Where
from operations.system.services import NAMES
from operations.times import Times
from schemas.contracts.duty.tasks import MOST_NAMED, TaskSubject
from services.kernel.queries import queries
from services.tasks.actions import DONE, TAKE, OneTask
from services.tasks.domain.kinds import OF_MANAGERS, to_do
from services.tasks.domain.order import ListedTask, rank

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "tasks.sql")
NEEDS: Final = ("task", "task_cause", "standing_cause")
SHORTEST_ID: Final = 4
MOST_SUBJECTS: Final = 2_000


Language = Literal["en", "zh-CN"]


class DutyTask(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One task as people on duty see it; no phone number. `to_do`: what to do, by language."""

    service: str
    task_id: str
    concern: str
    kind: str
    mrid: str | None = msgspec.field(name="mRID")
    reason: str
    urgency: int
    opened_at: datetime
    due_at: datetime
    state: Literal["open", "taken", "done", "expired"]
    raised: int
    is_late: bool
    """It should have been taken, or done, by now."""
    by: str | None
    taken_at: datetime | None
    concerned: int
    whom: Sequence[TaskSubject]
    """The first 50."""
    to_do: Mapping[str, str]
    note: str | None
    closed_at: datetime | None
    closed_for: str | None

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state in ("open", "taken")

    def advice(self, language: Language = "en") -> str:
        """What to do, in one sentence."""
        return self.to_do[language]


def in_order(tasks: Sequence[DutyTask]) -> list[DutyTask]:
    """As people do them (services/tasks/domain/order.py): what somebody has in time comes last."""
    return sorted(
        tasks,
        key=lambda one: rank(
            ListedTask(one.urgency, one.raised, one.state == "taken" and not one.is_late, one.due_at, one.task_id)
        ),
    )


async def open_tasks(where: Where) -> tuple[list[DutyTask], DatabaseAccess]:
    """All open tasks of all services, in their order, and what this role could see."""
    async with _seeing(where) as (connection, seen):
        found = [task for name in seen.services for task in await _read(where, connection, name, "open")]
    return in_order(found), seen


async def tasks_of_manager(where: Where, manager: str) -> tuple[list[DutyTask], DatabaseAccess]:
    """The open tasks of account managers in which customers of this one stand, with those customers alone."""
    async with _seeing(where) as (connection, seen):
        found = []
        for name in seen.services:
            for task in await _read(where, connection, name, "open"):
                if task.kind in OF_MANAGERS:
                    own = [one for one in await _subjects(connection, task.task_id) if one.ref == manager]
                    found += [structs.replace(task, whom=own[:MOST_NAMED], concerned=len(own))] if own else []
    return in_order(found), seen


async def closed_tasks(where: Where, limit: int) -> tuple[list[DutyTask], DatabaseAccess]:
    """The tasks of all services that ended last, the latest first; at most `limit` of each."""
    async with _seeing(where) as (connection, seen):
        found = [task for name in seen.services for task in await _read(where, connection, name, "closed", limit)]
    return sorted(found, key=lambda one: (one.closed_at or one.opened_at, one.task_id), reverse=True), seen


async def tasks_concerning(
    connection: Connection, service: str, now: datetime, *, mrid: str | None = None, customer: str | None = None
) -> list[DutyTask]:
    """A service's tasks about an outage, or about a customer, open ones and those that are over, as they were opened."""
    await enter(connection, service)
    return [_task(service, row, now) for row in await connection.fetch(SQL["concerning"], mrid, customer)]


async def one_task(where: Where, name: str) -> tuple[DutyTask, list[TaskSubject]]:
    """The task that as much of its id names, open or over, with all that it is about now.

    Raises:
        NotFound, Misused: there is none, or more than one.

    """
    if len(name) < SHORTEST_ID:
        raise Misused(f"{name!r} is too short for a task: write at least {SHORTEST_ID} characters")
    async with _seeing(where) as (connection, seen):
        seen.demand()
        found = [task for service in seen.services for task in await _read(where, connection, service, "named", name)]
        if not found:
            raise NotFound(f"no task begins {name}: outagectl task list")
        if len(found) > 1:
            raise Misused(f"{name} may be any of {', '.join(one.task_id for one in found)}: write more of it")
        await enter(connection, found[0].service)
        return found[0], await _subjects(connection, found[0].task_id)


async def _subjects(connection: Connection, task_id: str) -> list[TaskSubject]:
    """All that a task is about, in the schema that is entered."""
    return [
        TaskSubject(
            customer_id=row["customer_id"], mrid=row["mrid"], ref=row["ref"], urgency=row["urgency"], since=row["since"]
        )
        for row in await connection.fetch(SQL["subjects"], task_id, MOST_SUBJECTS)
    ]


async def take_task(where: Where, name: str, *, reason: str = "") -> tuple[DutyTask, OperatorAnswer]:
    """Whoever asks has it from now on.

    Raises:
        Refused: somebody else has it, or it is over; the message says who, or how it ended.

    """
    task, _ = await one_task(where, name)
    return task, await _ask(where, task, TAKE, reason)


async def finish_task(where: Where, name: str, note: str) -> tuple[DutyTask, OperatorAnswer]:
    """It is done; `note` says what was done and what came of it, and goes on record.

    Raises:
        Misused: the note is empty.
        Refused: somebody else has it, or it is over.

    """
    if not note.strip():
        raise Misused("say with --note what was done and what came of it")
    task, _ = await one_task(where, name)
    return task, await _ask(where, task, DONE, note.strip())


async def _ask(where: Where, task: DutyTask, action: str, reason: str) -> OperatorAnswer:
    if not task.is_open:
        t = Times(where.zone, where.zone_name)
        when = f"{t.short(task.closed_at)} ({t.name})" if task.closed_at is not None else "some time ago"
        who = f" by {task.by}" if task.state == "done" else ""
        raise Refused(f"{task.task_id} is over since {when}{who}: {task.closed_for} (task-is-over)")
    return await ask(where, task.service, action, OneTask(concern=task.concern, task_id=task.task_id), reason=reason)


@asynccontextmanager
async def _seeing(where: Where) -> AsyncIterator[tuple[Connection, DatabaseAccess]]:
    async with connect(where) as connection:
        seen = await sight(connection, NAMES, NEEDS)
        try:
            yield connection, seen
        except asyncpg.UndefinedTableError as error:
            raise Away(f"the database lacks a table ({error}): outagectl migrate") from None


async def _read(where: Where, connection: Connection, service: str, query: str, *arguments: object) -> list[DutyTask]:
    await enter(connection, service)
    now = clock_of(where).now()
    return [_task(service, row, now) for row in await connection.fetch(SQL[query], *arguments)]


def _task(service: str, row: Row, now: datetime) -> DutyTask:
    return DutyTask(
        service=service,
        task_id=row["task_id"],
        concern=row["concern"],
        kind=row["kind"],
        mrid=row["mrid"],
        reason=row["reason"],
        urgency=row["urgency"],
        opened_at=row["opened_at"],
        due_at=row["due_at"],
        state=row["state"],
        raised=row["raised"],
        is_late=row["due_at"] <= now and row["state"] in ("open", "taken"),
        by=row["taken_by"],
        taken_at=row["taken_at"],
        concerned=row["concerned"],
        whom=msgspec.json.decode(row["whom"], type=list[TaskSubject]),
        to_do=to_do(row["kind"]),
        note=row["note"],
        closed_at=row["closed_at"],
        closed_for=row["closed_for"],
    )
