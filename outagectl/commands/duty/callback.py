"""`outagectl callback`: put on record what a key customer said when somebody called after a repair (a reporter: `followup`)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import typer
from rich.markup import escape

from operations.system.location import find
from operations.texts.replies import record_callback
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console

ASKED = {
    "customer-says-on": "power is back",
    "customer-says-off": "power is off; dispatch is asked",
}


def callback(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    *,
    power: Annotated[Literal["back", "off"], typer.Option("--power", help="What they say: is it back?")],
    by: Annotated[str | None, typer.Option("--by", help="Who called; you, if left out.")] = None,
    opinion: Annotated[
        str | None, typer.Option("--opinion", help="What they say of the repair; phone numbers are taken out.")
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Record a call to a key customer after a repair: is power back, what do they say. If it is off, dispatch is asked at once.

    By customer id (task call-back). Who reported a fault is called back by report id: outagectl followup.
    """
    where = find(data)
    answer = asyncio.run(record_callback(where, customer, power, by=by, opinion=opinion))
    if json:
        as_json({"customerId": customer, "reason": answer.reason, **answer.result})
        return
    by_whom = escape(str(answer.result["by"]))
    console().print(f"[green]✓[/] {escape(customer)} says: {ASKED[answer.reason]}. Recorded for {by_whom}.")
