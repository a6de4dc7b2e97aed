"""Show the shared pace as it is now: of each sender what it may do, what is learned of its provider, and the tokens left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from operations.system.database import connect, enter
from operations.system.instants import clock_of
from services.kernel.queries import queries
from services.notifier.domain.provider.pace import Pace, refill
from services.notifier.sending.gates.paces import pace_of

if TYPE_CHECKING:
    from operations.system.location import Where

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "paces.sql")


@dataclass(frozen=True, slots=True)
class SenderPace:
    """One sender's pace, with what came since it was written down. Real times."""

    provider: str
    sender: str
    pace: Pace

    @property
    def is_slowed(self) -> bool:
        """Whether a 429 has made it slower than it may be."""
        return self.pace.rate < self.pace.ceiling

    def rests_until(self, now: datetime) -> datetime | None:
        """Until when nothing goes, as the provider asked; None: it does not rest."""
        until = self.pace.rests_until
        return until if until is not None and until > now else None


async def paces_now(where: Where) -> tuple[list[SenderPace], datetime]:
    """The pace of each sender that has sent, and the real instant; none in a database of a version without."""
    wall = clock_of(where).wall()
    async with connect(where) as connection:
        await enter(connection, "notifier")
        try:
            rows = await connection.fetch(SQL["paces"])
        except asyncpg.UndefinedTableError:
            return [], wall
    return [_pace(row, wall) for row in rows], wall


def _pace(row: Any, wall: datetime) -> SenderPace:
    pace = pace_of(row)
    return SenderPace(row["provider"], row["sender"], refill(pace, pace.ceiling, wall))


def pace_json(one: SenderPace, now: datetime) -> dict[str, Any]:
    """The same for programs."""
    return {
        "provider": one.provider,
        "sender": one.sender,
        "textsPerSecond": round(one.pace.rate, 2),
        "atMost": one.pace.ceiling,
        "tokens": round(one.pace.tokens, 2),
        "tokensAtMost": round(one.pace.gathers, 2),
        "slowedAt": one.pace.slowed_at if one.is_slowed else None,
        "restsUntil": one.rests_until(now),
    }
