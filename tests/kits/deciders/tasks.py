"""Tasks folded in memory: what stands is a dict here, where a service has its view; looks and operators as they are."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from schemas.contracts.duty.tasks import TaskSubject
from services.kernel.model import Decision, Message
from services.tasks.domain.decider import ServiceTasks
from services.tasks.domain.order import ListedTask, rank
from services.tasks.domain.state import Concern, TaskFacts, TaskRecord, evolve
from services.tasks.domain.words import TASK_ASKED, TASK_LOOK, TakeOrDone, TaskAsked, TaskCause, TaskCauses, TaskLook
from services.tasks.worker import Fresh, looks

BEGIN = datetime(2026, 3, 5, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Cause:
    """One thing that a person is needed for."""

    kind: str
    about: str
    customer: str
    urgency: int = 5
    since: datetime = BEGIN

    @property
    def name(self) -> str:
        """As the view names it."""
        return f"{self.kind}|{self.about}|{self.customer}|{self.since}"


@dataclass
class TaskBoard:
    """A service's tasks, and what stands."""

    service: str = "notifier"
    now: datetime = BEGIN
    causes: dict[str, Cause] = field(default_factory=dict)
    concerns: dict[str, Concern] = field(default_factory=dict)
    known: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By cause, the concern and the task that have it."""
    said: list[str] = field(default_factory=list)
    """Types of what was published."""
    decider: ServiceTasks = field(default_factory=ServiceTasks)

    def begins(self, kind: str, about: str, *customers: str, urgency: int = 5) -> None:
        """From now on a person is needed for these."""
        for customer in customers:
            cause = Cause(kind, about, customer, urgency, self.now)
            self.causes[cause.name] = cause

    def is_over(self, kind: str, about: str, *customers: str) -> None:
        """Nobody is needed for these any more; without customers for all of it."""
        gone = [
            name
            for name, one in self.causes.items()
            if (one.kind, one.about) == (kind, about) and (not customers or one.customer in customers)
        ]
        for name in gone:
            del self.causes[name]

    def passes(self, minutes: float) -> None:
        """Time, and the looks that it brings."""
        self.now += timedelta(minutes=minutes)
        self.look()

    def look(self) -> None:
        """What the worker does every few seconds, until nothing more follows."""
        while self._looked():
            pass

    def _looked(self) -> bool:
        groups: dict[tuple[str, str], int] = {}
        for name, one in self.causes.items():
            if name not in self.known:
                key = (one.kind, one.about)
                groups[key] = min(one.urgency, groups.get(key, 9))
        fresh = [Fresh(*key, urgency) for key, urgency in sorted(groups.items(), key=lambda item: (item[1], item[0]))]
        standing = {name: one.kind for name, one in self.concerns.items() if one.open_task is not None}
        moved = [name for name in standing if self._has_moved(name)]
        due = looks(self.service, fresh, standing, moved, ())
        came = [bool(self._judge(one.concern, TASK_LOOK, one, self._facts(one)).events) for one in due]
        # A concern may have had several tasks; only its last one may be open.
        opened = {one.open_task.task_id for one in self.concerns.values() if one.open_task is not None}
        self.known = {
            name: (concern, task)
            for name, (concern, task) in self.known.items()
            if name in self.causes or task in opened
        }
        return any(came)

    def asks(self, what: TakeOrDone, task: TaskRecord, by: str, note: str = "") -> Decision:
        """An operator takes a task, or says that it is done."""
        concern = next(name for name, one in self.concerns.items() if one.task == task or self._was(one, task))
        asked = TaskAsked(concern=concern, task_id=task.task_id, what=what, by=by, note=note)
        return self._judge(concern, TASK_ASKED, asked, None)

    def _was(self, concern: Concern, task: TaskRecord) -> bool:
        return concern.task is not None and concern.task.task_id == task.task_id

    def _has_moved(self, concern: str) -> bool:
        task = self.concerns[concern].open_task
        gone = any(of == concern and name not in self.causes for name, (of, _) in self.known.items())
        return gone or (task is not None and task.due_at <= self.now)

    def _facts(self, look: TaskLook) -> TaskFacts:
        state = self.concerns.get(look.concern)
        task = state.open_task if state is not None else None
        mine = {name for name, (_, of) in self.known.items() if task is not None and of == task.task_id}
        new = [
            one
            for name, one in self.causes.items()
            if name not in self.known and one.kind == look.kind and one.about in look.abouts
        ]
        there = sorted([*(self.causes[name] for name in mine & self.causes.keys()), *new], key=_order)
        whom = tuple(
            TaskSubject(customer_id=one.customer, mrid=one.about, urgency=one.urgency, since=one.since)
            for one in there[:50]
        )
        return TaskFacts(
            added=[TaskCause(cause_id=one.name, since=one.since) for one in sorted(new, key=_order)],
            gone=sorted(mine - self.causes.keys()),
            concerned=len(there),
            whom=whom,
            urgency=there[0].urgency if there else 0,
            reason=look.kind,
            mrid=there[0].about if there else None,
        )

    def _judge(self, concern: str, kind: str, data: TaskLook | TaskAsked, facts: TaskFacts | None) -> Decision:
        state = self.concerns.get(concern) or self.decider.initial(f"task/{concern}")
        message = Message("/test", f"{concern}@{self.now}", kind, self.now, data, concern, 0, stream=f"task/{concern}")
        decision = self.decider.decide(state, facts, message, self.now)
        for event in decision.events:
            state = evolve(state, event.data)
            if event.topic is not None:
                self.said.append(event.type.removesuffix(".v1"))
            if isinstance(event.data, TaskCauses):
                self.known |= {one.cause_id: (concern, event.data.task_id) for one in event.data.added}
                for name in event.data.gone:
                    self.known.pop(name, None)
        self.concerns[concern] = state
        if state.task is not None and state.task.standing == "expired":
            self.known = {name: of for name, of in self.known.items() if of[1] != state.task.task_id}
        return decision

    def listed(self) -> list[TaskRecord]:
        """The open tasks in the order in which people see them."""
        tasks = [one.open_task for one in self.concerns.values() if one.open_task is not None]
        return sorted(
            tasks,
            key=lambda one: rank(ListedTask(one.urgency, one.raised, not one.is_anybodys, one.due_at, one.task_id)),
        )


def _order(cause: Cause) -> tuple[int, datetime, str]:
    return (cause.urgency, cause.since, cause.customer)
