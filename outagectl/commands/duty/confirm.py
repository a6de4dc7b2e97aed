"""`outagectl confirm`: put on record that a customer knows, because somebody spoke with them."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import typer
from rich.markup import escape

from operations.registry.confirming import confirm_customer
from operations.system.location import find
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console

How = Literal["call", "portal"]


def confirm(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    *,
    how: Annotated[How, typer.Option("--how", help="By a telephone call, or on the customers' portal.")] = "call",
    by: Annotated[
        str | None, typer.Option("--by", help="Who spoke with them, e.g. the account manager; you, if left out.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", help="Which of their contacts it was, by id; the first, if left out.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="Anything worth knowing; goes on record with your name.")] = "",
    json: Json = False,
    data: Data = None,
) -> None:
    """Record that a customer knows how things stand: whatever waited for their answer waits no longer."""
    where = find(data)
    answer = asyncio.run(confirm_customer(where, customer, how=how, by=by, contact=contact, note=note))
    if json:
        as_json({"customerId": customer, "reason": answer.reason, **answer.result})
        return
    said = "has confirmed that before" if answer.reason == "confirmed-before" else f"knows, by {how}"
    console().print(f"[green]✓[/] {escape(customer)} {said}. Recorded for {escape(str(answer.result['by']))}.")
