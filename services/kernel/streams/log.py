"""Keep the event log: lock streams, load them, append with a hash chain."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, UUID, uuid5

import asyncpg
import msgspec

from schemas.upcast import UPCASTERS, upcast
from services.kernel import operating
from services.kernel.adapters.locks import Connection, advisory_key
from services.kernel.bounds import LOAD_BYTES, ROW_BYTES, STATES_BYTES, TooMuchAtOnce, pages
from services.kernel.model import Event, NewEvent, Service, Stream, category_of
from services.kernel.pauses import STEP_BYTES, Pauses
from services.kernel.queries import SQL
from services.kernel.streams import snapshots
from services.kernel.streams.newer import WrittenByNewer
from services.kernel.streams.revision import revision_of
from services.kernel.streams.snapshots import event_bytes

NEWEST = 2**63 - 1
"""In the place of a version: whatever the last one is."""


def event_id(cause: str, stream_id: str, index: int) -> UUID:
    """The id of the index-th event that `cause` made in a stream: the same when a message is handled again.

    No two causes or streams share one: where either holds the bar that divides them, the cause's length stands in front.
    """
    length = f"{len(cause)}|" if "|" in cause or "|" in stream_id else ""
    return uuid5(NAMESPACE_URL, f"{length}{cause}|{stream_id}|{index}")


def former_event_id(cause: str, stream_id: str, index: int) -> UUID:
    """The same as 0.1 made it; `cause` as it was cited then (schemas.citation.former)."""
    return uuid5(NAMESPACE_URL, f"{cause}|{stream_id}|{index}")


def link(chain: bytes, event: Event, data: bytes) -> bytes:
    """The next value of a stream's hash chain: sha256 over the one before and every stored field, each with its length."""
    digest = hashlib.sha256(chain)
    for part in (
        event.stream_id.encode(),
        str(event.version).encode(),
        event.event_id.bytes,
        event.type.encode(),
        data,
        event.cause.encode(),
        event.reason.encode(),
        event.decided_at.astimezone(UTC).isoformat(timespec="microseconds").encode(),
    ):
        digest.update(len(part).to_bytes(4, "big"))
        digest.update(part)
    return digest.digest()


class RememberedStream(NamedTuple):
    """A stream as its last transaction left it."""

    version: int
    chain: bytes
    state: Any
    kept: int
    since: int

    @property
    def weight(self) -> int:
        """About how many bytes it takes, as JSON."""
        return self.kept + self.since + ROW_BYTES


