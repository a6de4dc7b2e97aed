"""`outagectl send`: events from a file or a pipe, every one checked before any is sent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from outagectl.broker import LARGEST_BYTES, send_all, size_of
from outagectl.errors import Away, NotFound, Refused
from outagectl.known_lines import lines_of, strange_lines, warning
from outagectl.options import Data, Json
from outagectl.say import as_json, console, count
from outagectl.where import Where, find
from schemas import customers, dispatch
from schemas.canonical import fingerprint
from schemas.cloudevent import ContractError, KafkaMessage, parse_structured, to_kafka
from services.kernel.warp import clock_from

# What outsiders may say. The other topics are the services' own word.
OPEN_TOPICS = frozenset({dispatch.TOPIC, customers.TOPIC})


@dataclass(slots=True)
class Checked:
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

    def refuse(self, field: str, problem: str, remedy: str) -> Checked:
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


def send(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="CloudEvents, one JSON object a line or one array.")],
    *,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Send the good ones although others are bad.")] = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Send events to the topics they belong on. All are checked first; if one is bad, none is sent.

    Sending the same file again is harmless: every event is taken once, by its source and id.
    """
    where = find(data)
    events = check(_read(file))
    good = [one for one in events if one.message is not None]
    bad = len(events) - len(good)
    trouble: Away | None = None
    if good and (not bad or skip_bad):
        messages = [one.message for one in good if one.message is not None]
        try:
            sent = asyncio.run(send_all(where, messages, clock_from(where.clock_file)))
        except Away as error:
            sent, trouble = 0, error
        for one in good[:sent]:
            one.sent = True
        if sent < len(good) and trouble is None:
            trouble = Away(f"Kafka took {sent} of {len(good)}: send the file again, what it has it will not take twice")
    asyncio.run(_look(where, good))
    _tell(events, json=json)
    if trouble is not None:
        raise trouble
    if bad and not (skip_bad and good):
        way = ", or --skip-bad" if good else ""  # which was given already, or there is nothing good to send
        raise Refused(f"{count(bad, 'event')} of {len(events)} cannot be sent, so none was: mend them{way}")
    if not events:
        raise Refused(f"{file} holds no event: write one CloudEvent as a JSON object on each line")


async def _look(where: Where, sent: Sequence[Checked]) -> None:
    """Warn of lines that nobody knows. Asked after sending: what was seen must not wait for it."""
    strange = await strange_lines(where, (line for one in sent for line in lines_of(one.data)))
    for one in sent:
        one.warning = warning(one.data, strange)


def _read(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}: give a path, or - for standard input") from None
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from None


def check(raw: bytes) -> list[Checked]:
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


def _checked(number: int, item: bytes, seen: dict[tuple[str, str], tuple[int, bytes]]) -> Checked:
    made = Checked(number)
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


def _tell(events: Sequence[Checked], *, json: bool) -> None:
    sent = sum(one.sent for one in events)
    if json:
        refused = sum(one.message is None for one in events)
        as_json({"sent": sent, "refused": refused, "events": [one.as_json() for one in events]})
        return
    out = console()
    for one in events:
        if one.message is None:
            out.print(f"[red]✗[/] line {one.number}  {escape(one.name)}  {escape(one.type or '?')}")
            out.print(f"    {escape(str(one.field))}: {escape(str(one.problem))}; {escape(str(one.remedy))}")
        else:
            mark = "[green]✓[/]" if one.sent else "[yellow]·[/] (not sent)"
            where = f"{one.message.topic}, key {one.message.key.decode()}"
            out.print(f"{mark} line {one.number}  {escape(one.name)}  {escape(str(one.type))}  [dim]{escape(where)}[/]")
            if one.warning is not None:
                out.print(f"    [yellow]?[/] {escape(one.warning)}", soft_wrap=True)
    out.print(f"{count(sent, 'event')} sent, {len(events) - sent} not.")
