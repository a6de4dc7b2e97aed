"""`outagectl quarantine`: see what could not be judged, have it judged again, or give it up, always on record."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn

from operations.duty.quarantine import (
    QuarantinedRecord,
    RetriedTypes,
    everywhere_set_aside,
    retry_understood,
    set_aside,
)
from operations.errors import Refused
from operations.system.asking import OperatorAnswer, ask, who
from operations.system.database import Row
from operations.system.location import Where, find
from operations.system.services import chosen
from operations.times import Times, count
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, table, times
from services.kernel.operators.shared_actions import DROP, RETRY, OneQuarantined

Id = Annotated[str, typer.Argument(metavar="ID", help="Its id, or as much of its beginning as names only one.")]

app = typer.Typer(no_args_is_help=True, add_completion=False, help="What could not be understood or judged.")


@app.command("list")
def list_(
    *,
    service: Service = None,
    everything: Annotated[bool, typer.Option("--all", help="Also what was retried or dropped.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many per service.")] = 200,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """List what waits for a person, oldest first, over all services."""
    where = find(data)
    rows, seen = asyncio.run(set_aside(where, chosen(service), only_open=not everything, limit=limit))
    if json:
        as_json([_brief(name, row) for name, row in rows])
    elif rows:
        _print_list(rows, times(where, utc=utc))
    elif seen.services:
        scope = f" in {', '.join(seen.services)}" if seen.hidden else ""
        console().print(f"Nothing waits{scope}." if not everything else f"Nothing was ever set aside{scope}.")
    seen.demand()


def _print_list(rows: Sequence[tuple[str, Row]], t: Times) -> None:
    out = console()
    columns = ("id", "since", "service", "reason", "message", "stream", "state")
    cells = [
        (str(r["quarantine_id"]), t.at(r["at"]), name, r["reason"], _named(r), r["stream_id"], r["state"])
        for name, r in rows
    ]
    out.print(table(None, columns, cells))
    out.print(f"\n{count(len(rows), 'message')}. [dim]{t.note} Next: outagectl quarantine show ID[/]")


@app.command()
def show(qid: Id, *, service: Service = None, json: Json = False, utc: Utc = False, data: Data = None) -> None:
    """Show one: why it is here, what it says, and what waits behind it."""
    where = find(data)
    found = asyncio.run(everywhere_set_aside(where, qid, service))
    if json:
        name, row, behind = found[0]
        as_json(
            {
                **_brief(name, row),
                "headers": msgspec.json.decode(row["headers"]),
                "body": _body(row),
                "waitingBehind": [str(one["quarantine_id"]) for one in behind],
                "alsoSetAsideBy": [one.service for one in found[1:]],
            }
        )
        return
    for one in found:
        _print_one(*one, times(where, utc=utc))
    if len(found) > 1:
        console().print(f"[dim]One record, set aside by {len(found)} services: retry and drop are for all of them.[/]")


@app.command()
def retry(
    qid: Id,
    *,
    reason: Annotated[str, typer.Option("--reason", help="What was mended; goes on record with your name.")] = "",
    service: Service = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Judge one again, and in order what waits behind it, in every service that set it aside. For after the fault was mended."""
    where = find(data)
    found = asyncio.run(everywhere_set_aside(where, qid, service))
    _act_everywhere(where, found, RETRY, reason, "judged again", json=json)


@app.command("retry-understood")
def retry_understood_(
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="The version that knows them; goes on record with your name.")
    ] = "",
    service: Service = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Judge what a version before had set aside because it did not know its type. For after an upgrade."""
    where = find(data)
    columns = (TextColumn("judged"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=json) as bars:
        bar = bars.add_task("judged", total=None)

        def draw(number: int, of: int) -> None:
            bars.update(bar, completed=number, total=of)

        done = asyncio.run(retry_understood(where, chosen(service), reason=reason.strip(), on_progress=draw))
    _tell_understood(done, json=json)
    if done.left:
        raise Refused(
            f"{count(len(done.left), 'message')} could still not be judged: outagectl quarantine show ID says what went wrong"
        )


def _tell_understood(done: RetriedTypes, *, json: bool) -> None:
    if json:
        judged = [{"service": name, "type": type_, "count": number} for (name, type_), number in done.judged.items()]
        left = [
            {"quarantineId": str(row["quarantine_id"]), "service": name, "type": row["type"], "reason": why}
            for name, row, why in done.left
        ]
        as_json({"judged": judged, "stillOpen": left, "more": done.more})
        return
    out = console()
    for (name, type_), number in sorted(done.judged.items()):
        out.print(f"[green]✓[/] {name:<9} {escape(type_)}  {number}")
    for name, row, why in done.left:
        out.print(f"[red]✗[/] {name:<9} {escape(_named(row))}  {row['quarantine_id']}: {escape(why)}")
    if done.judged.total():
        out.print(
            f"{count(done.judged.total(), 'message')} judged that a version before had set aside. Recorded for {who()}."
        )
    elif not done.left:
        out.print("Nothing waits of a type that this version knows.")
    if done.more:
        out.print("There are more: run it again.")


@app.command()
def drop(
    qid: Id,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it may be given up; goes on record with your name.")],
    service: Service = None,
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Give one up for good, and judge what waits behind it, in every service that set it aside."""
    where = find(data)
    found = asyncio.run(everywhere_set_aside(where, qid, service))
    names = ", ".join(one.service for one in found)
    whose = f"{names}'s quarantine" if len(found) == 1 else f"the quarantines of {names}"
    confirm(f"{_named(found[0].row)} in {whose} is given up and will never be judged", yes=yes)
    _act_everywhere(where, found, DROP, reason, "dropped", json=json)


