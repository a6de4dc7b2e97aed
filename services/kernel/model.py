"""The terms between the kernel and a service: plain values and protocols, no I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar, runtime_checkable
from uuid import UUID

import msgspec

from schemas.citation import citation
from services.kernel.bounds import ROW_BYTES

TopicPartition = tuple[str, int]
"""A topic and the number of one of its partitions."""

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record as it came.

    `timestamp` is when it was put on the topic: by the broker's clock (`by_broker`), else by its sender's own word.
    """

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]
    timestamp: datetime
    by_broker: bool = False

    @property
    def size(self) -> int:
        """Bytes of body and key, with what the record costs beside them."""
        return len(self.value or b"") + len(self.key or b"") + ROW_BYTES

    def digest(self) -> bytes:
        """sha256 over key, headers and value, each with its length: shows that a topic was cut or recreated."""
        digest = hashlib.sha256()
        for part in (
            self.key or b"",
            *(x for n, v in sorted(self.headers.items()) for x in (n.encode(), v)),
            self.value or b"",
        ):
            digest.update(len(part).to_bytes(4, "big"))
            digest.update(part)
        return digest.digest()


UNRECORDED = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Message:
    """One thing a service is asked to judge: a decoded record, a timer that is due, or an internal message.

    `source` + `id` name it for ever; `time` is when the sender says it happened; `partition` is the one its stream's
    timers wait for. `recorded_at` is when its record came to the broker, as the broker's own clock has it where that clock
    is the domain's: one instant, the same for every service, that no sender can choose. Timers and internal
    messages were recorded when they are judged; what names no such instant was recorded at its `time`.
    """

    source: str
    id: str
    type: str
    time: datetime
    data: msgspec.Struct
    key: str
    partition: int
    topic: str | None = None
    offset: int | None = None
    traceparent: str | None = None
    stream: str | None = None  # set for timers and internal messages, which know where they belong
    recorded_at: datetime = UNRECORDED
    size: int = 0
    """Bytes of its data as they came; 0 for timers and internal messages."""

    def __post_init__(self) -> None:
        """What was put on no topic was recorded when it says it happened."""
        if self.recorded_at is UNRECORDED:
            object.__setattr__(self, "recorded_at", self.time)

    @property
    def name(self) -> tuple[str, str]:
        """Source and id: what an event is, and the only key it may be kept under."""
        return (self.source, self.id)

    @property
    def cause(self) -> str:
        """Source and id as one text, as the log and evidence cite it (schemas/citation.py)."""
        return citation(self.source, self.id)


