"""Compare signed heads with the log: whether the database still holds what was signed, and what was exported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from operations.audit.report import Check, Report
from operations.system.database import Connection, Row
from services.kernel.model import Event
from services.kernel.proof import merkle
from services.kernel.proof.heads import FETCH, SQL, Head, HeadError, SignedHead, open_head, read_head, stored
from services.kernel.streams.log import link


async def check_heads(
    connection: Connection,
    service: str,
    keys: Mapping[str, Ed25519PublicKey],
    exported: Sequence[SignedHead] | None,
    report: Report,
) -> None:
    """Hold the log of `service`, whose schema is entered, to its heads and these to exported ones. Needs a transaction."""
    signed = await stored(connection)
    chain = report.check(service, "heads", "every head is signed and follows the one before", "head")
    heads = follow(service, signed, keys, chain)
    if exported is not None:
        same = report.check(service, "exported", "the heads that were exported are those of the database", "head")
        compare(service, signed, exported, keys, same)
    log = report.check(service, "log", "the log holds what its heads were signed over", "event")
    if not signed and exported is None:
        chain.skipped = log.skipped = "no head was ever signed: outagectl heads sign"
        return
    await _hold(connection, heads, log)
    newest = await connection.fetchval(SQL["newest_position"])
    if newest is not None and (not heads or newest > heads[-1].position):
        log.note("log goes on after the last head")


def follow(
    service: str, signed: Sequence[SignedHead], keys: Mapping[str, Ed25519PublicKey], check: Check
) -> list[Head]:
    """The heads in these texts, each held to the one before it; what is wrong goes to `check`. Pure."""
    heads: list[Head] = []
    for number, one in enumerate(signed, 1):
        check.checked += 1
        try:
            head = open_head(one, dict(keys))
        except HeadError as error:
            check.fault(str(error))
            try:
                head = read_head(one)
            except HeadError:
                return heads
        before = heads[-1] if heads else None
        for text in follow_faults(service, number, head, before, signed[number - 2].digest if before else None):
            check.fault(text)
        heads.append(head)
    return heads


def follow_faults(service: str, number: int, head: Head, before: Head | None, digest: str | None) -> list[str]:
    """What is wrong with a head as the successor of `before`, whose text has this digest. Pure."""
    name = f"head {head.number} of {head.service}"
    faults: list[str] = []
    if head.service != service:
        faults.append(f"{name} stands among the heads of {service}")
    if head.number != number:
        faults.append(f"{name} stands where head {number} is due")
    if head.previous != digest:
        faults.append(f"{name} follows another head than the one before it")
    if before is not None and (head.position <= before.position or head.count != before.count + head.size):
        faults.append(f"{name} does not count on from the one before it")
    if before is None and head.count != head.size:
        faults.append(f"{name} is the first but counts events before it")
    return faults


def compare(
    service: str,
    signed: Sequence[SignedHead],
    exported: Sequence[SignedHead],
    keys: Mapping[str, Ed25519PublicKey],
    check: Check,
) -> None:
    """Exported heads of this service against those in the database. Pure."""
    by_number = {}
    for one in signed:
        try:
            by_number[read_head(one).number] = one
        except HeadError:
            continue
    for one in exported:
        try:
            head = open_head(one, dict(keys))
        except HeadError as error:
            check.fault(f"exported: {error}")
            continue
        if head.service != service:
            continue
        check.checked += 1
        there = by_number.get(head.number)
        if there is None:
            check.fault(f"head {head.number} of {head.at.isoformat()} was exported, but the database does not have it")
        elif there != one:
            check.fault(f"head {head.number} of {head.at.isoformat()} is another one in the database than was exported")


@dataclass(slots=True)
class _Walk:
    """The log in order: each stream's chain, and the leaves since the last head."""

    chains: dict[str, bytes] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    last: int = 0
    first_wrong: str | None = None

    def add(self, row: Row) -> None:
        """One row: its hash recomputed from its bytes."""
        stored_chain = bytes(row["chain"])
        event = Event(
            stream_id=row["stream_id"],
            version=row["version"],
            event_id=row["event_id"],
            type=row["type"],
            data=None,
            decided_at=row["decided_at"],
            cause=row["cause"],
            reason=row["reason"],
        )
        chain = link(self.chains.get(event.stream_id, b""), event, row["data"].encode())
        if chain != stored_chain and self.first_wrong is None:
            self.first_wrong = f"position {row['position']}, {event.stream_id} version {event.version}"
        self.chains[event.stream_id] = stored_chain
        self.last = row["position"]
        # What its bytes hash to is what was signed, whatever stands beside them.
        self.leaves.append(merkle.leaf(row["position"], event.stream_id, event.version, chain))

    def close(self, head: Head, check: Check) -> None:
        """At a head's position: see whether this is what was signed."""
        check.note("heads")
        if self.last == head.position and len(self.leaves) == head.size and merkle.root(self.leaves).hex() == head.root:
            self.leaves.clear()
            return
        where = f"; the first row that is not as it was hashed: {self.first_wrong}" if self.first_wrong else ""
        check.fault(
            f"what lies under head {head.number} of {head.at.isoformat()} (positions up to {head.position}) is not what "
            f"was signed{where}"
        )
        self.leaves.clear()


async def _hold(connection: Connection, heads: Sequence[Head], check: Check) -> None:
    walk, waiting = _Walk(), list(heads)
    if not waiting:
        return
    async for row in connection.cursor(SQL["whole_rows"], waiting[-1].position, prefetch=FETCH):
        while waiting and row["position"] > waiting[0].position:
            walk.close(waiting.pop(0), check)
        walk.add(row)
        check.checked += 1
    for head in waiting:
        walk.close(head, check)
