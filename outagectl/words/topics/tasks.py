"""Describe in words what people have to do: for a history and a watch."""

from __future__ import annotations

from operations.times import Times, count
from outagectl.words.catalogue import catalogue, words
from outagectl.words.parts import because
from schemas.contracts.duty.tasks import (
    TaskChanged,
    TaskDone,
    TaskExpired,
    TaskFact,
    TaskOpened,
    TaskRaised,
    TaskTaken,
)
from services.tasks.domain.words import TaskAsked, TaskCauses, TaskLook


def _task(e: TaskFact) -> str:
    return f"Task {e.task_id} ({e.kind}{f', outage {e.mrid}' if e.mrid else ''})"


def _whom(e: TaskOpened | TaskChanged) -> str:
    named = [one.customer_id or one.ref or "" for one in (e.whom or ())[:3]]
    more = (e.concerned or 0) - len(named)
    return (", ".join(filter(None, named)) or "whom is not said") + (f" and {more:,} more" if more > 0 else "")


def _opened(e: TaskOpened, t: Times) -> str:
    return f"{_task(e)} for people{because(e.reason)}, to be taken by {t.text(e.due_at)}: {_whom(e)}"


def _taken(e: TaskTaken, t: Times) -> str:
    return f"{_task(e)} is taken by {e.by}{because(e.was_with and f'before: {e.was_with}')}, {t.text(e.at)}"


TASKS = catalogue(
    words(TaskOpened, _opened),
    words(TaskChanged, lambda e, t: f"{_task(e)} is about {_whom(e)} now, due {t.text(e.due_at)}"),
    words(TaskRaised, lambda e, t: f"{_task(e)} is raised again{because(e.reason)}, next {t.text(e.due_at)}"),
    words(TaskTaken, _taken),
    words(TaskDone, lambda e, t: f"{_task(e)} is done by {e.by}, {t.text(e.at)}: {e.note}"),
    words(TaskExpired, lambda e, t: f"{_task(e)} needs nobody any more{because(e.reason)}, {t.text(e.at)}"),
    words(TaskLook, lambda e, _: f"What stands of {e.concern} is looked at"),
    words(TaskAsked, lambda e, _: f"{e.by} asks for task {e.task_id}: {e.what}"),
    words(
        TaskCauses,
        lambda e, _: f"Task {e.task_id} is for {count(len(e.added or ()), 'cause')} more and {len(e.gone or ())} fewer",
    ),
)
