"""`outagectl reply`: what customers answered, what it was taken for, and who wants no texts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from rich.markup import escape

from operations.system.location import find
from operations.texts.replies import ReplyShown, latest_replies, stopped_contacts
from operations.times import Times, count
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times
from services.places import escaped

MEANINGS: Final = {
    "stop": "wants no texts",
    "start": "wants texts again",
    "help": "asks for help",
    "says-off": "says that power is off",
    "says-on": "says that power is back",
    "asks": "asks how it stands",
    "confirms": "confirms",
    "other": "says something else",
}
NAMED: Final = 3
Limit = Annotated[int, typer.Option(min=1, help="At most so many.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What customers answered to our texts.")


@app.command("list")
def list_(
    customer: Annotated[
        str | None, typer.Argument(metavar="CUSTOMER", help="Only what came from this customer, by id.")
    ] = None,
    *,
    unread: Annotated[bool, typer.Option("--unread", help="Only what waits for a person.")] = False,
    limit: Limit = 50,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """List texts that came in, the latest first: whose they are, what they were taken for, and what a person must read."""
    where = find(data)
    found = asyncio.run(latest_replies(where, customer, unread=unread, limit=limit))
    if json:
        as_json(found)
        return
    t = times(where, utc=utc)
    print_replies(found, t)
    waiting = sum(one.waits for one in found)
    said = f", {waiting} to be read" if waiting else ""
    console().print(f"\n{count(len(found), 'text')}{said}. [dim]{t.note} Next: outagectl task list[/]")


@app.command()
def stopped(*, limit: Limit = 500, json: Json = False, utc: Utc = False, data: Data = None) -> None:
    """List contacts that answered STOP: nothing is sent to them; what they are owed goes another way (outagectl task list)."""
    where = find(data)
    found = asyncio.run(stopped_contacts(where, limit))
    if json:
        as_json(found)
        return
    out, t = console(), times(where, utc=utc)
    for one in found:
        out.print(f"{escape(one.customer_id)}  {escape(one.contact_id)}  since {t.text(one.since)}")
    out.print(f"{count(len(found), 'contact')} without texts. [dim]{t.note} They end it by answering START.[/]")


def print_replies(found: Sequence[ReplyShown], t: Times) -> None:
    """A text that came in, in two lines."""
    out = console()
    for one in found:
        more = len(one.customers) - NAMED
        whose = ", ".join(one.customers[:NAMED]) + (f" and {more} more" if more > 0 else "")
        code = f", code {one.code}" if one.code else ""
        meaning = f"{MEANINGS.get(one.meaning, one.meaning)}{code}"
        head = f"{t.text(one.received_at)}  [bold]{escape(whose) or 'nobody whom we know'}[/]  {meaning}"
        wait = f"  [red]to be read: {escape(', '.join(one.to_read))}[/]" if one.waits else ""
        source = f"[dim]({escape(one.reason)}; {escape(one.provider)} {escape(one.reply_id)})[/]"
        out.print(f"{head} {source}{wait}", soft_wrap=True)
        # What a stranger typed moves no cursor and turns no direction here.
        said = escape("\n   ".join(escaped(line) for line in one.body.splitlines()))
        out.print(f"  “{said}”" if one.body else "  (no words: perhaps a picture)", soft_wrap=True)
