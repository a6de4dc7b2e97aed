"""`outagectl rebuild`: rebuild a read model from the log, beside the one that readers see, and move them to it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

from operations.duty.rebuild import run_rebuild, standings
from operations.errors import NotFound
from operations.system.location import Where, find
from operations.system.services import chosen
from operations.times import count, span
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, table, times
from services.kernel.reading.projections import ReadModel
from services.kernel.reading.rebuild import Progress, Rebuilt
from services.readmodels import READ_MODELS

Name = Annotated[str | None, typer.Argument(metavar="NAME", help="The read model; without one, all are listed.")]


def rebuild(
    name: Name = None,
    *,
    service: Service = None,
    anew: Annotated[bool, typer.Option("--anew", help="Begin anew, where one was broken off.")] = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Make a read model anew from the log while readers and writers go on; without a name, list them.

    A rebuild that was broken off goes on where it was. Exits 1 when another one runs, or when readers cannot be moved.
    """
    where = find(data)
    if name is None:
        rows = asyncio.run(standings(where, chosen(service)))
        if json:
            as_json(rows)
        else:
            _show(rows, where, utc=utc)
        return
    homes = {one: model for one in chosen(service) for model in READ_MODELS.get(one, ()) if model.name == name}
    if not homes:
        known = sorted({model.name for one in chosen(service) for model in READ_MODELS.get(one, ())})
        raise NotFound(f"there is no read model {name}: there are {', '.join(known) or 'none in this service'}")
    done = {one: _rebuilt(where, one, model, anew=anew, quiet=json) for one, model in homes.items()}
    if json:
        as_json([_document(one, name, built) for one, built in done.items()])


def _show(rows: list[dict[str, Any]], where: Where, *, utc: bool) -> None:
    out, t = console(), times(where, utc=utc)
    if not rows:
        out.print("No read model has been made yet: outagectl migrate makes them.")
        return
    columns = ("service", "read model", "version", "table", "state", "cursor", "lag", "last event", "since")
    cells = [
        (
            r["service"],
            r["name"],
            r["version"],
            r["table"],
            r["state"],
            f"{r['cursor']:,}",
            f"{r['lag']:,}",
            t.at(r["appliedAt"]),
            t.at(r["liveSince"]),
        )
        for r in rows
    ]
    out.print(table(None, columns, cells))
    for r in rows:
        if r["state"] == "live" and r["codeWrites"] not in (None, r["version"]):
            out.print(
                f"[yellow]{r['service']}: {r['name']} is of version {r['version']}, this code writes version "
                f"{r['codeWrites']}: outagectl rebuild {r['name']} --service {r['service']}[/]"
            )
    out.print(f"\n[dim]{t.note} Lag is in positions of the log.[/]")


def _rebuilt(where: Where, service: str, model: ReadModel, *, anew: bool, quiet: bool) -> Rebuilt:
    if quiet:
        return asyncio.run(run_rebuild(where, service, model, anew=anew))
    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        TextColumn("{task.fields[rate]}"),
        console=Console(file=sys.stderr),
        transient=True,
    ) as bar:
        task = bar.add_task(f"{service} {model.name}", total=0, rate="")
        built = asyncio.run(run_rebuild(where, service, model, anew=anew, on_progress=_drawn(bar, task)))
    out = console()
    rate = built.events / built.seconds if built.seconds else 0.0
    out.print(
        f"[green]✓[/] {service}: {model.name} is read from {built.table} now: {count(built.events, 'event')} "
        f"{'more (it went on where it was broken off) ' if built.resumed else ''}in {built.seconds:.1f} s "
        f"({rate:,.0f} events/s), up to position {built.position:,}"
    )
    out.print(f"  readers waited {built.flip_seconds * 1000:.0f} ms at most, when they were moved")
    if built.left:
        out.print(f"  [yellow]still in use, and dropped by the next rebuild: {', '.join(built.left)}[/]")
    return built


def _drawn(bar: Bar, task: TaskID) -> Callable[[Progress], None]:
    def draw(at: Progress) -> None:
        left = at.seconds_left
        words = f"{at.rate:,.0f} events/s" + (f", {span(timedelta(seconds=left))} left" if left is not None else "")
        bar.update(task, completed=at.position, total=at.end, rate=words)

    return draw


def _document(service: str, name: str, built: Rebuilt) -> dict[str, Any]:
    return {
        "service": service,
        "name": name,
        "table": built.table,
        "resumed": built.resumed,
        "events": built.events,
        "position": built.position,
        "seconds": round(built.seconds, 3),
        "flipSeconds": round(built.flip_seconds, 3),
        "dropped": built.dropped,
        "left": built.left,
    }
