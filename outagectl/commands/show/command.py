"""`outagectl show`: the whole history of one outage, customer, text or operator's request, with reasons and proofs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, NamedTuple

import asyncpg
import typer

from operations.errors import Away, Misused, NotFound
from operations.history import history
from operations.history.as_of import LogLimit, cut, until
from operations.history.history import History
from operations.system.database import Connection, connect, present
from operations.system.instants import clock_of
from operations.system.location import Where, find
from operations.system.services import NAMES
from outagectl.commands.show.as_of_text import at_json, not_yet, print_at
from outagectl.commands.show.hotline import hotline
from outagectl.commands.show.operator import operator
from outagectl.commands.show.proof_text import proof_json
from outagectl.commands.show.story import print_story
from outagectl.commands.show.text import print_history, promises_of
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, times

At = Annotated[
    str | None,
    typer.Option("--at", metavar="T", help="As it stood then: 2026-03-05T02:30 (utility's zone), or with an offset."),
]
By = Annotated[
    str,
    typer.Option("--by", help="With --at: known (what we knew by then) or event-time (what is said to have happened)."),
]
Position = Annotated[
    int | None, typer.Option("--position", metavar="N", min=1, help="As it stood at a position of --service's log.")
]
Proof = Annotated[bool, typer.Option("--proof", help="Add version, event id, position and chain hash to each event.")]
Teller = Callable[[Connection, Sequence[str], str], Awaitable[History]]

TABLES = ("event", "stream", "live", "quarantine", "notification", "attempt", "task", "task_cause", "standing_cause")
app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tell the whole history of one thing.")
app.command()(operator)
app.command()(hotline)


@app.command()
def outage(
    mrid: Annotated[str, typer.Argument(metavar="MRID")],
    *,
    at: At = None,
    by: By = "known",
    position: Position = None,
    service: Service = None,
    story: Annotated[
        bool, typer.Option("--story", help="Only what happened, line by line, for people: no ids, no rules, no proofs.")
    ] = False,
    proof: Proof = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """What was said, decided and promised about an outage, and the texts about it."""
    if story and (proof or json):
        raise Misused("--story is for reading: leave --proof and --json out")
    request = ShowRequest(at, by, position, service)
    _show(history.outage, mrid, find(data), request, proof=proof, json=json, utc=utc, story=story)


@app.command()
def complaint(
    complaint_id: Annotated[str, typer.Argument(metavar="ID", help="The complaint's id in the complaint system.")],
    *,
    at: At = None,
    by: By = "known",
    position: Position = None,
    service: Service = None,
    proof: Proof = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """When a complaint or report came, by when it is to be answered, and whether it was."""
    request = ShowRequest(at, by, position, service)
    _show(history.complaint, complaint_id.strip(), find(data), request, proof=proof, json=json, utc=utc)


@app.command()
def enquiry(
    enquiry_id: Annotated[str, typer.Argument(metavar="ID", help="The enquiry's id in the call centre's system.")],
    *,
    at: At = None,
    by: By = "known",
    position: Position = None,
    service: Service = None,
    proof: Proof = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """When a customer asked why power is off, and when that was explained."""
    request = ShowRequest(at, by, position, service)
    _show(history.enquiry, enquiry_id.strip(), find(data), request, proof=proof, json=json, utc=utc)


@app.command()
def customer(
    customer_id: Annotated[str, typer.Argument(metavar="CUSTOMER")],
    *,
    at: At = None,
    by: By = "known",
    position: Position = None,
    service: Service = None,
    proof: Proof = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """What a key customer was told, and why."""
    _show(
        history.customer,
        customer_id,
        find(data),
        ShowRequest(at, by, position, service),
        proof=proof,
        json=json,
        utc=utc,
    )


@app.command()
def message(
    message_id: Annotated[
        str, typer.Argument(metavar="ID|CODE", help="Our id, the provider's, or the code in the text.")
    ],
    *,
    at: At = None,
    by: By = "known",
    position: Position = None,
    service: Service = None,
    proof: Proof = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Prove a text: why this customer, by which fact and rule, every attempt, what it replaced; by a code all that bear it."""
    _show(
        history.message, message_id, find(data), ShowRequest(at, by, position, service), proof=proof, json=json, utc=utc
    )


class ShowRequest(NamedTuple):
    """The instant asked for, as it was typed."""

    at: str | None
    by: str
    position: int | None
    service: str | None


def _show(
    teller: Teller,
    name: str,
    where: Where,
    asked: ShowRequest,
    *,
    proof: bool,
    json: bool,
    utc: bool,
    story: bool = False,
) -> None:
    found, end = asyncio.run(_read(teller, name, where, asked))
    if not found.found:
        raise NotFound(
            f"no {found.kind} {name} is known: check the id; what was just sent may still wait in Kafka: "
            "outagectl offsets show"
        )
    t = times(where, utc=utc)
    if end is not None:
        now, found = found, cut(found, end, where)
        if not found.entries:
            raise NotFound(not_yet(now, end, t))
    if json:
        as_json(history_json(found, proof=proof) | (at_json(found, end) if end else {}))
        return
    if story:
        print_story(console(), found, t)
        return
    if end is not None:
        print_at(console(), found, end, t)
    print_history(console(), found, t, proof=proof, past=end is not None)


async def _read(teller: Teller, name: str, where: Where, asked: ShowRequest) -> tuple[History, LogLimit | None]:
    async with connect(where) as connection:
        services = await present(connection, NAMES, TABLES)
        # One moment for all three logs, or a decision could stand before its cause.
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            try:
                end = await until(
                    connection, where, at=asked.at, position=asked.position, service=asked.service, by=asked.by
                )
                found = await teller(connection, services, name)
                if end is None:
                    await history.add_tasks(connection, services, found, clock_of(where).now())
            except asyncpg.UndefinedTableError as error:
                raise Away(f"the database lacks a table ({error}): outagectl migrate") from None
    return found, end


def history_json(found: History, *, proof: bool) -> dict[str, Any]:
    """A history as programs read it; every event stands, whoever recorded it."""
    return {
        "kind": found.kind,
        "id": found.id,
        "streams": found.streams,
        "promises": promises_of(found),
        "messages": found.texts,
        "proofs": [proof_json(one) for one in found.proofs],
        "tasks": found.tasks,
        **({"complaints": found.complaints} if found.complaints else {}),
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
