"""Open, change, raise and expire tasks: look at what stands, and have the concerns judged that differ from it.

Nobody tells it that a cause began or is gone: it compares the view standing_cause with the causes that tasks have. So it finds what
an older version wrote beside it, and after a crash it just looks again. One process of a service works at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, steps_alone
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.model import Message
from services.kernel.observing.every import every
from services.tasks.domain.decider import CATEGORY
from services.tasks.domain.order import concern_of
from services.tasks.domain.words import MOST_ABOUTS, TASK_LOOK, TaskLook
from services.tasks.tables import SQL

if TYPE_CHECKING:
    import asyncpg

    from services.kernel.writing.ingest import Ingest

LOOK_SECONDS: Final = 0.5
RESTS: Final = 9
"""So many times as long as it read in a look it rests after it, if that is longer. Judging is not counted: it has its bounds."""
LONGEST_REST: Final = 20.0
"""But no longer, in seconds: a look that waited for a frozen server says nothing of how much there is to do."""
MOST_GROUPS: Final = 200
AT_ONCE: Final = 20


class Fresh(NamedTuple):
    """Causes of one kind about one thing that are no task's yet; `urgency`: of the most urgent."""

    kind: str
    about: str
    urgency: int


def looks(
    service: str, fresh: Iterable[Fresh], standing: Mapping[str, str], moved: Iterable[str], parked: Collection[str]
) -> Sequence[TaskLook]:
    """The concerns to be judged. `standing`: those of open tasks, each with its kind; `moved`: those of them that changed."""
    there = dict(standing)
    abouts: dict[str, list[str]] = {one: [] for one in moved}
    for group in fresh:
        concern = concern_of(service, group.kind, group.about, group.urgency, there.keys())
        there.setdefault(concern, group.kind)
        named = abouts.setdefault(concern, [])
        if len(named) < MOST_ABOUTS:
            named.append(group.about)
    return [
        TaskLook(concern=concern, kind=there[concern], abouts=tuple(named))
        for concern, named in abouts.items()
        if concern in there and concern not in parked
    ]


class TaskWorker:
    """Looks until cancelled."""

    def __init__(self, ingest: Ingest, pool: asyncpg.Pool, clock: Clock) -> None:
        self._ingest, self._pool, self._clock = ingest, pool, clock
        self._service = ingest.service.name
        self._source = f"/outage/{self._service}/tasks"
        self._key = advisory_key(self._service, "tasks")
        self._looks = 0
        self._read_seconds = 0.0
        self._rests_until = clock.monotonic()

    async def run(self) -> None:
        """Look every few seconds; while Postgres is away, tasks wait."""
        await every(LOOK_SECONDS, self._look, cures=DATABASE, waits="tasks cannot be looked after")

    async def _look(self) -> None:
        if self._clock.monotonic() < self._rests_until:
            return
        self._read_seconds = 0.0
        try:
            if (await self._rows("any_due", self._clock.now()))[0]["due"]:
                await steps_alone(self._pool, self._key, self.once)
        finally:
            # In a storm a look goes through tens of thousands of causes: texts and decisions come first.
            self._rests_until = self._clock.monotonic() + min(RESTS * self._read_seconds, LONGEST_REST)

    async def once(self) -> bool:
        """Judge what differs; whether anything came of it, so that there may be more.

        Raises:
            DATABASE: Postgres is away; whatever was committed stands.

        """
        now = self._clock.now()
        fresh = [
            Fresh(row["kind"], row["about"], row["urgency"]) for row in await self._rows("fresh", now, MOST_GROUPS)
        ]
        standing = {row["concern"]: row["kind"] for row in await self._rows("open")}
        moved = [row["concern"] for row in await self._rows("moved", now)]
        parked = {row["concern"] for row in await self._rows("parked")} if fresh or moved else frozenset[str]()
        due = looks(self._service, fresh, standing, moved, parked)
        there = await self._rows("versions", [look.concern for look in due]) if due else []
        versions = {row["concern"]: row["version"] for row in there}
        reach("tasks-chosen")
        came = False
        for start in range(0, len(due), AT_ONCE):
            words = [self._message(look, versions.get(look.concern, 0), now) for look in due[start : start + AT_ONCE]]
            outcomes = await self._ingest.submit(words)
            came = came or any(outcome.outcome == "appended" for outcome in outcomes)
        await self._rows("forget", now)
        return came

    async def _rows(self, name: str, *arguments: object) -> list[asyncpg.Record]:
        began = self._clock.monotonic()
        try:
            return list(await self._pool.fetch(SQL[name], *arguments))
        finally:
            self._read_seconds += self._clock.monotonic() - began

    def _message(self, look: TaskLook, version: int, now: datetime) -> Message:
        """A look has a name of its own: what it finds is what stands then, and to look twice changes nothing.

        A clock may stand still, and a process that starts again counts anew: so the stream's version is in the name.
        """
        self._looks += 1
        name = f"{look.concern}@{version}/{now.isoformat()}/{self._looks}"
        return Message(self._source, name, TASK_LOOK, now, look, look.concern, 0, stream=f"{CATEGORY}/{look.concern}")