def _act_everywhere(
    where: Where, found: Sequence[QuarantinedRecord], action: str, reason: str, done: str, *, json: bool
) -> None:
    """Ask each of the services; one that refuses keeps none of the others from doing it."""
    answers: list[tuple[str, OperatorAnswer]] = []
    refused: list[Refused] = []
    for name, row, _ in found:
        detail = OneQuarantined(quarantine_id=row["quarantine_id"])
        try:
            answers.append((name, asyncio.run(ask(where, name, action, detail, reason=reason.strip()))))
        except Refused as why:
            refused.append(why)
    if answers:
        _tell(answers, done, json=json)
    if refused:
        raise refused[0]


def _tell(answers: Sequence[tuple[str, OperatorAnswer]], done: str, *, json: bool) -> None:
    judged = [{**one, "service": name} for name, answer in answers for one in answer.result["judged"]]
    still_open = [{**one, "service": name} for name, answer in answers for one in answer.result["stillOpen"]]
    if json:
        as_json({"judged": judged, "stillOpen": still_open})
    else:
        out = console()
        by = {name: f" by the {name}" if len(answers) > 1 else "" for name, _ in answers}
        for one in judged:
            out.print(f"[green]✓[/] {one['quarantineId']}  {escape(one['reason'])}{by[one['service']]}")
        for one in still_open:
            out.print(f"[red]✗[/] {one['quarantineId']}  {escape(one['reason'])}{by[one['service']]}")
        if not still_open:
            whom = f" by {', '.join(by)}" if len(answers) > 1 else ""
            out.print(f"{done.capitalize()}{whom}; nothing waits behind it. Recorded for {who()}.")
    if still_open:
        raise Refused(
            f"{count(len(still_open), 'message')} could still not be judged, and order holds: mend it first "
            "(outagectl quarantine show ID says what went wrong)"
        )


def _named(row: Row) -> str:
    name = (
        f"{row['source']}/{row['id']}"
        if row["source"]
        else f"{row['topic']}[{row['partition']}]@{row['record_offset']}"
    )
    return f"{name} ({row['type']})" if row["type"] else name


def _brief(service: str, row: Row) -> dict[str, Any]:
    return {
        "quarantineId": str(row["quarantine_id"]),
        "service": service,
        "at": row["at"],
        "reason": row["reason"],
        "detail": row["detail"],
        "source": row["source"],
        "id": row["id"],
        "type": row["type"],
        "topic": row["topic"],
        "partition": row["partition"],
        "offset": row["record_offset"],
        "key": row["key"].decode(errors="replace") if row["key"] is not None else None,
        "stream": row["stream_id"],
        "redacted": row["redacted"],
        "state": row["state"],
        "resolvedAt": row["resolved_at"],
        "resolution": row["resolution"],
    }


def _body(row: Row) -> str | None:
    return None if row["body"] is None else bytes(row["body"]).decode(errors="replace")


def _print_one(service: str, row: Row, behind: list[Any], t: Times) -> None:
    out = console()
    out.print(f"[bold]{row['quarantine_id']}[/]  {row['state']}  [dim]{t.note}[/]")
    facts = {
        "service": service,
        "since": t.at(row["at"]),
        "why": f"{row['reason']}: {row['detail']}",
        "message": _named(row),
        "came as": f"{row['topic']}[{row['partition']}] offset {row['record_offset']}",
        "stream": row["stream_id"],
        "resolved": f"{t.at(row['resolved_at'])}: {row['resolution']}" if row["resolved_at"] else None,
        "body": _body(row),
    }
    for name, value in facts.items():
        if value:
            out.print(f"  {name:<9} {escape(str(value))}", soft_wrap=True)
    if row["redacted"]:
        out.print(
            "  [yellow]It held a phone number, which was not kept: send it again from its source, then drop it.[/]"
        )
    if behind:
        out.print(f"  {count(len(behind), 'message waits', 'messages wait')} behind it, in this order:")
        for one in behind:
            cause = escape(f"{one['source']}/{one['id']}")
            out.print(f"    {one['quarantine_id']}  {t.at(one['at'])}  {cause}")
