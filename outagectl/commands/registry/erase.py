"""`outagectl erase`: forget a customer for good. What that does and does not: docs/privacy.md."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.markup import escape

from operations.errors import Misused
from operations.registry.erasing import erase_again, erase_one
from operations.system.location import find
from operations.times import count
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console
from schemas.contracts.customers import TOPIC
from services.kernel.observing.masking import mask
from services.kernel.warp import clock_from
from services.notifier.registry.topic import PRUNED

LONGEST_REASON = 500


def erase(
    customer: Annotated[str | None, typer.Argument(metavar="CUSTOMER", help="The customer's id.")] = None,
    *,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why, without personal data; goes on record and on the topic.")
    ] = None,
    reapply: Annotated[
        bool, typer.Option("--reapply", help="After a restore: erase again whoever outage.customers says was erased.")
    ] = False,
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Forget a customer: destroy their key and numbers, take them out of the registry, tell everybody. No way back."""
    where = find(data)
    clock = clock_from(where.clock_file)
    if reapply:
        if customer is not None or reason is not None:
            raise Misused("--reapply takes neither CUSTOMER nor --reason: the topic says whom and why")
        confirm("whoever outage.customers says was erased is erased here again", yes=yes)
        _tell_again(asyncio.run(erase_again(where, clock)), json=json)
        return
    if customer is None:
        raise Misused("name the CUSTOMER to erase, or give --reapply")
    written = mask((reason or "").strip())
    if not written or len(written) > LONGEST_REASON or written == PRUNED:
        raise Misused(f"give the --reason, 1 to {LONGEST_REASON} characters, in your own words")
    confirm(f"{customer} is forgotten for good: key and numbers are destroyed, texts to them end", yes=yes)
    done = asyncio.run(erase_one(where, clock, customer, written))
    if json:
        as_json(
            {
                "customerId": customer,
                "erasedAt": done.erased_at,
                "again": done.again,
                "sent": done.sent,
                "requestId": str(done.request_id),
            }
        )
        return
    name = escape(customer)
    if done.again:
        console().print(f"{name} was erased before; nothing of them was left.")
    else:
        console().print(f"{name} is erased: key and numbers destroyed, out of the registry, told on {TOPIC}.")
    console().print(f"[dim]On record: outagectl show operator {done.request_id}[/]", soft_wrap=True)


def _tell_again(found: list[str], *, json: bool) -> None:
    if json:
        as_json({"erasedAgain": found})
        return
    out = console()
    for name in found:
        out.print(f"{escape(name)} was still here and is erased again.")
    out.print(f"{count(len(found), 'customer')} erased again; the others whom {TOPIC} names as erased were gone.")
