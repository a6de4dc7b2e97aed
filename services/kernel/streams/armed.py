"""Keep the timer table equal to what the states of streams want: arm, move and take off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.kernel.adapters.locks import Connection
from services.kernel.model import Stream
from services.kernel.queries import SQL


@dataclass(frozen=True, slots=True)
class TimerMove:
    """A timer that was armed (`was` is None), moved, or taken off (`due_at` is None)."""

    stream: str
    name: str
    was: datetime | None
    due_at: datetime | None


async def arm(connection: Connection, streams: Sequence[Stream]) -> list[TimerMove]:
    """Make the timer table equal to what the states want now, whatever an older version armed; returns what moved."""
    if not streams:
        return []
    names = sorted(stream.stream_id for stream in streams)
    rows = {row["timer_id"]: row for row in await connection.fetch(SQL["timers_of"], names)}
    standing = {name: row["due_at"] for name, row in rows.items()}
    wanted = {
        timer_id(stream.stream_id, name): (stream.stream_id, name, due_at, stream.partition)
        for stream in streams
        for name, due_at in stream.timers.items()
    }
    gone = sorted(name for name in standing if name not in wanted)
    armed = sorted((name, *row) for name, row in wanted.items() if standing.get(name) != row[2])
    if gone:
        await connection.execute(SQL["disarm"], gone)
    if armed:
        await connection.execute(SQL["arm"], *(list(column) for column in zip(*armed, strict=True)))
    over = [TimerMove(rows[name]["stream_id"], rows[name]["name"], standing[name], None) for name in gone]
    return over + [TimerMove(stream, label, standing.get(name), due) for name, stream, label, due, _ in armed]


def timer_id(stream_id: str, name: str) -> str:
    """The key of a timer row."""
    return f"{stream_id}#{name}"
