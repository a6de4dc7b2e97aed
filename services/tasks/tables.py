"""Keep tasks as rows, changed in the deciding transaction, and read what stands of a concern."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.contracts.duty.tasks import (
    MOST_NAMED,
    TaskChanged,
    TaskDone,
    TaskExpired,
    TaskOpened,
    TaskRaised,
    TaskSubject,
    TaskTaken,
)
from services.kernel.model import Event, Message
from services.kernel.queries import queries
from services.tasks.domain.state import TaskFacts
from services.tasks.domain.words import MOST_CAUSES, TaskCause, TaskCauses, TaskLook

SQL: Final = queries(Path(__file__).parent / "sql" / "tasks.sql")


async def read_task(connection: Any, message: Message) -> TaskFacts | None:
    """What stands of the concern that `message` has looked at; None for what looks at nothing."""
    look = message.data
    if not isinstance(look, TaskLook):
        return None
    now, abouts = message.time, list(look.abouts)
    added = await connection.fetch(SQL["added"], look.kind, abouts, now, MOST_CAUSES)
    gone = await connection.fetch(SQL["gone"], look.concern, now, MOST_CAUSES)
    rows = await connection.fetch(SQL["standing"], look.concern, look.kind, abouts, now, MOST_NAMED)
    first = rows[0] if rows else None
    return TaskFacts(
        added=[TaskCause(cause_id=row["cause_id"], since=row["since"]) for row in added],
        gone=[row["cause_id"] for row in gone],
        concerned=first["concerned"] if first else 0,
        whom=tuple(
            TaskSubject(
                customer_id=row["customer_id"],
                mrid=row["mrid"],
                ref=row["ref"],
                urgency=row["urgency"],
                since=row["since"],
            )
            for row in rows
        ),
        urgency=first["urgency"] if first else 0,
        reason=first["reason"] if first else "",
        mrid=first["mrid"] if first else None,
        outlived=any(row["outlived"] for row in gone),
    )


class TaskRows:
    """Tables task and task_cause."""

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Fold the events of task streams into them."""
        for event in events:
            await _apply(connection, event.data)


async def _apply(connection: Any, data: object) -> None:
    match data:
        case TaskOpened() as one:
            about = (one.task_id, one.concern, one.kind, one.mrid, one.reason, one.urgency)
            await connection.execute(
                SQL["opened"], *about, one.opened_at, one.due_at, one.concerned, whom_json(one.whom)
            )
        case TaskChanged() as one:
            now = (one.urgency, one.due_at, one.concerned, whom_json(one.whom), one.reason)
            await connection.execute(SQL["changed"], one.task_id, *now)
        case TaskRaised() as one:
            await connection.execute(SQL["raised"], one.task_id, one.times, one.due_at)
        case TaskTaken() as one:
            await connection.execute(SQL["taken"], one.task_id, one.by, one.at, one.due_at)
        case TaskDone() as one:
            await connection.execute(SQL["done"], one.task_id, one.by, one.note, one.at)
        case TaskExpired() as one:
            await connection.execute(SQL["expired"], one.task_id, one.at, one.reason)
            await connection.execute(SQL["drop_all"], one.task_id)
        case TaskCauses() as one:
            ids, since = [cause.cause_id for cause in one.added], [cause.since for cause in one.added]
            await connection.execute(SQL["put_causes"], one.task_id, one.concern, ids, since)
            await connection.execute(SQL["drop_causes"], one.task_id, list(one.gone))


def whom_json(whom: Sequence[TaskSubject]) -> str:
    """Subjects as a column holds them."""
    return msgspec.json.encode(whom).decode()
