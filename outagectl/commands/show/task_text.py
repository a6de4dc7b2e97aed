"""Show what people have to do about an outage or a customer, and what they have done, beside its history."""

from __future__ import annotations

from collections.abc import Sequence

from operations.duty.tasks import DutyTask
from operations.times import Times, count

COLUMNS = ("task", "work", "why", "about", "how it stands")


def task_rows(tasks: Sequence[DutyTask], t: Times) -> list[tuple[str, ...]]:
    """A row for each, as it was opened."""
    return [(one.task_id, one.kind, one.reason, _about(one), _stands(one, t)) for one in tasks]


def _about(task: DutyTask) -> str:
    """Whom it concerns: how many customers, or what it hangs on where that is no customer."""
    customers = [one.customer_id for one in task.whom if one.customer_id]
    if not customers:
        return task.whom[0].ref or "–" if len(task.whom) == 1 else count(task.concerned, "thing")
    return customers[0] if task.concerned == 1 else count(task.concerned, "customer")


def _stands(task: DutyTask, t: Times) -> str:
    if task.state == "done":
        note = f": “{task.note}”" if task.note else ""
        return f"done by {task.by}, {t.text(task.closed_at)}{note}"
    if task.state == "expired":
        return f"needed no more ({task.closed_for}), {t.text(task.closed_at)}"
    raised = f", raised {count(task.raised, 'time')}" if task.raised else ""
    late = "LATE, " if task.is_late else ""
    if task.state == "taken":
        return f"{late}{task.by} has it since {t.text(task.taken_at)}, to be done by {t.text(task.due_at)}{raised}"
    return f"{late}nobody has it, to be taken by {t.text(task.due_at)}{raised}"