class TimerFired(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline has come. Judge on `due_at`, never on when the timer ran."""

    name: str
    due_at: datetime
    unproven: bool = False


TIMER_FIRED = "timer.fired.v1"


class Review(msgspec.Struct, frozen=True, kw_only=True):
    """The code or its rules changed: a stream is asked what follows today from what it knows (services/kernel/upkeep/review.py).

    Only a decider with an attribute `reviews = True` is asked, and may answer with events; timers and view are brought in
    line all the same.
    """

    why: str


REVIEW = "stream.review.v1"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event a decision wants in the log, and on `topic` if one is given (key: the message's own, unless given)."""

    type: str
    data: msgspec.Struct
    topic: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """An event as the log holds it."""

    stream_id: str
    version: int
    event_id: UUID
    type: str
    data: Any
    decided_at: datetime
    cause: str
    reason: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a service decided, always with a named reason; no events is a named no-op."""

    reason: str
    events: Sequence[NewEvent] = ()
    detail: str | None = None


class Decider(Protocol[S]):
    """One category of streams. Pure: no I/O, no await, no clock."""

    category: str

    def initial(self, stream_id: str) -> S:
        """The state before any event."""
        ...

    def evolve(self, state: S, event: Event) -> S:
        """The state after `event`. Never refuses: what is in the log happened."""
        ...

    def decide(self, state: S, facts: Any, message: Message, now: datetime) -> Decision:
        """What follows from `message`; `facts` is what the service read for it (see Service.facts)."""
        ...

    def timers(self, state: S) -> Mapping[str, datetime]:
        """The timers that this state wants armed, name → due instant. The kernel keeps the table equal to it.

        A timer that has fired must be gone from the state that follows, or the kernel calls it a bug.
        """
        ...

    def view(self, state: S) -> dict[str, Any]:
        """The state as a JSON object for people and audits; replaying the log must give the same one."""
        ...


@runtime_checkable
class Keeps(Protocol[S]):
    """A decider whose states can be kept as bytes, so that a long stream need not be read from its start.

    What was kept is only a cache, of this revision of code and rules: `restore(dump(state))` and a replay must judge alike.
    """

    def dump(self, state: S) -> bytes:
        """The state, whole."""
        ...

    def restore(self, stream_id: str, kept: bytes) -> S:
        """The state again. Whatever it raises, the stream is replayed instead."""
        ...


class Projection(Protocol):
    """Tables kept inside the transaction that appends (only what decisions or effects read back)."""

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Fold `events` into the tables; no side effect outside the connection."""
        ...


@runtime_checkable
class GatheringProjection(Projection, Protocol):
    """One that gathers what it is given over the decisions of a transaction, and writes it together.

    Whatever a service reads of its tables for a decision (`facts`), it has written before.
    """

    def begin(self) -> None:
        """A transaction begins: forget what is left of one that failed."""
        ...

    async def finish(self, connection: Any) -> None:
        """All is decided: write what is gathered."""
        ...


class TopicCopy(Protocol):
    """Tables of a service that hold what a topic says (last, under each key, if compacted): judged by nobody, no streams."""

    async def put(self, connection: Any, said: Sequence[Message]) -> None:
        """Take what came, in the order of each partition; in the transaction that moves the fences past it."""
        ...

    async def forget(self, connection: Any) -> None:
        """Hold nothing any more: the topic is read again from its first record."""
        ...

    async def put_late(self, connection: Any, message: Message) -> bool:
        """Take what was set aside before, unless something newer stands under its key; whether it was taken."""
        ...


@dataclass(frozen=True, slots=True)
class Routed:
    """The one stream a message concerns; with none, the reason why nothing is to be done.

    What concerns many streams is put on a topic once for each (outage.audience): then each word has one outcome.
    """

    stream: str | None
    reason: str = "not-for-this-service"
    if_new: str = ""
    """Where it concerns a stream only if that has an event when the message's turn comes: the reason why nothing is to be done."""


class Service(Protocol):
    """What a service gives the kernel. It may also have

    - `readmodels`: services.kernel.reading.projections.ReadModel, one or more;
    - `actions`: what its operators may ask of it beside what the kernel can do (services.kernel.operators.actions), by name;
    - `copies`: inputs that it keeps a copy of, with who keeps it: what came on them is looked up, not judged;
    - `keep`: given a connection, a stream to which events were added, and its state before them: brings tables of the service's own
      in line with its state, in the same transaction and before the next message is decided;
    - `prepare`: given an event's data or a stream's state, if large: an iterator whose steps make what is decided of it cheap;
      the loop goes on between them;
    - `keeping`: services.kernel.operators.forgetting.Keeping: what of its log is forgotten after how long;
    - `patience`: for timers of kinds that wait otherwise than the grace says, real seconds after which one fires unproven,
      or None: never without proof. A kind is the category and the first part of the name: "customer/settle".
    """  # noqa: D400 - a sentence that goes on as a list

    name: str
    inputs: Sequence[str]
    deciders: Mapping[str, Decider[Any]]
    structs: Mapping[str, type[msgspec.Struct]]
    projections: Sequence[Projection]
    waits_for_all: frozenset[str]
    """Categories whose timers wait for every partition of every input: their facts come through other streams."""

    feeds: frozenset[str]
    """Topics among the inputs that this service writes to itself."""

    async def route(self, connection: Any, message: Message) -> Routed:
        """The stream that `message` concerns, named category/key. Reads, never locks."""
        ...

    async def facts(self, connection: Any, stream_id: str, state: Any, message: Message) -> Any:
        """What a decision needs to know from elsewhere; what it uses must stand in the events it makes."""
        ...


@runtime_checkable
class Feeder(Protocol):
    """A service whose words for its own topics (`Service.feeds`) are made after the transaction that took their cause."""

    async def feeding(self, connection: Any) -> bool:
        """Whether such words are still to be made: until then, no deadline that they answer may fire."""
        ...


@runtime_checkable
class Renewing(Protocol):
    """A service whose tables hold something that another version may compute otherwise."""

    async def renew(self, connection: Any) -> int:
        """Bring the tables to what this version computes, before anything is read; how much there was to renew."""
        ...


@dataclass(slots=True)
class Stream:
    """A stream as loaded under its lock."""

    stream_id: str
    partition: int
    version: int
    chain: bytes
    state: Any
    parked_by: UUID | None = None
    new: list[Event] = field(default_factory=list)
    timers: Mapping[str, datetime] = field(default_factory=dict)
    view: bytes = b"{}"
    kept: int = 0
    """Bytes of the state that was kept of it last (services/kernel/streams/snapshots.py)."""
    since: int = 0
    """Bytes of its events since then."""
    newer: str = ""
    """What of it this code does not know (services/kernel/streams/newer.py): it has no state then, and is left as it is."""

    @property
    def weight(self) -> int:
        """About how many bytes its state takes, as JSON."""
        return self.kept + self.since


def category_of(stream_id: str) -> str:
    """The part of a stream id before the first slash: outage/123 → outage."""
    return stream_id.partition("/")[0]


class KernelError(Exception):
    """Something the kernel cannot go on after; the message says what to do."""
