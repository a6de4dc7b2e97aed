"""Read up to which instant each service knows all facts, and when it last said so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from operations.system.database import Connection, enter
from operations.times import Times, span
from services.kernel.queries import SQL, queries

OURS = queries(Path(__file__).parents[1] / "sql" / "standing.sql")
SILENT = timedelta(seconds=30)
"""Marks are raised every 5 s of real time: after this long nobody does."""
BEHIND = timedelta(seconds=60)
"""Of domain time: what is further back than this is worth a word, even while somebody reads."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """One service: all facts known up to `caught_up` (domain time), as last said at `raised` (real time); None: never."""

    service: str
    caught_up: datetime | None
    raised: datetime | None

    def silent(self, wall: datetime) -> bool:
        """Whether it is stuck or down: nobody raises the mark of some partition any more."""
        return self.raised is None or wall - self.raised > SILENT

    def behind(self, now: datetime) -> bool:
        """Whether it lives and yet does not know the last minute."""
        return self.caught_up is None or now - self.caught_up > BEHIND


async def stands(connection: Connection, services: Sequence[str]) -> list[CaughtUp]:
    """Every service as it stands; none for one whose marks are not there or not to be seen."""
    found = []
    for service in services:
        await enter(connection, service)
        if await connection.fetchval(OURS["readable"]):
            (row,) = await connection.fetch(SQL["standing"])
            found.append(CaughtUp(service, row["caught_up_at"], row["raised_at"]))
    return found


def as_of(found: Sequence[CaughtUp], now: datetime) -> datetime:
    """The instant that an answer from all of them stands for: the lowest mark, at most now."""
    return min([now, *(one.caught_up for one in found if one.caught_up is not None)])


def warnings(
    found: Sequence[CaughtUp], now: datetime, wall: datetime, t: Times, *, driven: bool = False
) -> Iterator[str]:
    """A sentence for each service that is not where it should be. `driven`: time that runs as somebody likes."""
    for one in found:
        if one.caught_up is None or one.raised is None:
            yield f"The {one.service} has not read all of its inputs yet."
        elif one.silent(wall):
            yield (
                f"The {one.service} is STUCK OR DOWN: for {span(wall - one.raised)} it has not said that it is up to date. "
                f"It knows all facts up to {t.at(one.caught_up)}."
            )
        elif not driven and one.behind(now):
            yield f"The {one.service} is {span(now - one.caught_up)} behind: it knows all facts up to {t.at(one.caught_up)}."