class Log:
    """Loads and appends streams of one service.

    Remembers states of recent streams, up to `remember` bytes of weight; each is valid while version and chain match.
    """

    def __init__(self, service: Service, *, remember: int = STATES_BYTES) -> None:
        self._service = service
        self._known: OrderedDict[str, RememberedStream] = OrderedDict()
        self._remember = remember
        self._held = 0
        self._lock_key = advisory_key(service.name, "log")
        self.revision = revision_of(service)

    async def lock(self, connection: Connection, wanted: Mapping[str, int]) -> dict[str, Stream]:
        """Lock streams (id → partition for new ones), in sorted order, and load what is not remembered.

        What this code does not know of one is said in its `newer`; it has no state then.

        Raises:
            TooMuchAtOnce: what would have to be loaded is more than may be held together.

        """
        if not wanted:
            return {}
        streams: dict[str, Stream] = {}
        unknown: dict[str, int] = {}
        for row in await self._rows(connection, wanted):
            stream = Stream(
                row["stream_id"], row["partition"], row["version"], bytes(row["chain"]), None, row["parked_by"]
            )
            known = self._known.get(stream.stream_id)
            if known is not None and known.version == stream.version and known.chain == stream.chain:
                stream.state, stream.kept, stream.since = known.state, known.kept, known.since
            else:
                self._begin(stream)
                if stream.version and not stream.newer:
                    unknown[stream.stream_id] = row["weight"] or stream.version * ROW_BYTES
            streams[stream.stream_id] = stream
        if len(unknown) > 1 and (size := sum(unknown.values())) > LOAD_BYTES:
            raise TooMuchAtOnce(len(unknown), size)
        if unknown:
            await self._load(connection, streams, list(unknown))
        return streams

    def _begin(self, stream: Stream) -> None:
        try:
            stream.state = self.decider(stream.stream_id).initial(stream.stream_id)
        except WrittenByNewer as unknown:
            stream.newer = str(unknown)

    async def read(self, connection: Connection, names: Sequence[str]) -> dict[str, Any]:
        """The states of some streams as they are committed now, without locking them: they may move on at once.

        Without those of which this code does not know something.
        """
        streams = {name: Stream(name, 0, NEWEST, b"", None) for name in dict.fromkeys(names)}
        for stream in streams.values():
            self._begin(stream)
        if streams:
            await self._load(connection, streams, list(streams))
        return {name: stream.state for name, stream in streams.items() if not stream.newer}

    async def _rows(self, connection: Connection, wanted: Mapping[str, int]) -> list[asyncpg.Record]:
        """The rows of these streams, locked; those that do not exist are made before, so that all are locked in one order."""
        ids = sorted(wanted)
        if all(name in self._known for name in ids):
            rows: list[asyncpg.Record] = await connection.fetch(SQL["lock_streams"], ids)
            if len(rows) == len(ids):
                return rows
        await connection.execute(SQL["make_streams"], ids, [wanted[name] for name in ids])
        return await connection.fetch(SQL["lock_streams"], ids)

    async def _load(self, connection: Connection, streams: Mapping[str, Stream], names: Sequence[str]) -> None:
        """Fold the logs of these streams, from what was kept of them on."""
        reached = await snapshots.load(connection, streams, names, self.decider, self.revision)
        arguments = (list(reached), list(reached.values()))
        pauses = Pauses()
        async for rows in pages(connection, SQL["read_events"], *arguments, size=lambda row: event_bytes(row["data"])):
            for row in rows:
                stream, size = streams[row["stream_id"]], event_bytes(row["data"])
                if stream.newer:
                    continue
                try:
                    event = self.stored(row)
                except WrittenByNewer as unknown:
                    stream.state, stream.newer = None, str(unknown)
                    continue
                await self.prepare(event.data, size)
                stream.state = self.decider(stream.stream_id).evolve(stream.state, event)
                stream.since += size
                await pauses.after(size)

    async def prepare(self, known: Any, size: int) -> None:
        """Let the service prepare for an event's data, or for a state, of `size` bytes; what is small needs none."""
        prepare = getattr(self._service, "prepare", None)
        if prepare is not None and size >= STEP_BYTES:
            for _ in prepare(known):
                await asyncio.sleep(0)

    def decider(self, stream_id: str) -> Any:
        """The decider of a stream's category.

        Raises:
            WrittenByNewer: the service has no such category.

        """
        category = category_of(stream_id)
        decider = self._service.deciders.get(category) or operating.DECIDERS.get(category)
        if decider is None:
            raise WrittenByNewer(f"{self._service.name} has no decider for {stream_id}: run the version that wrote it")
        return decider

    def stored(self, row: "asyncpg.Record | Mapping[str, Any]") -> Event:
        """A row of the log as an event, upcast to the latest version of its type.

        Raises:
            WrittenByNewer: its type, or what it says, is newer than this code.

        """
        try:
            return self._stored(row)
        except msgspec.ValidationError as error:
            raise WrittenByNewer(
                f"an event {row['type']} in {row['stream_id']} has another form ({error}): run the version that wrote it"
            ) from error

    def _stored(self, row: "asyncpg.Record | Mapping[str, Any]") -> Event:
        type_name = row["type"]
        raw: str = row["data"]
        type_name, data = upcast(type_name, msgspec.json.decode(raw)) if type_name in UPCASTERS else (type_name, None)
        struct = self._service.structs.get(type_name) or operating.STRUCTS.get(type_name)
        if struct is None:
            raise WrittenByNewer(
                f"event type {type_name} in {row['stream_id']} is not known: run the version that wrote it"
            )
        return Event(
            stream_id=row["stream_id"],
            version=row["version"],
            event_id=row["event_id"],
            type=type_name,
            data=msgspec.json.decode(raw, type=struct) if data is None else msgspec.convert(data, struct),
            decided_at=row["decided_at"],
            cause=row["cause"],
            reason=row["reason"],
            position=row["position"],
        )

    def evolve(self, stream: Stream, new: Iterable[NewEvent], *, cause: str, reason: str, now: datetime) -> list[Event]:
        """Fold new events into a loaded stream; they wait in `stream.new` for `append`."""
        decider = self.decider(stream.stream_id)
        made: list[Event] = []
        state, version = stream.state, stream.version
        for index, item in enumerate(new):
            version += 1
            event = Event(
                stream_id=stream.stream_id,
                version=version,
                event_id=event_id(cause, stream.stream_id, index),
                type=item.type,
                data=item.data,
                decided_at=now,
                cause=cause,
                reason=reason,
            )
            state = decider.evolve(state, event)
            made.append(event)
        stream.state, stream.version = state, version
        stream.new.extend(made)
        return made

    async def append(self, connection: Connection, streams: Sequence[Stream], now: datetime) -> int:
        """Write what waits in `streams`: live views and heads, then, under the log lock, the events. Returns how many.

        The log lock is the last lock of a transaction; it makes positions ascend in commit order.
        """
        changed = [stream for stream in streams if stream.new]
        if not changed:
            return 0
        pauses = Pauses()
        rows: list[tuple[str, int, UUID, str, str, str, str, bytes]] = []
        for stream in changed:
            for event in stream.new:
                data = msgspec.json.encode(event.data)
                await pauses.after(len(data))
                stream.since += event_bytes(data)
                stream.chain = link(stream.chain, event, data)
                rows.append(
                    (
                        event.stream_id,
                        event.version,
                        event.event_id,
                        event.type,
                        data.decode(),
                        event.cause,
                        event.reason,
                        stream.chain,
                    )
                )
        await snapshots.save(connection, changed, self.decider, self.revision, now)
        chains, parked, weights = zip(*((s.chain, s.parked_by, s.weight) for s in changed), strict=True)
        heads = "with shown as ({show_live})\n{move_heads}".format_map(SQL)
        await connection.execute(heads, *self._views(changed), chains, parked, weights)
        await connection.execute(
            SQL["append"], *(list(column) for column in zip(*rows, strict=True)), now, self._lock_key
        )
        return len(rows)

    async def show(self, connection: Connection, streams: Sequence[Stream]) -> None:
        """Write the live views of locked streams, marked as this code's."""
        if streams:
            await connection.execute(SQL["show_live"], *self._views(streams))

    def _views(self, streams: Sequence[Stream]) -> tuple[object, ...]:
        """What `show_live` is told of them."""
        views = [stream.view.decode() for stream in streams]
        return [s.stream_id for s in streams], [s.version for s in streams], views, self.revision

    def remember(self, streams: Iterable[Stream]) -> None:
        """Keep the states of committed streams."""
        for stream in streams:
            self._forget(stream.stream_id)
            if stream.newer:
                continue
            known = RememberedStream(stream.version, stream.chain, stream.state, stream.kept, stream.since)
            self._known[stream.stream_id] = known
            self._held += known.weight
        # The one touched last stays in any case: a long outage is not loaded again for each of its facts.
        while self._held > self._remember and len(self._known) > (1 if self._remember else 0):
            self._forget(next(iter(self._known)))

    def _forget(self, name: str) -> None:
        known = self._known.pop(name, None)
        if known is not None:
            self._held -= known.weight
