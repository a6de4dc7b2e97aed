"""`outagectl phones`: what every simulated handset received, and when."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.text import Text

from operations.errors import Misused, NotFound
from operations.system.location import find
from operations.times import count
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times
from services.places import escaped

if TYPE_CHECKING:
    from devstack.twilio.kept.phones import Received


def phones(
    number: Annotated[str | None, typer.Argument(help="Only this handset, in E.164.")] = None,
    *,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Show what every simulated handset received, oldest first. Only where the Twilio simulator runs."""
    where = find(data)
    folder = where.need_twilio_folder()
    try:
        from devstack.twilio.kept.phones import read_handsets  # noqa: PLC0415 - not installed in production
    except ModuleNotFoundError:
        raise Misused(
            "the Twilio simulator is not part of this installation: pip install 'outage-notice[devstack]'"
        ) from None
    handsets = by_handset(read_handsets(folder))
    if number is not None:
        if number not in handsets:
            raise NotFound(f"the handset {number} received nothing")
        handsets = {number: handsets[number]}
    if json:
        as_json([{"number": name, "texts": [_row(text) for text in texts]} for name, texts in handsets.items()])
        return
    t = times(where, utc=utc)
    out = console()
    for name, texts in handsets.items():
        out.print(f"\n[bold]{escape(name)}[/]  [dim]{count(len(texts), 'text')}[/]")
        for text in texts:
            out.print(f"  [cyan]{t.at(text.at)}[/]  [dim]from {escape(text.sender)}, {escape(text.sid)}[/]")
            out.print(Padding(Text("\n".join(map(escaped, text.body.split("\n")))), (0, 0, 0, 4)))
    total = sum(len(texts) for texts in handsets.values())
    out.print(f"\n{count(len(handsets), 'handset')}, {count(total, 'text')}. [dim]{t.note}[/]")


def by_handset(received: Iterable[Received]) -> dict[str, list[Received]]:
    """Texts by number, numbers in order, oldest first."""
    found: dict[str, list[Received]] = {}
    for text in received:
        found.setdefault(text.to, []).append(text)
    return dict(sorted(found.items()))


def _row(text: Received) -> dict[str, object]:
    return {
        "at": text.at,
        "from": text.sender,
        "body": text.body,
        "providerSid": text.sid,
        "messageId": text.message_id,
        "attempt": text.attempt,
    }
