"""Take each message once by source and id, however often it is delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property

from schemas.canonical import content_hash, fingerprint
from schemas.contracts.base import encode
from services.kernel.adapters.locks import Connection
from services.kernel.model import Message, Record
from services.kernel.pauses import Pauses
from services.kernel.queries import SQL
from services.kernel.writing.decisions import Outcome


class Seen(Enum):
    """What the inbox knows of a message."""

    NEW = "new"
    AGAIN = "again"
    OTHER_CONTENT = "other-content"


@dataclass(frozen=True)
class InboxEntry:
    """A message as it is taken; `body` holds its bytes as they came, if they did."""

    message: Message
    body: bytes = b""

    @cached_property
    def digest(self) -> bytes:
        """The hash of what it says, by which a second one of its name is known to say the same."""
        return fingerprint(self.message.type, self.message.data)

    def says(self, digest: bytes) -> bool:
        """Whether a message of this hash says the same, also where 0.1 took it: that hashed bytes, as sent or encoded again."""
        if digest == self.digest:
            return True
        return digest in {content_hash(self.body), content_hash(encode(self.message.data))}

    @property
    def name(self) -> tuple[str, str]:
        """Source and id."""
        return (self.message.source, self.message.id)


async def take(connection: Connection, entries: Sequence[InboxEntry], now: datetime) -> list[Seen]:
    """Take entries, in sorted order so that two batches cannot wait for each other; the answer is by entry."""
    if not entries:
        return []
    first: dict[tuple[str, str], InboxEntry] = {}
    for entry in entries:
        first.setdefault(entry.name, entry)
    ordered = [first[name] for name in sorted(first)]
    rows: list[tuple[object, ...]] = []
    pauses = Pauses()
    for entry in ordered:
        await pauses.after(len(entry.body))
        message = entry.message
        partition = message.partition if message.topic else None
        rows.append((*entry.name, message.type, entry.digest, message.topic, partition, message.offset))
    columns = [list(column) for column in zip(*rows, strict=True)]
    new = {(row["source"], row["id"]) for row in await connection.fetch(SQL["take"], *columns, now)}
    known: dict[tuple[str, str], bytes] = {}
    if len(new) < len(ordered):
        old = [name for name in first if name not in new]
        for row in await connection.fetch(SQL["seen"], [source for source, _ in old], [id_ for _, id_ in old]):
            known[(row["source"], row["id"])] = bytes(row["digest"])
    verdicts: list[Seen] = []
    for entry in entries:
        if entry.name in new and first[entry.name] is entry:
            verdicts.append(Seen.NEW)
            continue
        before = known.get(entry.name, first[entry.name].digest)
        verdicts.append(Seen.AGAIN if entry.says(before) else Seen.OTHER_CONTENT)
    return verdicts


async def settle(connection: Connection, outcomes: Sequence[Outcome]) -> None:
    """Write each message's one outcome."""
    if not outcomes:
        return
    rows = [
        (o.message.source, o.message.id, o.outcome, o.reason, o.events, o.stream)
        for o in sorted(outcomes, key=lambda o: (o.message.source, o.message.id))
    ]
    await connection.execute(SQL["settle"], *(list(column) for column in zip(*rows, strict=True)))


async def skip(connection: Connection, record: Record, reason: str, detail: str) -> None:
    """Say why a record has no inbox row of its own."""
    await connection.execute(
        SQL["skip"], [record.topic], [record.partition], [record.offset], [record.offset + 1], [reason], [detail]
    )
