"""`outagectl send`: events from a file or a pipe, every one checked before any is sent."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from operations.duty.events import CheckedEvent, check
from operations.errors import Away, NotFound, Refused
from operations.plans.known_lines import lines_of, strange_lines, warning
from operations.system.broker import send_all
from operations.system.location import Where, find
from operations.times import count
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console
from services.kernel.warp import clock_from


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


async def _look(where: Where, sent: Sequence[CheckedEvent]) -> None:
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


def _tell(events: Sequence[CheckedEvent], *, json: bool) -> None:
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
