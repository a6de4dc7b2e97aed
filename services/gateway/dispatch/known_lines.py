"""Know which lines exist, so that a data-entry error in one is answered with a warning instead of with silence.

Key customers' lines come from outage.customers, which is compacted: it is read from its beginning and then followed, and
only digests are kept. A network file may name more. While neither has said anything, no line is strange.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import structlog

from schemas.contracts import customers
from services.gateway.dispatch.answers import Result
from services.kernel.adapters.ports import RecordReader
from services.kernel.model import Record
from services.kernel.observing.every import every
from services.places import distinct, normal, normals
from services.places.network import Network

log = structlog.get_logger(__name__)

SILENCE_SECONDS: Final = 1.0
AGAIN_SECONDS: Final = 10.0
QUIET: Final = 5
SHOWN: Final = 5


class _Profile(msgspec.Struct, frozen=True):
    """All that is read of a customer."""

    lines: tuple[str, ...] = ()


class KnownLines:
    """Which lines customers and the network file name. Costs some 200 bytes for each customer."""

    def __init__(self, network: Network | None = None) -> None:
        self._network = network
        self._of: dict[bytes, tuple[int, ...]] = {}
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
        """One record of outage.customers; one that cannot be read says nothing here, its reader quarantines it."""
        if record.key is None:
            return
        lines: tuple[str, ...] = ()
        if record.value is not None and record.headers.get("ce_type") == b"customer.upserted.v1":
            try:
                lines = msgspec.json.decode(record.value, type=_Profile).lines
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                return
        self._count.subtract(self._of.pop(record.key, ()))
        found = tuple(hash(line) for line in sorted(normals(lines)))
        if found:
            self._of[record.key] = found
            self._count.update(found)

    def strange(self, lines: Iterable[str]) -> tuple[str, ...]:
        """Those of `lines`, as written, that no customer and no network file names; none while nobody could name any."""
        # The file alone is not asked while customers are still being read: their lines may be missing there.
        if not self._whole or not (self._network or self._of):
            return ()
        known = self._network.areas if self._network else {}
        return tuple(
            line
            for line in distinct(lines)
            if (place := normal(line)) not in known and self._count.get(hash(place), 0) <= 0
        )


def warned(result: Result, strange: tuple[str, ...]) -> Result:
    """The result with a warning about lines nobody knows, where there are any and the event was taken."""
    if not strange or result.outcome not in {"taken", "already-taken"}:
        return result
    named = ", ".join(strange[:SHOWN]) + (f" and {len(strange) - SHOWN} more" if len(strange) > SHOWN else "")
    words = f"no customer and no network file knows line {named}: check the name, for nobody is told there"
    return msgspec.structs.replace(result, warning=words)


async def follow(known: KnownLines, make_reader: Callable[[], RecordReader]) -> None:
    """Read outage.customers and go on reading, until cancelled. While Kafka is away the last word stands."""

    async def read_on() -> None:
        reader = make_reader()
        try:
            await _follow(known, reader)
        finally:
            await reader.close()

    # A warning that is missing must not stop what is taken.
    await every(AGAIN_SECONDS, read_on, cures=(Exception,), waits="key customers' lines are not known now")


async def _follow(known: KnownLines, reader: RecordReader) -> None:
    places = [place for place in await reader.partitions([customers.TOPIC]) if place[0] == customers.TOPIC]
    if not places:
        known.whole()
        return
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
