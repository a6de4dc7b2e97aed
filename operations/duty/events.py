"""Read events from a file or a pipe, and check each before any is sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from operations.errors import Refused
from operations.system.broker import LARGEST_BYTES, size_of
from schemas.canonical import fingerprint
from schemas.cloudevent import ContractError, KafkaMessage, parse_structured, to_kafka
from schemas.contracts import customers, dispatch
from schemas.contracts.evidence import meters

# What outsiders may say. The other topics are the services' own word.
OPEN_TOPICS = frozenset({dispatch.TOPIC, meters.TOPIC, customers.TOPIC})


@dataclass(slots=True)
class CheckedEvent:
    """One event of the input: what to send, or what is wrong with it."""

    number: int
    """Line of the file, or place in the array, from 1."""
    source: str | None = None
    id: str | None = None
    type: str | None = None
    message: KafkaMessage | None = None
    data: msgspec.Struct | None = None
    warning: str | None = None
    """What its sender should look at though it was sent."""
    field: str | None = None
    problem: str | None = None
    remedy: str | None = None
    sent: bool = False

    @property
    def name(self) -> str:
        """Source and id, as far as they could be read."""
        return f"{self.source or '?'}/{self.id or '?'}"

    def refuse(self, field: str, problem: str, remedy: str) -> CheckedEvent:
        """Say what is wrong."""
        self.message, self.field, self.problem, self.remedy = None, field, problem, remedy
        return self

    def as_json(self) -> dict[str, Any]:
        """One row of the answer."""
        row: dict[str, Any] = {"line": self.number, "source": self.source, "id": self.id, "type": self.type}
        if self.message is not None:
            row |= {"topic": self.message.topic, "key": self.message.key.decode(), "sent": self.sent}
            return row if self.warning is None else {**row, "warning": self.warning}
        return {**row, "sent": False, "field": self.field, "problem": self.problem, "remedy": self.remedy}


def check(raw: bytes) -> list[CheckedEvent]:
    """Every event of the input against its contract, in order: JSON lines, one array, or one object as the examples are."""
    seen: dict[tuple[str, str], tuple[int, bytes]] = {}
    return [_checked(number, item, seen) for number, item in items(raw)]


def items(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Each event of a file with its place: JSON lines, one array, or one object."""
    text = raw.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip()[:1] == b"[":
        try:
            items = msgspec.json.decode(text, type=list[msgspec.Raw])
        except msgspec.MsgspecError as error:
            raise Refused(f"the array is not JSON ({error}): correct it, or write one object a line") from None
        yield from ((number, bytes(item)) for number, item in enumerate(items, 1))
        return
    if _is_one_object(text):
        yield 1, text.strip()
        return
    yield from ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip())


def _is_one_object(text: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), dict)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False


def _checked(number: int, item: bytes, seen: dict[tuple[str, str], tuple[int, bytes]]) -> CheckedEvent:
    made = CheckedEvent(number)
    try:
        event = parse_structured(item)
        made.source, made.id, made.type = event.source, event.id, event.type
        message = to_kafka(event)
    except ContractError as error:
        made.source, made.id, made.type = error.source or made.source, error.id or made.id, error.type or made.type
        return made.refuse(error.field, error.problem, error.remedy)
    if message.topic not in OPEN_TOPICS:
        problem = f"{event.type} is said on {message.topic}, by a service of the system only"
        return made.refuse("type", problem, f"send what belongs on {' or '.join(sorted(OPEN_TOPICS))}")
    size = size_of(message)
    if size > LARGEST_BYTES:
        problem = f"has {size:,} bytes with its headers; the broker takes {LARGEST_BYTES:,}"
        return made.refuse("data", problem, "say it in several events, e.g. fewer usage points each")
    digest = fingerprint(event.type, event.data)
    line, other = seen.setdefault((event.source, event.id), (number, digest))
    if other != digest:
        problem = f"is that of line {line}, with other content"
        return made.refuse("id", problem, "give each event an id of its own")
    made.message, made.data = message, event.data
    return made
