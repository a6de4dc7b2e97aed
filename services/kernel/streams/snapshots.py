"""Keep states of long streams as bytes, so that the cost of a fact does not grow with the history before it.

A snapshot is a cache and nothing rests on it: it is used only by the very code and rules that made it (`revision`), only
while its chain is the log's at that version, and where it cannot be read the log is. An audit never looks at it. One is
written when the events since the last one weigh enough, so each byte of the log is written as a snapshot a bounded number
of times, and what is left to fold after a restart is a fraction of the state.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import structlog

from services.kernel.bounds import ROW_BYTES
from services.kernel.model import Keeps, Stream
from services.kernel.pauses import Pauses
from services.kernel.queries import SQL

Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
Deciders = Callable[[str], Any]

log = structlog.get_logger()

LEAST_BYTES = 64 * 1024
"""Streams lighter than this are read whole: most outages have some dozens of facts in their life."""
FRACTION = 16
"""A new snapshot when the events since the last one weigh a sixteenth of it: so few are left to fold after a restart."""


def event_bytes(data: str | bytes) -> int:
    """What an event adds to the weight of its stream."""
    return len(data) + ROW_BYTES // 4


def due(stream: Stream) -> bool:
    """Whether enough has happened since the last snapshot for another one."""
    return stream.since >= max(LEAST_BYTES, stream.kept // FRACTION)


async def load(
    connection: Connection, streams: Mapping[str, Stream], names: Sequence[str], deciders: Deciders, revision: str
) -> dict[str, int]:
    """Give each of `names` the state that was kept of it; returns how far each got: stream → version, 0 without one."""
    reached = dict.fromkeys(names, 0)
    keeping = [name for name in names if isinstance(deciders(name), Keeps)]
    if not keeping:
        return reached
    pauses = Pauses()
    for row in await connection.fetch(SQL["snapshots"], keeping, revision):
        await pauses.after(len(row["state"]))
        stream = streams[row["stream_id"]]
        if row["version"] > stream.version:
            continue
        try:
            state = deciders(stream.stream_id).restore(stream.stream_id, row["state"])
        except Exception as error:  # noqa: BLE001 - only a cache: the log has it all
            log.warning("a kept state cannot be read; the log is", stream=stream.stream_id, error=repr(error))
            continue
        stream.state, stream.kept = state, len(row["state"])
        reached[stream.stream_id] = row["version"]
    return reached


async def save(
    connection: Connection, streams: Iterable[Stream], deciders: Deciders, revision: str, now: datetime
) -> None:
    """Keep the states of those of `streams` that are due, as they are after what they hold now."""
    rows: list[tuple[str, int, bytes, bytes]] = []
    pauses = Pauses()
    for stream in streams:
        await pauses.after(stream.weight)
        decider = deciders(stream.stream_id)
        if due(stream) and isinstance(decider, Keeps):
            kept = decider.dump(stream.state)
            stream.kept, stream.since = len(kept), 0
            rows.append((stream.stream_id, stream.version, stream.chain, kept))
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(SQL["keep_snapshots"], *columns, revision, now)
