"""The state of one concern: the task about it, and how many there were before. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Literal

from schemas.contracts.duty.tasks import (
    TaskChanged,
    TaskDone,
    TaskExpired,
    TaskOpened,
    TaskRaised,
    TaskSubject,
    TaskTaken,
)
from services.tasks.domain.words import TaskCause

DIGITS: Final = 8
Standing = Literal["open", "taken", "done", "expired"]


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """One task, as its events leave it."""

    task_id: str
    reason: str
    urgency: int
    opened_at: datetime
    due_at: datetime
    concerned: int
    whom: tuple[TaskSubject, ...]
    standing: Standing = "open"
    raised: int = 0
    is_anybodys: bool = True
    """Nobody has it, or whoever has it let the time pass."""
    by: str | None = None
    taken_at: datetime | None = None
    closed_at: datetime | None = None
    closed_for: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.standing in ("open", "taken")


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What stands of a concern, read beside its stream: the causes it lacks, those of its that are gone, and all there are."""

    added: Sequence[TaskCause] = ()
    gone: Sequence[str] = ()
    concerned: int = 0
    whom: tuple[TaskSubject, ...] = ()
    urgency: int = 5
    reason: str = ""
    mrid: str | None = None
    outlived: bool = False
    """Something of it stands that is of no use any more."""


@dataclass(frozen=True, slots=True)
class Concern:
    """State of stream task/<concern>."""

    concern: str
    number: int = 0
    kind: str = ""
    mrid: str | None = None
    task: TaskRecord | None = field(default=None)

    @property
    def open_task(self) -> TaskRecord | None:
        """The task that is to be done."""
        return self.task if self.task is not None and self.task.is_open else None

    @property
    def next_id(self) -> str:
        """The id of the next task about it."""
        return f"T-{sha256(f'{self.concern}/{self.number + 1}'.encode()).hexdigest()[:DIGITS]}"


def evolve(state: Concern, data: Any) -> Concern:
    """The state after one more event. Never refuses: what is in the log happened."""
    if isinstance(data, TaskOpened):
        task = TaskRecord(
            task_id=data.task_id,
            reason=data.reason,
            urgency=data.urgency,
            opened_at=data.opened_at,
            due_at=data.due_at,
            concerned=data.concerned,
            whom=data.whom,
        )
        return replace(state, number=state.number + 1, kind=data.kind, mrid=data.mrid, task=task)
    if state.task is None:
        return state
    return replace(state, task=_moved(state.task, data))


def _moved(task: TaskRecord, data: Any) -> TaskRecord:
    match data:
        case TaskChanged():
            about = replace(task, concerned=data.concerned, whom=data.whom)
            return replace(about, urgency=data.urgency, due_at=data.due_at, reason=data.reason)
        case TaskRaised():
            return replace(task, raised=data.times, due_at=data.due_at, is_anybodys=True)
        case TaskTaken():
            taken = replace(task, standing="taken", by=data.by, taken_at=data.at)
            return replace(taken, due_at=data.due_at, is_anybodys=False)
        case TaskDone():
            return replace(task, standing="done", by=data.by, closed_at=data.at, closed_for="done")
        case TaskExpired():
            return replace(task, standing="expired", closed_at=data.at, closed_for=data.reason)
        case _:
            return task
