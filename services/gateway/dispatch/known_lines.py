"""Know which lines exist, so that a data-entry error in one is answered with a warning instead of with silence.

Key customers' lines come from outage.customers, those of the network model from outage.network. Both are compacted: they are
read from their beginning and then followed, and only digests are kept. While neither has said anything, no line is strange.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
import structlog

from schemas.contracts import customers, network
from services.gateway.dispatch.answers import Result
from services.kernel.adapters.ports import RecordReader
from services.kernel.model import Record
from services.kernel.observing.every import every
from services.places import distinct, normal, normals

log = structlog.get_logger(__name__)

SILENCE_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 10.0
QUIET: Final = 5
SHOWN: Final = 5


class _Supply(msgspec.Struct, frozen=True):
    """All that is read of a supply."""

    line: str | None = None


class _Profile(msgspec.Struct, frozen=True):
    """All that is read of a customer, of either version."""

    named: tuple[str, ...] = msgspec.field(default=(), name="lines")
    supplies: tuple[_Supply, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that feed them."""
        return (*self.named, *(one.line for one in self.supplies if one.line))


class _Element(msgspec.Struct, frozen=True, rename="camel"):
    """All that is read of an element of the network."""

    element_id: str
    kind: str
    name: str
    names: dict[str, str] = {}

    @property
    def lines(self) -> tuple[str, ...]:
        """What it is called, where it is a line or a part of one."""
        return (self.element_id, self.name, *self.names.values()) if self.kind in LINES else ()


LINES: Final = frozenset({"line", "section"})
TOPICS: Final = (customers.TOPIC, network.TOPIC)
_READ: Final[Mapping[bytes, type[_Profile | _Element]]] = {
    b"customer.upserted.v1": _Profile,
    b"customer.upserted.v2": _Profile,
    b"network.element.v1": _Element,
}


class KnownLines:
    """Which lines customers and the network model name. Costs some 500 bytes for each customer and each line."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, bytes], tuple[int, ...]] = {}
        self._count: Counter[int] = Counter()
        self._whole = False

    def forget(self) -> None:
        """Begin again: what was read may have gaps."""
        self._of.clear()
        self._count.clear()
        self._whole = False

    def whole(self) -> None:
        """All that was on the topic has been heard."""
        self._whole = True

    def hear(self, record: Record) -> None:
        """One record of either topic; one that cannot be read says nothing here, its readers quarantine it."""
        if record.key is None:
            return
        lines: tuple[str, ...] = ()
        kind = _READ.get(record.headers.get("ce_type", b""))
        if record.value is not None and kind is not None:
            try:
                lines = msgspec.json.decode(record.value, type=kind).lines
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                return
        place = record.topic, record.key
        self._count.subtract(self._of.pop(place, ()))
        found = tuple(hash(line) for line in sorted(normals(lines)))
        if found:
            self._of[place] = found
            self._count.update(found)

    def strange(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Those of `lines`, as written, that no customer and no network names; none while nobody could name any."""
        if not self._whole or not self._of:
            return ()
        return tuple(line for line in distinct(lines) if self._count.get(hash(normal(line)), 0) <= 0)


def warned(result: Result, strange: tuple[str, ...]) -> Result:
    """The result with a warning about lines nobody knows, where there are any and the event was taken."""
    if not strange or result.outcome not in {"taken", "already-taken"}:
        return result
    named = ", ".join(strange[:SHOWN]) + (f" and {len(strange) - SHOWN} more" if len(strange) > SHOWN else "")
    words = f"no customer and no network knows line {named}: check the name, for nobody is told there"
    return msgspec.structs.replace(result, warning=words)


async def follow(known: KnownLines, make_reader: Callable[[], RecordReader]) -> None:
    """Read both topics and go on reading, until cancelled. While Kafka is away the last word stands."""

    async def read_on() -> None:
        reader = make_reader()
        try:
            await _follow(known, reader)
        finally:
            await reader.close()

    # A warning that is missing must not stop what is taken.
    await every(AGAIN_SECONDS, read_on, cures=(Exception,), waits="which lines there are is not known now")


async def _follow(known: KnownLines, reader: RecordReader) -> None:
    places = [place for place in await reader.partitions(TOPICS) if place[0] in TOPICS]
    if not places:
        known.whole()
        return
    missing = set(TOPICS).difference(topic for topic, _ in places)
    bounds = await reader.bounds(places)
    left = {place: end for place, (first, end) in bounds.items() if first < end}
    known.forget()
    quiet = 0
    if not left:
        known.whole()
    async for records in reader.follow({place: first for place, (first, _) in bounds.items()}, silence=SILENCE_SECONDS):
        for record in records:
            known.hear(record)
            place = (record.topic, record.partition)
            if record.offset + 1 >= left.get(place, record.offset + 2):
                del left[place]
        quiet = 0 if records else quiet + 1
        # Compaction may have taken the last records before an end: that nothing more comes says as much.
        if not left or quiet >= QUIET:
            known.whole()
        if missing and not records and any(place[0] in missing for place in await reader.partitions(missing)):
            return  # it was made meanwhile: all is read again, with it
