"""`outagectl republish`: for a Kafka that lost data. What the log says was published goes out again, as it was."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from operations.duty.republish import EVER, Selection, republish_all
from operations.errors import Misused, NotFound
from operations.system.asking import who
from operations.system.instants import read_instant
from operations.system.location import find
from operations.system.migration import GATEWAY
from operations.system.services import NAMES, chosen, outputs_of
from operations.times import count
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, table, times
from schemas.contracts import dispatch


def republish(
    *,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="T", help="Events decided from this instant on (utility's zone, or with offset)."
        ),
    ] = None,
    position: Annotated[
        int | None, typer.Option("--position", metavar="N", min=1, help="Events from this log position on.")
    ] = None,
    topic: Annotated[str | None, typer.Option("--topic", metavar="NAME", help="Only what goes to this topic.")] = None,
    service: Service = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it goes on record with your name.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go out, and change nothing.")] = False,
    yes: Yes = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Publish again what a Kafka has lost: same ids, same bytes, in the log's order. Readers drop what they took before.

    With --since the gateway forgets what it took since then, so that dispatch can send it again under the same ids.
    Decisions wait while the rows are put into the outbox; the service's relay publishes them. On record.
    """
    where = find(data)
    if (since is None) == (position is None):
        raise Misused(
            "say from when on: --since T, or --position N (`outagectl show outage ID --proof` shows positions)"
        )
    if position is not None and service is None:
        raise Misused("a position is one log's own: say whose with --service")
    selection = Selection(
        position=position or 1,
        since=read_instant(since, where, "--since") if since is not None else EVER,
        topic=topic,
    )
    services = [name for name in chosen(service) if selection.wants(name)]
    gateway = service is None and position is None and topic in (None, dispatch.TOPIC)
    if not services and not gateway:
        ours = sorted({output.topic for name in NAMES for output in outputs_of(name)})
        raise NotFound(
            f"none of {', '.join(chosen(service))} publishes to {topic}: topics of ours are {', '.join(ours)}"
        )
    if not dry_run:
        does = [f"what {', '.join(services)} published since then goes out again"] if services else []
        does += ["the gateway takes again what it took since then"] if gateway else []
        confirm(f"{', and '.join(does)} (--dry-run says how much)", yes=yes)
    found = asyncio.run(
        republish_all(where, services, selection, gateway=gateway, reason=reason.strip(), dry_run=dry_run)
    )
    if json:
        as_json({"dryRun": dry_run, "topics": found})
        return
    t = times(where, utc=utc)
    out = console()
    columns = ("service", "topic", "events", "first", "last")
    rows = [(r["service"], r["topic"], f"{r['events']:,}", t.at(r["first"]), t.at(r["last"])) for r in found]
    out.print(table(None, columns, rows))
    total = count(sum(r["events"] for r in found if r["service"] != GATEWAY), "event")
    taken = sum(r["events"] for r in found if r["service"] == GATEWAY)
    said = "would go out again; nothing was changed" if dry_run else f"put into the outbox. Recorded for {who()}"
    out.print(f"\n{total} {said}. [dim]{t.note}[/]")
    if taken:
        out.print(
            f"{count(taken, 'event')} of dispatch {'would be' if dry_run else 'are'} taken again over HTTP: have them sent."
        )
