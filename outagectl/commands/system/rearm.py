"""`outagectl rearm`: after an upgrade or a changed rule or calendar, bring open deadlines in line with today's decisions."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from operations.duty.rearm import NOT_PROMISED, Rearmed, run_rearm
from operations.errors import Refused
from operations.system.location import Where, find
from operations.system.services import chosen
from operations.times import Times, count
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, times
from services.kernel.streams.armed import TimerMove

SHOWN_TIMERS = SHOWN_NEW = 30


def rearm(
    *,
    reason: Annotated[
        str, typer.Option("--reason", help="What changed, e.g. “holidays of 2027 announced”; goes on record.")
    ],
    service: Service = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would move, and change nothing.")] = False,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Look at every stream again, after an upgrade, a new policy or a new calendar.

    Open deadlines that today's rules put elsewhere are moved, each with an event that says why; timers and live views are
    made those of this version. What is closed stays as it was judged. Services may run meanwhile. Broken off, it goes on
    when called again with the same reason. Exits 1 when some stream could not be looked at.
    """
    if not reason.strip():
        raise Refused("the reason is empty: say what changed")
    where = find(data)
    done = _drawn(where, chosen(service), reason, dry_run=dry_run, quiet=json)
    if json:
        as_json([_document(one, dry_run=dry_run) for one in done])
    else:
        for one in done:
            _show(one, times(where, utc=utc), dry_run=dry_run)
    if failed := sum(len(one.reviewed.failed) for one in done):
        raise Refused(
            f"{count(failed, 'stream')} could not be looked at and stayed as it was: see above, mend the code"
        )


def _drawn(where: Where, services: Sequence[str], reason: str, *, dry_run: bool, quiet: bool) -> list[Rearmed]:
    if quiet:
        return asyncio.run(run_rearm(where, services, reason, dry_run=dry_run))
    with Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f}"),
        console=Console(file=sys.stderr),
        transient=True,
    ) as bar:
        tasks = {name: bar.add_task(name, total=0) for name in services}

        def draw(one: Rearmed, seen: int) -> None:
            bar.update(tasks[one.service], completed=seen, total=one.total)

        return asyncio.run(run_rearm(where, services, reason, dry_run=dry_run, on_progress=draw))


def _show(one: Rearmed, t: Times, *, dry_run: bool) -> None:
    out, reviewed = console(), one.reviewed
    moved, made = ("would move", "would be made") if dry_run else ("moved", "made")
    # In a storm thousands of customers wait for a word that no version before had promised them.
    new = [move for move in one.moves if move.why == NOT_PROMISED]
    moves = [move for move in one.moves if move.why != NOT_PROMISED]
    promised = f", {count(len(new), 'promise')} {made} that stood nowhere before" if new else ""
    out.print(
        f"[bold]{one.service}[/]: {count(one.total, 'stream')}, {one.behind:,} last written by other code or rules; "
        f"{count(len(moves), 'promise')} {moved}{promised}, {count(len(reviewed.timers), 'timer')} set anew"
    )
    for move in (*moves, *new[:SHOWN_NEW]):
        out.print(f"  {escape(move.promise)}: {t.at(move.was)} → {t.at(move.due)}  [dim]{escape(move.why)}[/]")
    if len(new) > SHOWN_NEW:
        out.print(f"  … and {count(len(new) - SHOWN_NEW, 'more promise')} made (--json lists all)")
    # Those of promises were just told.
    others = [timer for timer in reviewed.timers if not any(m.promise in timer.name for m in moves)]
    others = [timer for timer in others if timer.stream not in {m.stream for m in one.moves}]
    for timer in others[:SHOWN_TIMERS]:
        out.print(f"  {escape(timer.stream)}, timer {escape(timer.name)}: {t.at(timer.was)} → {t.at(timer.due_at)}")
    if len(others) > SHOWN_TIMERS:
        out.print(f"  … and {count(len(others) - SHOWN_TIMERS, 'more timer')} (--json lists all)")
    if reviewed.again:
        out.print(f"  {count(reviewed.again, 'stream')} looked at before, for the same reason, and unchanged since")
    for stream in reviewed.parked:
        out.print(f"  [yellow]left out: {escape(stream)} waits for a person: outagectl quarantine list[/]")
    for stream, why in reviewed.failed.items():
        out.print(f"  [red]✗ {escape(stream)}: {escape(why)}[/]")
    if one.moves or others:
        out.print(f"  [dim]{t.note}[/]")


def _document(one: Rearmed, *, dry_run: bool) -> dict[str, Any]:
    reviewed = one.reviewed
    return {
        "service": one.service,
        "revision": one.revision,
        "dryRun": dry_run,
        "streams": one.total,
        "writtenByOthers": one.behind,
        "reviewed": reviewed.streams,
        "reviewedBefore": reviewed.again,
        "parked": reviewed.parked,
        "failed": reviewed.failed,
        "promises": [
            {"stream": m.stream, "promiseId": m.promise, "wasDueAt": m.was, "dueAt": m.due, "reason": m.why}
            for m in one.moves
        ],
        "timers": [_timer(timer) for timer in reviewed.timers],
    }


def _timer(timer: TimerMove) -> dict[str, Any]:
    return {"stream": timer.stream, "name": timer.name, "wasDueAt": timer.was, "dueAt": timer.due_at}
