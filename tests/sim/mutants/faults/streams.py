"""Faults of the log and its streams: locks left out, states of before, names that two share."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from unittest.mock import patch

from services.kernel import model
from services.kernel.model import Stream
from services.kernel.queries import SQL
from services.kernel.streams import snapshots
from services.kernel.streams.log import Log
from tests.sim.mutants import connections, worlds
from tests.sim.mutants.registry import mutant, other_sql


@mutant(under=connections.two_workers_at_one_customer)
def load_and_lock_in_one_statement() -> Iterator[None]:
    """A stream's events are read as they were before its lock was had: a decision knows nothing of the one it waited for."""
    lock, seen = Log.lock, dict[tuple[Log, str], int]()

    async def as_before(self: Log, connection: Any, wanted: Mapping[str, int]) -> dict[str, Stream]:
        heads = "select stream_id, version from stream where stream_id = any($1::text[])"
        seen.update({(self, row["stream_id"]): row["version"] for row in await connection.fetch(heads, list(wanted))})
        return await lock(self, connection, wanted)

    async def up_to_then(self: Log, connection: Any, streams: Mapping[str, Stream], names: Sequence[str]) -> None:
        for row in await connection.fetch(SQL["read_events"], list(names), [0] * len(names)):
            stream = streams[row["stream_id"]]
            if row["version"] <= seen.get((self, stream.stream_id), 0):
                stream.state = self.decider(stream.stream_id).evolve(stream.state, self.stored(row))

    with patch.object(Log, "lock", as_before), patch.object(Log, "_load", up_to_then):
        yield


@mutant(under=connections.two_workers_in_each_others_way)
def log_lock_dropped() -> Iterator[None]:
    """Two transactions append at once: positions do not ascend in the order of commits, and read models pass over events."""
    with other_sql(SQL, "append", "pg_advisory_xact_lock($10)", "$10::bigint"):
        yield


@mutant()
def live_view_of_the_first_version() -> Iterator[None]:
    """The live view of a stream is written once: dispatchers look at an outage as it began."""
    text = SQL["show_live"]
    with other_sql(SQL, "show_live", text[text.index("do update") :], "do nothing"):
        yield


@mutant(under=worlds.short_streams_are_kept)
def snapshot_kept_stale() -> Iterator[None]:
    """What happened since a snapshot is not folded into it: after a restart a customer's conversation has forgotten texts."""
    load = snapshots.load

    async def as_kept(connection: Any, streams: Mapping[str, Stream], *more: Any) -> dict[str, int]:
        reached = await load(connection, streams, *more)
        return {name: streams[name].version if version else 0 for name, version in reached.items()}

    with patch.object(snapshots, "load", as_kept):
        yield


@mutant()
def cause_as_a_joined_string() -> Iterator[None]:
    """Source and id are cited as one string with a slash: two facts share a cause, and what the second led to is not written."""
    with patch.object(model, "citation", lambda source, id_: f"{source}/{id_}"):
        yield
