"""`outagectl rearm`: after an upgrade or a changed rule or calendar, bring what stands in line with today's decisions."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from outagectl.asking import ask
from outagectl.database import connect, pool, present
from outagectl.errors import Refused
from outagectl.options import Data, Json, Service, Utc
from outagectl.say import Times, as_json, console, count, times
from outagectl.services import chosen, load
from outagectl.where import Where, find
from schemas.notices import NoticeDeadlineMoved
from schemas.promises import Promise, PromiseMade, PromiseVoided
from services.kernel.model import Event, KernelError
from services.kernel.operators.desk_actions import REARM, Reviewing
from services.kernel.queries import queries
from services.kernel.upkeep.review import Reviewed, Reviewer
from services.kernel.warp import clock_from
from services.kernel.writing.judge import TimerMove

SQL = queries(Path(__file__).parent / "sql" / "rearm.sql")
SHOWN_TIMERS = 30


@dataclass(frozen=True, slots=True)
class Move:
    """One promise that stands elsewhere now. `was`, `due`: its deadline before and after; None where there is none."""

    stream: str
    promise: str
    was: datetime | None
    due: datetime | None
    why: str


@dataclass(slots=True)
class Rearmed:
    """What came of one service."""

    service: str
    revision: str
    behind: int
    """Views that other code or rules had left when it began."""
    total: int
    reviewed: Reviewed = field(default_factory=Reviewed)
    moves: list[Move] = field(default_factory=list)


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


async def run_rearm(
    where: Where,
    services: Sequence[str],
    reason: str,
    *,
    dry_run: bool = False,
    on_progress: Callable[[Rearmed, int], None] = lambda *_: None,
) -> list[Rearmed]:
    """Review all streams of the named services, as far as their tables exist.

    Raises:
        Away: the database cannot be reached or has no tables.
        Refused: the database is older than this code, or holds what this code does not know.

    """
    async with connect(where) as connection:
        there = await present(connection, services)
        for name in there:
            if not await connection.fetchval(SQL["has_writer"], name):
                raise Refused(f"the schema {name} is older than this version: run: outagectl migrate")
    try:
        return [await _service(where, name, reason, on_progress, dry_run=dry_run) for name in there]
    except KernelError as error:
        raise Refused(str(error)) from None


async def _service(
    where: Where, name: str, reason: str, on_progress: Callable[[Rearmed, int], None], *, dry_run: bool
) -> Rearmed:
    clock = clock_from(where.clock_file)
    async with pool(where, name) as made:
        reviewer = Reviewer(load(name, where), made, clock, reason, dry_run=dry_run)
        done = Rearmed(name, reviewer.revision, await reviewer.behind(), await reviewer.count())
        if not dry_run:
            await ask(where, name, REARM, Reviewing(revision=reviewer.revision, streams=done.total), reason=reason)
        seen = 0
        async for part in reviewer.run():
            done.moves += moves_of(part.events)
            part.events.clear()  # a log of millions must not be held
            seen += part.streams + part.again + len(part.parked) + len(part.failed)
            done.reviewed += part
            on_progress(done, seen)
    return done


def moves_of(events: Sequence[Event]) -> Iterator[Move]:
    """The promises that moved, out of the events of reviews. Pure.

    A promise ended and one made for the same rule right after it are one move; either alone is one without the other end.
    """
    ended: Event | None = None
    for event in events:
        said = event.data
        if ended is not None and not _follows(ended, event):
            yield _over(ended)
            ended = None
        if isinstance(said, PromiseVoided):
            ended = event
        elif isinstance(said, PromiseMade):
            was, why = (ended.data.due_at, ended.data.reason) if ended is not None else (None, "not-promised-before")
            yield Move(event.stream_id, said.promise_id, was, said.due_at, why)
            ended = None
        elif isinstance(said, NoticeDeadlineMoved):
            # The promise is the notifier's, which moves it when it hears of this.
            rule = said.inform_rule.rule_id if said.inform_rule is not None else "key customers told"
            yield Move(event.stream_id, f"{said.notice_id}/{rule}", said.was, said.inform_by, said.reason)
        elif isinstance(said, Promise):
            yield Move(event.stream_id, said.promise_id, said.due_at, said.due_at, _verdict(said))
    if ended is not None:
        yield _over(ended)


def _follows(ended: Event, event: Event) -> bool:
    same = isinstance(event.data, PromiseMade) and event.data.rule.rule_id == ended.data.rule.rule_id
    return same and event.stream_id == ended.stream_id


def _over(event: Event) -> Move:
    return Move(event.stream_id, event.data.promise_id, event.data.due_at, None, event.data.reason)


def _verdict(said: Promise) -> str:
    return str(getattr(said, "reason", type(said).__name__))


def _show(one: Rearmed, t: Times, *, dry_run: bool) -> None:
    out, reviewed = console(), one.reviewed
    moved = "would move" if dry_run else "moved"
    out.print(
        f"[bold]{one.service}[/]: {count(one.total, 'stream')}, {one.behind:,} last written by other code or rules; "
        f"{count(len(one.moves), 'promise')} {moved}, {count(len(reviewed.timers), 'timer')} set anew"
    )
    for move in one.moves:
        out.print(f"  {escape(move.promise)}: {t.at(move.was)} → {t.at(move.due)}  [dim]{escape(move.why)}[/]")
    # Those of promises were just told.
    others = [timer for timer in reviewed.timers if not any(m.promise in timer.name for m in one.moves)]
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
