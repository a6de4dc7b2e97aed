"""`outagectl vault`: numbers of a customer, shown on record; the key of all, changed while texts go on (docs/operations.md)."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.markup import escape

from operations.registry.numbers import confirm_numbers, show_numbers
from operations.registry.wrapping import Wrapped, forget_shut, wrap_anew, wrapped
from operations.system.location import find
from operations.times import count
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times

NAMED = 20
app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Phone numbers: look at one, on record; confirm it; their key."
)


Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")]


@app.command("show")
def show(
    customer: Customer,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why you must see it. It goes on record with your name.")],
    contact: Annotated[str | None, typer.Option("--contact", help="Only this contact's.")] = None,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Show the phone numbers of a customer, so that you can call. Who looked, when and why is put on record first."""
    where = find(data)
    shown = asyncio.run(show_numbers(where, customer, contact, reason=reason))
    if json:
        numbers = [{"contactId": one.contact_id, "number": one.number, "since": one.put_at} for one in shown.numbers]
        as_json({"customerId": customer, "requestId": str(shown.request_id), "numbers": numbers})
        return
    t, out = times(where, utc=utc), console()
    for one in shown.numbers:
        out.print(f"{escape(one.contact_id)}  [bold]{escape(one.number)}[/]  [dim]since {t.at(one.put_at)}[/]")
    out.print(f"[dim]On record: outagectl show operator {str(shown.request_id)[:8]}. {t.note}[/]", soft_wrap=True)


@app.command("confirm")
def confirm_right(
    customer: Customer,
    *,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who asked the customer.")],
    contact: Annotated[
        list[str] | None, typer.Option("--contact", help="Only this contact's; may be given often.")
    ] = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Record that the customer was asked, and that the numbers are still theirs: the work `number-old` ends with that."""
    confirmed = asyncio.run(confirm_numbers(find(data), customer, contact or [], by=by))
    if json:
        as_json({"customerId": customer, "contactIds": list(confirmed)})
        return
    console().print(f"Confirmed: {escape(', '.join(confirmed))}", soft_wrap=True)


@app.command("status")
def status(*, json: Json = False, data: Data = None) -> None:
    """Say how many customers' keys are wrapped by which key. Exit code 1 where some open with none."""
    _tell(asyncio.run(wrapped(find(data))), json=json)


@app.command("rotate")
def rotate(*, json: Json = False, data: Data = None) -> None:
    """Wrap all customers' keys by OUTAGE_VAULT_KEY. Every notifier must have that key by now, and the old one beside it.

    Numbers are not touched, and texts go on. Killed anywhere, run it again.
    """
    _tell(asyncio.run(wrap_anew(find(data))), json=json)


@app.command("forget-shut")
def forget(
    number: Annotated[int, typer.Option("--count", min=1, help="How many there are, as `vault status` says.")],
    *,
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """After the loss of a key: forget what it alone opened, so that a contact file can bring those numbers in anew."""
    where = find(data)
    confirm(f"the numbers of {count(number, 'customer')}, which no key opens, are forgotten", yes=yes)
    gone = asyncio.run(forget_shut(where, number))
    if json:
        as_json({"forgotten": gone})
        return
    out = console()
    out.print(f"The numbers of {count(len(gone), 'customer')} are forgotten: {_names(gone)}", soft_wrap=True)
    out.print("Bring them in anew: outagectl import contacts FILE.csv")


def _tell(found: Wrapped, *, json: bool) -> None:
    if json:
        as_json(
            {
                "customers": found.customers,
                "current": found.current,
                "other": found.other,
                "moved": found.moved,
                "shut": found.shut,
            }
        )
    else:
        out = console()
        if found.moved:
            out.print(f"{count(found.moved, 'key')} wrapped anew.")
        out.print(
            f"{count(found.customers, 'customer')} with numbers: {found.current:,} by OUTAGE_VAULT_KEY, "
            f"{found.other:,} by another key given, {len(found.shut):,} by none that is given here."
        )
        if found.shut:
            out.print(f"[red]These open with no key given: {_names(found.shut)}[/]", soft_wrap=True)
            out.print("Look for the key of their time (docs/operations.md, The vault's key).")
        elif found.other:
            out.print("Keep the other key until `outagectl vault rotate` has wrapped these too.")
        else:
            out.print("No other key is needed.")
    if found.shut:
        raise typer.Exit(1)


def _names(customers: list[str]) -> str:
    more = f" and {len(customers) - NAMED:,} more" if len(customers) > NAMED else ""
    return escape(", ".join(customers[:NAMED]) + more)
