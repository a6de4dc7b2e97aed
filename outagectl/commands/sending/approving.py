"""`outagectl sending approve|refuse`: a send to more people than the policy says waits until somebody has looked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from operations.errors import Misused
from operations.sending.approving import decide, sends
from operations.system.asking import who
from operations.system.location import Where, find
from operations.times import Times, count, span
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console

Send = Annotated[str, typer.Argument(metavar="ID", help="The send (S-…), or its outage.")]
Why = Annotated[str | None, typer.Option("--reason", help="Why; it goes on record with your name (required).")]


def approve(send: Send, *, reason: Why = None, json: Json = False, data: Data = None) -> None:
    """Let the texts of a large send go: those that are still of use, by lane, at the sender's pace."""
    _decided(send, reason, json=json, where=find(data), let=True)


def refuse(send: Send, *, reason: Why = None, json: Json = False, data: Data = None) -> None:
    """Have the texts of a large send not go: they lapse, and nobody is called for them. Approve it to take that back."""
    _decided(send, reason, json=json, where=find(data), let=False)


def _decided(send: str, reason: str | None, *, json: bool, where: Where, let: bool) -> None:
    verb = "approve" if let else "refuse"
    if not reason or not reason.strip():
        raise Misused(f'say why: outagectl sending {verb} ID --reason "…" (it goes on record with your name)')
    person = who()
    became, of = asyncio.run(decide(where, send, reason.strip(), approve=let))
    if json:
        as_json({"became": became, **of})
        return
    out, what = console(), f"{of['send']} ({of['mRID']}, {count(of['people'], 'customer')})"
    if became.endswith("-already"):
        out.print(f"{what} was {'approved' if let else 'refused'} before.", markup=False)
    elif let:
        out.print(f"{what} is approved: its texts go now, most urgent first.", markup=False)
    else:
        out.print(
            f"{what} is refused: its texts lapse. If the outage is not so, have dispatch withdraw it.", markup=False
        )
    out.print(f"Recorded for {person}.", markup=False)


def say_sends(where: Where, now: datetime, t: Times) -> None:
    """For `sending status`: what waits for a person."""
    for row in asyncio.run(sends(where)):
        line, style = _line(row, now, t)
        console().print(line, markup=False, style=style)


def _line(row: Mapping[str, Any], now: datetime, t: Times) -> tuple[str, str]:
    what = f"{row['send_id']}: outage {row['mrid']}, {count(row['people'], 'customer')}"
    texts = count(row["texts"], "text")
    if row["state"] == "refused":
        return f"{what}: refused by {row['decided_by']}: {row['reason']}. {texts} lapse.", "bold"
    until = f"; the first is of use until {t.at(row['next_expiry'])}" if row["next_expiry"] else ""
    return (
        f"{what}: WAITS for approval for {span(now - row['asked_at'])}, {texts}{until}. "
        f"outagectl sending approve {row['send_id']} --reason … (or refuse)"
    ), "bold red"
