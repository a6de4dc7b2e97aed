"""`outagectl offsets`: how far each topic was read, and the way on when a topic was cut or lost records."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from outagectl.asking import ask, who
from outagectl.broker import reader
from outagectl.confirm import Yes, confirm
from outagectl.database import Sight, connect, present, sight
from outagectl.errors import Misused, NotFound, Refused
from outagectl.fences import AGREES, Standing, accept, standings
from outagectl.options import Data, Json, Service, Utc
from outagectl.say import as_json, console, count, table, times
from outagectl.services import chosen
from outagectl.where import Where, find
from services.kernel.operators.desk_actions import FORMER, GONE
from services.kernel.operators.skipping import SKIP, OneRecord

app = typer.Typer(no_args_is_help=True, add_completion=False, help="How far each topic was read.")


@app.command("show")
def show(*, service: Service = None, json: Json = False, utc: Utc = False, data: Data = None) -> None:
    """Show every fence beside its topic. Exits 1 where they do not agree."""
    where = find(data)
    found, seen = asyncio.run(_look(where, service))
    if json:
        as_json([one.as_json() for one in found])
    else:
        t = times(where, utc=utc)
        columns = ("service", "topic", "read", "next", "topic holds", "lag", "facts known until", "standing")
        rows = [
            (
                one.service,
                f"{one.topic}[{one.partition}]",
                f"{one.next_offset - one.read_from:,}",
                one.next_offset,
                f"{one.first} to {one.end}" if one.end is not None else "–",
                "–" if one.lag is None else f"{one.lag:,}",
                t.at(one.watermark),
                one.verdict,
            )
            for one in found
            if not one.idle
        ]
        out = console()
        out.print(table(None, columns, rows))
        out.print(f"\n[dim]{count(len(found) - len(rows), 'empty partition')} not shown. {t.note}[/]")
    bad = [one for one in found if _disagrees(one)]
    if bad:
        names = ", ".join(sorted({f"{one.topic} {one.partition}" for one in bad}))
        raise Refused(
            f"{count(len(bad), 'fence does', 'fences do')} not agree with the topic, and the service will not start: "
            f"find out why; if it is meant: outagectl offsets accept TOPIC PARTITION ({names})"
        )
    seen.demand()


@app.command("accept")
def accept_(
    topic: Annotated[str, typer.Argument(metavar="TOPIC")],
    partition: Annotated[int, typer.Argument(metavar="PARTITION", min=0)],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it is meant; goes on record with your name.")] = "",
    service: Service = None,
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Accept a topic as it is now: lost records are given up, a topic made anew is read from its start. On record."""
    where = find(data)
    if FORMER in topic:
        raise Misused(f"{topic} is a topic that is no more; name the present one")
    moved = asyncio.run(_accept(where, service, topic, partition, reason.strip(), yes=yes))
    if json:
        as_json(moved)
        return
    out = console()
    for one in moved:
        kept = f"; what was read before is kept as {one['formerTopic']}" if one["formerTopic"] else ""
        goes_on = "is given up" if one["why"] == GONE else f"goes on at {one['next']}"
        out.print(
            f"{one['service']}: {topic}\\[{partition}] {goes_on}, it stood at {one['was']['next']} "
            f"({one['why']}){kept}. Recorded for {who()}."
        )


@app.command("skip")
def skip_(
    topic: Annotated[str, typer.Argument(metavar="TOPIC")],
    partition: Annotated[int, typer.Argument(metavar="PARTITION", min=0)],
    offset: Annotated[int, typer.Argument(metavar="OFFSET", min=0)],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it may be skipped; goes on record with your name.")],
    service: Service = None,
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Go on behind one record that a service cannot get past. It is kept in quarantine first, and can be judged later."""
    where = find(data)
    if not reason.strip():
        raise Misused("say why it may be skipped: --reason TEXT")
    confirm(f"{topic}[{partition}] offset {offset} is passed over; its bytes are kept in quarantine first", yes=yes)
    done = asyncio.run(
        _skip(where, service, OneRecord(topic=topic, partition=partition, offset=offset), reason.strip())
    )
    if json:
        as_json(done)
        return
    out = console()
    for one in done:
        kept = one["quarantineId"]
        what = f"kept as {kept}: outagectl quarantine show {kept}" if kept else "there was no record"
        out.print(
            f"{one['service']}: {topic}\\[{partition}] goes on at {one['next']}; {what}. Recorded for {who()}.",
            soft_wrap=True,
        )


async def _skip(where: Where, service: str | None, record: OneRecord, reason: str) -> list[dict[str, Any]]:
    place = (record.topic, record.partition)
    async with connect(where) as connection, reader(where) as broker:
        services = await present(connection, chosen(service), ("consumer_offset",))
        found = await standings(connection, broker, where, services, place)
    if not found:
        raise NotFound(f"no service has read {record.topic}[{record.partition}]: outagectl offsets show")
    there = [one.service for one in found if one.next_offset == record.offset]
    if not there:
        stand = ", ".join(f"{one.service} at {one.next_offset}" for one in found)
        raise Refused(
            f"no service stands at {record.offset} in {record.topic}[{record.partition}] ({stand}): only the record that "
            "comes next can be skipped"
        )
    return [
        {"service": name, "topic": record.topic, "partition": record.partition}
        | dict((await ask(where, name, SKIP, record, reason=reason)).result)
        for name in there
    ]


async def _look(where: Where, service: str | None) -> tuple[list[Standing], Sight]:
    async with connect(where) as connection, reader(where) as broker:
        seen = await sight(connection, chosen(service), ("consumer_offset",))
        return await standings(connection, broker, where, seen.services), seen


async def _accept(
    where: Where, service: str | None, topic: str, partition: int, reason: str, *, yes: bool
) -> list[dict[str, Any]]:
    async with connect(where) as connection, reader(where) as broker:
        services = await present(connection, chosen(service), ("consumer_offset",))
        found = await standings(connection, broker, where, services, (topic, partition))
    if not found:
        raise NotFound(f"no service has read {topic}[{partition}]: outagectl offsets show")
    wrong = [one for one in found if _disagrees(one)]
    if not wrong:
        raise Refused(f"{topic}[{partition}] and its fences agree: there is nothing to accept")
    goes_on = {one.service: "gives it up" if one.verdict == GONE else f"goes on at {one.first}" for one in wrong}
    lost = "; ".join(f"{one.service} {goes_on[one.service]}, it stood at {one.next_offset}" for one in wrong)
    confirm(f"{topic}[{partition}] is accepted as it is now ({lost})", yes=yes)
    return [await accept(where, one, reason) for one in wrong]


def _disagrees(one: Standing) -> bool:
    return one.verdict != AGREES and FORMER not in one.topic and (one.end is not None or one.verdict == GONE)
