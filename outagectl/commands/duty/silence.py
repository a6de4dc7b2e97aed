"""`outagectl silence`: whose power is off and who has heard nothing for longer than the policy allows, since when, and why."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Final

import msgspec
import typer
from rich.markup import escape

from operations.silence import Silences, SilentOne, silences
from operations.system.instants import clock_of
from operations.system.location import find
from operations.times import count, span
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, table, times
from outagectl.words.vocabulary import where_read

STATES: Final = {"forgotten": "FORGOTTEN", "held": "held", "nothing-to-say": "nothing to say"}
REASONS: Final = {
    "never-asked": "no text was ever asked for",
    "not-asked-since": "no text was asked for since the last one",
    "text-waits": "a text waits",
    "waits-for-its-time": "a text lies ready for its time",
    "as-noticed": "told beforehand; it lasts as noticed",
    "one-supply-is-left": "knows, and has power by another supply",
    "perhaps-restored": "a list lacks the outage; perhaps over",
    "first-word-promised": "the first word is promised, and not due yet",
    "next-word-promised": "the next word is promised, and not due yet",
    "restored-word-promised": "the word that power is back is promised, and not due yet",
    "first-word-late": "the first word is late",
    "next-word-late": "the next word is late",
    "restored-word-late": "the word that power is back is late",
}


NOTICES: Final = {
    "notice-not-shown": "is shown by nobody",
    "notice-shown-otherwise": "is shown in other words than it has",
    "notice-not-readable": "could not be read for too long",
}


def silence(
    *,
    all_: Annotated[bool, typer.Option("--all", help="Also those to whom there is nothing to say.")] = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """List customers without power who have heard nothing, the forgotten first: call them.

    Forgotten: nobody asked for a text. Held: something keeps it. Nothing to say: the next word is promised for later, or they
    were told beforehand. How long somebody may hear nothing is the policy's to say ([settings.silence]).
    """
    where = find(data)
    found, seen = asyncio.run(silences(where))
    if json:
        as_json(msgspec.to_builtins(found, builtin_types=(datetime,)))
        seen.demand()
        return
    out, t, now = console(), times(where, utc=utc), clock_of(where).now()
    shown = [one for one in found.customers if all_ or one.state != "nothing-to-say"]
    if found.looked_at is None:
        out.print("The watch over silence has not looked yet: no customer has been without power for so long.")
    elif not shown:
        out.print(f"Nobody is forgotten and nothing is held (looked at {t.at(found.looked_at)}).")
    else:
        cells = [
            (
                STATES[one.state],
                span(now - one.since),
                one.customer_id,
                one.rank,
                t.at(one.since),
                ", ".join(one.mrids),
                why(one),
            )
            for one in shown
        ]
        out.print(table(None, ("", "for", "customer", "rank", "nothing since", "outage", "why"), cells))
    quiet = sum(one.state == "nothing-to-say" for one in found.customers)
    if quiet and not all_:
        out.print(f"[dim]{count(quiet, 'customer')} more to whom there is nothing to say: --all.[/]")
    out.print(f"[dim]{escape(public(found))}[/]")
    for notice in found.notices:
        what = NOTICES.get(notice.kind, notice.kind)
        out.print(f"  [yellow]{escape(notice.notice_id)}[/] {what}, since {t.at(notice.since)} ({notice.reason})")
    if shown:
        out.print(
            f"[dim]{t.note} Looked at {t.at(found.looked_at)}. Next: outagectl explain CUSTOMER, call, outagectl confirm.[/]"
        )
    seen.demand()


def public(found: Silences) -> str:
    """What is known of what the public hears."""
    if found.public == "not-known":
        return "The public: what it can read is the planner's to say, whose tables are not to be read here."
    if found.public == "no-board":
        return "The public: counts as told when a notice is published; no board says that it can be read."
    where = " or ".join(map(where_read, found.counted_by))
    if not found.notices:
        return f"The public: can read every notice in force {where}, as far as is known."
    return f"The public: {count(len(found.notices), 'notice')} not to be read as it should be {where}."


def why(one: SilentOne) -> str:
    """The reason in words, and what keeps a text that waits."""
    said = REASONS.get(one.reason, one.reason)
    return f"{said}: {one.keeps}" if one.keeps else said
