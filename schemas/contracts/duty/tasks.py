"""outage.tasks: what a person must do, until it is done or of no use any more. Key: the concern. Never a phone number.

A concern is one cause at one outage (service/kind/about); tasks about it follow each other under one key, each with an id.
"""

from typing import Annotated

from msgspec import Meta, field

from schemas.contracts.base import CustomerId, Instant, Language, Name, Person, Text, Wire

TOPIC = "outage.tasks"
MOST_NAMED = 50
Urgency = Annotated[
    int,
    Meta(
        ge=1,
        le=9,
        description="What people do first: 1 life support, 2 special importance (hospitals), 3 first, 4 second, "
        "5 others and what concerns no customer, 6 what only has to be looked at",
    ),
]


class TaskSubject(Wire, frozen=True, kw_only=True):
    """Whom or what a task is about; never a phone number."""

    customer_id: CustomerId | None = None
    mrid: Annotated[Name, Meta(description="The outage")] | None = field(name="mRID", default=None)
    ref: (
        Annotated[
            Name, Meta(description="What it hangs on beside: a question, a text, a quarantined message, a circuit")
        ]
        | None
    ) = None
    urgency: Urgency
    since: Annotated[Instant, Meta(description="Since when a person is needed")]


class TaskFact(Wire, frozen=True, kw_only=True):
    """One fact about one task."""

    concern: Annotated[Name, Meta(description="service/kind/about; the Kafka key")]
    task_id: Annotated[Name, Meta(description="T-…, of this one; the next task about the same concern has another")]
    kind: Annotated[
        Name, Meta(description="What kind of work, e.g. nobody-reached; new kinds come without a new version")
    ]
    mrid: Annotated[Name, Meta(description="The outage, where it is about one only")] | None = field(
        name="mRID", default=None
    )


class TaskOpened(TaskFact, frozen=True, kw_only=True):
    """A person is needed."""

    reason: Annotated[Name, Meta(description="Why, by name")]
    urgency: Urgency
    opened_at: Annotated[Instant, Meta(description="When it was seen that a person is needed")]
    due_at: Annotated[Instant, Meta(description="Somebody should have taken it by then")]
    concerned: Annotated[int, Meta(ge=1, description="How many customers or other things it is about")]
    whom: Annotated[tuple[TaskSubject, ...], Meta(description="The first 50 of them, most urgent first")]
    to_do: Annotated[dict[Language, Text], Meta(description="What to do, in one sentence, by language")]


class TaskChanged(TaskFact, frozen=True, kw_only=True):
    """It is about more, fewer or others than before."""

    reason: Name
    urgency: Urgency
    at: Instant
    due_at: Annotated[
        Instant, Meta(description="Somebody should have taken it by then, or done it where somebody has it")
    ]
    concerned: Annotated[int, Meta(ge=1, description="How many customers or other things it is about")]
    whom: Annotated[tuple[TaskSubject, ...], Meta(description="The first 50 of them, most urgent first")]


class TaskRaised(TaskFact, frozen=True, kw_only=True):
    """Nobody took it in time, or whoever did has not done it: it is brought up again, and anybody may take it."""

    reason: Annotated[Name, Meta(description="not-taken-in-time, not-done-in-time")]
    times: Annotated[int, Meta(ge=1, description="How often it was raised")]
    at: Instant
    due_at: Annotated[Instant, Meta(description="It is raised again then")]


class TaskTaken(TaskFact, frozen=True, kw_only=True):
    """Somebody has it."""

    by: Person
    at: Instant
    due_at: Annotated[Instant, Meta(description="Should be done by then; after that others may take it over")]
    was_with: Annotated[Person, Meta(description="Whoever had it before")] | None = None


class TaskDone(TaskFact, frozen=True, kw_only=True):
    """Somebody has done it. What needs a person anew makes another task."""

    by: Person
    at: Instant
    note: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2000,
            extra={"written_by": "people", "forgotten_by": "notes"},
            description="What was done, and what came of it",
        ),
    ]


class TaskExpired(TaskFact, frozen=True, kw_only=True):
    """Nobody need do it any more."""

    at: Instant
    reason: Annotated[Name, Meta(description="cause-gone, usefulness-over")]


TYPES: dict[str, type[Wire]] = {
    "task.opened.v1": TaskOpened,
    "task.changed.v1": TaskChanged,
    "task.raised.v1": TaskRaised,
    "task.taken.v1": TaskTaken,
    "task.done.v1": TaskDone,
    "task.expired.v1": TaskExpired,
}
