"""`outagectl offsets`: how far each topic was read; the way on when a topic was cut, or past a record that stops a service."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import typer

from operations.duty.offsets import disagrees, skip_record, standings_of
from operations.errors import Misused, NotFound, Refused
from operations.system.asking import who
from operations.system.broker import reader
from operations.system.database import connect, present
from operations.system.fences import accept, standings
from operations.system.location import Where, find
from operations.system.services import chosen
from operations.times import count
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, table, times
from services.kernel.operators.former import FORMER
from services.kernel.operators.shared_actions import GONE
from services.kernel.operators.skipping import OneRecord

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Show how far each topic was read; accept a topic that was cut, or skip a record.",
)


@app.command("show")
def show(*, service: Service = None, json: Json = False, utc: Utc = False, data: Data = None) -> None:
    """Show every fence beside its topic. Exits 1 where they do not agree."""
    where = find(data)
    found, seen = asyncio.run(standings_of(where, service))
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
    bad = [one for one in found if disagrees(one)]
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
        skip_record(where, service, OneRecord(topic=topic, partition=partition, offset=offset), reason.strip())
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


async def _accept(
    where: Where, service: str | None, topic: str, partition: int, reason: str, *, yes: bool
) -> list[dict[str, Any]]:
    async with connect(where) as connection, reader(where) as broker:
        services = await present(connection, chosen(service), ("consumer_offset",))
        found = await standings(connection, broker, where, services, (topic, partition))
    if not found:
        raise NotFound(f"no service has read {topic}[{partition}]: outagectl offsets show")
    wrong = [one for one in found if disagrees(one)]
    if not wrong:
        raise Refused(f"{topic}[{partition}] and its fences agree: there is nothing to accept")
    goes_on = {one.service: "gives it up" if one.verdict == GONE else f"goes on at {one.first}" for one in wrong}
    lost = "; ".join(f"{one.service} {goes_on[one.service]}, it stood at {one.next_offset}" for one in wrong)
    confirm(f"{topic}[{partition}] is accepted as it is now ({lost})", yes=yes)
    return [await accept(where, one, reason) for one in wrong]
