"""What tasks are told within a service: a look at what stands, what a person asks, and which causes a task has. Pure."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.contracts.base import Instant, Name, Person, Wire

MOST_CAUSES: Final = 500
MOST_ABOUTS: Final = 100
TASK_LOOK: Final = "task.look.v1"
TASK_ASKED: Final = "task.asked.v1"
TASK_CAUSES: Final = "task.causes.v1"
TakeOrDone = Literal["take", "done"]


class TaskLook(Wire, frozen=True, kw_only=True):
    """Look at what stands of this concern now: `abouts`, of which something is new."""

    concern: Name
    kind: Name
    abouts: Annotated[tuple[Name, ...], Meta(max_length=MOST_ABOUTS)] = ()


class TaskAsked(Wire, frozen=True, kw_only=True):
    """An operator takes a task, or has done it."""

    concern: Name
    task_id: Name
    what: TakeOrDone
    by: Person
    note: Annotated[str, Meta(max_length=2000, extra={"written_by": "people"})] = ""


class TaskCause(Wire, frozen=True, kw_only=True):
    """One reason why a person is needed, by a name that it has for good."""

    cause_id: Name
    since: Instant


class TaskCauses(Wire, frozen=True, kw_only=True):
    """Which causes a task has from now on, and which no longer; in chunks, where there are thousands."""

    concern: Name
    task_id: Name
    added: Annotated[tuple[TaskCause, ...], Meta(max_length=MOST_CAUSES)] = ()
    gone: Annotated[tuple[Name, ...], Meta(max_length=MOST_CAUSES)] = ()


TASK_STRUCTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    TASK_LOOK: TaskLook,
    TASK_ASKED: TaskAsked,
    TASK_CAUSES: TaskCauses,
}
"""What every service that has tasks adds to its structs."""
