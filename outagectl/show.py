"""`outagectl show`: the whole history of one outage, customer or text, with reasons and proofs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import asyncpg
import typer

from outagectl import history
from outagectl.database import Connection, connect, present
from outagectl.errors import Away, NotFound
from outagectl.history import History
from outagectl.options import Data, Json, Utc
from outagectl.say import as_json, console, times
from outagectl.services import NAMES
from outagectl.show_text import print_history, promises_of
from outagectl.where import Where, find

Proof = Annotated[bool, typer.Option("--proof", help="Add version, event id, position and chain hash to each event.")]
Teller = Callable[[Connection, Sequence[str], str], Awaitable[History]]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tell the whole history of one thing.")


@app.command()
def outage(
    mrid: Annotated[str, typer.Argument(metavar="MRID")],
    *,
    proof: Proof = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """What was said, decided and promised about an outage, and the texts about it."""
    _show(history.outage, mrid, find(data), proof=proof, json=json, utc=utc)


@app.command()
def customer(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER")],
    *,
    proof: Proof = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """What a key customer was told, and why."""
    _show(history.customer, customer_id, find(data), proof=proof, json=json, utc=utc)


@app.command()
def message(
    message_id: Annotated[str, typer.Argument(metavar="MESSAGE")],
    *,
    proof: Proof = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """How one text fared, by our id or the provider's."""
    _show(history.message, message_id, find(data), proof=proof, json=json, utc=utc)


def _show(teller: Teller, name: str, where: Where, *, proof: bool, json: bool, utc: bool) -> None:
    found = asyncio.run(_read(teller, name, where))
    if not found.found:
        raise NotFound(
            f"no {found.kind} {name} is known: check the id; what was just sent may still wait in Kafka: "
            "outagectl offsets show"
        )
    if json:
        as_json(history_json(found, proof=proof))
    else:
        print_history(console(), found, times(where, utc=utc), proof=proof)


async def _read(teller: Teller, name: str, where: Where) -> History:
    async with connect(where) as connection:
        services = await present(connection, NAMES)
        # One moment for all three logs, or a decision could stand before its cause.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            try:
                return await teller(connection, services, name)
            except asyncpg.UndefinedTableError as error:
                raise Away(f"the database lacks a table ({error}): outagectl migrate") from None


def history_json(found: History, *, proof: bool) -> dict[str, Any]:
    """A history as programs read it; every event stands, whoever recorded it."""
    return {
        "kind": found.kind,
        "id": found.id,
        "streams": found.streams,
        "promises": promises_of(found),
        "messages": found.texts,
        "quarantine": found.quarantined,
        "history": [
            {
                "at": entry.at,
                "service": entry.service,
                "stream": entry.stream_id,
                "type": entry.type,
                "reason": entry.reason,
                "cause": entry.cause,
                "data": entry.data,
                **(
                    {
                        "version": entry.version,
                        "eventId": entry.event_id,
                        "position": entry.position,
                        "chain": entry.chain,
                    }
                    if proof
                    else {}
                ),
            }
            for entry in found.in_order()
        ],
    }
