"""Decide what becomes of a task: opened once per cause and outage, raised, taken by one person, done or of no use. Pure.

Streams task/<concern>. What stands is read anew at every look (TaskFacts), so nothing has to be told that a cause is gone, no
order of facts matters, and what an older version or a restored database left behind becomes a task at the next look.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import msgspec

from schemas.contracts.duty import tasks
from schemas.contracts.duty.tasks import (
    TaskChanged,
    TaskDone,
    TaskExpired,
    TaskFact,
    TaskOpened,
    TaskRaised,
    TaskTaken,
)
from services.kernel.model import Decision, Event, Message, NewEvent
from services.kernel.values.keeping import Keeper
from services.policy.duty import TASK_TIMES, TaskTimes
from services.tasks.domain.kinds import to_do
from services.tasks.domain.order import do_by, is_gathered, take_by
from services.tasks.domain.state import Concern, TaskFacts, TaskRecord, evolve
from services.tasks.domain.words import TASK_CAUSES, TaskAsked, TaskCauses, TaskLook

CATEGORY: Final = "task"
NOT_FOR_TASKS: Final = "not-for-tasks"
NOTHING_NEW: Final = "nothing-new"
OVER: Final = "task-is-over"
TAKEN: Final = "taken-by-another"
YOURS: Final = "yours-already"
GONE, OUTLIVED = "cause-gone", "usefulness-over"
NOT_TAKEN, NOT_DONE = "not-taken-in-time", "not-done-in-time"
_keeper: Keeper[Concern] = Keeper(Concern)


class ServiceTasks:
    """Decider of streams task/<concern>, in every service that has tasks."""

    category = CATEGORY

    def __init__(self, times: TaskTimes = TASK_TIMES) -> None:
        """By the policy's `times`: they hold for what is opened, raised or taken from then on."""
        self.times = times

    def initial(self, stream_id: str) -> Concern:
        """Nothing was ever to be done."""
        return Concern(stream_id.partition("/")[2])

    def evolve(self, state: Concern, event: Event) -> Concern:
        """The concern after one more event."""
        return evolve(state, event.data)

    def dump(self, state: Concern) -> bytes:
        """The state as bytes, for the kernel's snapshots."""
        return _keeper.dump(state)

    def restore(self, stream_id: str, data: bytes) -> Concern:
        """The state again."""
        del stream_id
        return _keeper.restore(data)

    def decide(self, state: Concern, facts: TaskFacts | None, message: Message, now: datetime) -> Decision:
        """What follows from a look, or from what an operator asks.

        Named no-ops: `not-for-tasks`, `nothing-new`, `yours-already`; refusals, with who has it or how it ended in the detail:
        `task-is-over`, `taken-by-another`.
        """
        match message.data:
            case TaskLook() as look:
                return _looked(state, look, facts or TaskFacts(), now, self.times)
            case TaskAsked() as asked:
                return _asked(state, asked, now, self.times)
            case _:
                return Decision(NOT_FOR_TASKS)

    def timers(self, state: Concern) -> Mapping[str, datetime]:
        """None: tasks are raised at looks (services/tasks/worker.py), for an older version could not fire their timers."""
        del state
        return {}

    def view(self, state: Concern) -> dict[str, Any]:
        """The concern and its task."""
        shown: dict[str, Any] = {f.name: getattr(state, f.name) for f in fields(state)}
        plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(shown, order="deterministic"))
        return plain


def _looked(state: Concern, look: TaskLook, facts: TaskFacts, now: datetime, times: TaskTimes) -> Decision:
    task = state.open_task
    if task is None:
        return _opened(state, look, facts, now, times) if facts.added else Decision(NOTHING_NEW)
    if not facts.concerned:
        reason = OUTLIVED if facts.outlived else GONE
        return Decision(reason, [_public(state, TaskExpired, task, at=now, reason=reason)])
    events: list[NewEvent] = []
    if facts.added or facts.gone:
        events.append(_causes(state, task.task_id, facts))
    changed = (facts.concerned, facts.whom, facts.urgency) != (task.concerned, task.whom, task.urgency)
    due_at = task.due_at
    if changed:
        if facts.urgency < task.urgency and task.is_anybodys:
            due_at = min(due_at, take_by(facts.urgency, now, times=times))
        about = {"concerned": facts.concerned, "whom": facts.whom, "urgency": facts.urgency}
        events.append(
            _public(state, TaskChanged, task, at=now, due_at=due_at, reason=facts.reason or task.reason, **about)
        )
    if due_at <= now:
        reason, raised = NOT_DONE if task.standing == "taken" and not task.is_anybodys else NOT_TAKEN, task.raised + 1
        again = take_by(facts.urgency, now, raised, times)
        events.append(_public(state, TaskRaised, task, at=now, reason=reason, times=raised, due_at=again))
        return Decision(reason, events)
    return Decision("changed" if changed else NOTHING_NEW, events)


def _opened(state: Concern, look: TaskLook, facts: TaskFacts, now: datetime, times: TaskTimes) -> Decision:
    mrid = None if is_gathered(state.concern) else facts.mrid
    opened = TaskOpened(
        concern=state.concern,
        task_id=state.next_id,
        kind=look.kind,
        mrid=mrid,
        reason=facts.reason or look.kind,
        urgency=facts.urgency,
        opened_at=now,
        due_at=take_by(facts.urgency, now, times=times),
        concerned=max(1, facts.concerned),
        whom=facts.whom,
        to_do=dict(to_do(look.kind)),
    )
    said = NewEvent("task.opened.v1", opened, topic=tasks.TOPIC, key=state.concern)
    return Decision("opened", [said, _causes(state, opened.task_id, facts)])


def _causes(state: Concern, task_id: str, facts: TaskFacts) -> NewEvent:
    data = TaskCauses(concern=state.concern, task_id=task_id, added=tuple(facts.added), gone=tuple(facts.gone))
    return NewEvent(TASK_CAUSES, data)


def _asked(state: Concern, asked: TaskAsked, now: datetime, times: TaskTimes) -> Decision:
    task = state.task
    if task is None or task.task_id != asked.task_id or not task.is_open:
        return Decision(OVER, detail=how_it_ended(state, asked.task_id))
    if task.by not in (None, asked.by) and not task.is_anybodys:
        return Decision(TAKEN, detail=f"{task.by} has it since {task.taken_at:%Y-%m-%dT%H:%M:%SZ}")
    if asked.what == "done":
        return Decision("done", [_public(state, TaskDone, task, by=asked.by, at=now, note=asked.note)])
    if task.by == asked.by and not task.is_anybodys:
        return Decision(YOURS, detail=f"you have it since {task.taken_at:%Y-%m-%dT%H:%M:%SZ}")
    due_at, was_with = do_by(task.urgency, now, times), task.by if task.by != asked.by else None
    taken = _public(state, TaskTaken, task, by=asked.by, at=now, due_at=due_at, was_with=was_with)
    return Decision("taken-over" if was_with else "taken", [taken])


def how_it_ended(state: Concern, task_id: str) -> str:
    """What became of a task that is not open, for whoever asks for it."""
    task = state.task
    if task is None or task.task_id != task_id or task.closed_at is None:
        return "it is not open any more: outagectl task list"
    who = f" by {task.by}" if task.standing == "done" else ""
    return f"it ended at {task.closed_at:%Y-%m-%dT%H:%M:%SZ}{who}: {task.closed_for}"


_NAMES: Final[Mapping[type, str]] = {struct: name for name, struct in tasks.TYPES.items()}


def _public(state: Concern, kind: type[TaskFact], task: TaskRecord, **more: Any) -> NewEvent:
    data = kind(concern=state.concern, task_id=task.task_id, kind=state.kind, mrid=state.mrid, **more)
    return NewEvent(_NAMES[kind], data, topic=tasks.TOPIC, key=state.concern)
