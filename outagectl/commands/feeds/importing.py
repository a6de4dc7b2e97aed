"""`outagectl import feed`: lists that were kept in a file, as facts to outage.dispatch."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from connectors.feeds.listed import FeedSource
from operations.feeds.importing import BELIEVE_ALL, FeedImport, ListFile, check, import_lists
from operations.feeds.kept import FeedFile, read_state
from operations.feeds.publishing import publisher
from operations.system.instants import clock_of, read_instant
from operations.system.location import Where, find
from operations.times import count
from outagectl.commands.feeds.reader import Fresh, Name, Reader, Rows, source_of
from outagectl.commands.feeds.words import document, show_question, tell
from outagectl.terminal.bars import bars
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console, times
from services.kernel.clock import Clock


def feed(
    file: Annotated[Path, typer.Argument(metavar="FILE", help='{"at": time, "body": list}, one a line; also .xz.')],
    *,
    reader: Reader,
    rows: Rows = None,
    name: Name = None,
    since: Annotated[str | None, typer.Option("--from", metavar="T", help="First list, e.g. 2026-11-05T08:00.")] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="T", help="Where to end; not included.")] = None,
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="Go on from it and keep it, as `poll` does; else from nothing."),
    ] = None,
    fresh: Fresh = False,
    believe: Annotated[
        bool, typer.Option("--believe", help="Also believe lists from which many outages are gone at once.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent; lists of any time.")] = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Bring in lists of outages that were kept in a file: what appeared, changed and went becomes facts for dispatch's topic.

    All lists are read before anything is sent. The same file twice changes nothing: each fact has an id made of its
    outage, its list and what it says.
    """
    where = find(data)
    clock, source = clock_of(where), source_of(reader, rows, name)
    lists = ListFile(
        path=file,
        since=None if since is None else read_instant(since, where, "--from"),
        until=None if until is None else read_instant(until, where, "--until"),
    )
    check(lists, source, clock, any_time=dry_run)
    done = _run(
        where, clock, lists, _kept(source, state, fresh=fresh, believe=believe, dry_run=dry_run), dry_run=dry_run
    )
    if json:
        as_json(_document(done, dry_run=dry_run))
        return
    _tell(done, where, dry_run=dry_run)


def _kept(source: FeedSource, state: Path | None, *, fresh: bool, believe: bool, dry_run: bool) -> FeedFile:
    settings = BELIEVE_ALL if believe else None
    kept = FeedFile(None if dry_run else state, source, fresh=fresh, settings=settings)
    if dry_run and state is not None and state.exists() and not fresh:
        kept.feed, _ = read_state(state, source, settings)
    if believe:
        kept.feed.believe()
    return kept


def _run(where: Where, clock: Clock, lists: ListFile, kept: FeedFile, *, dry_run: bool) -> FeedImport:
    if not dry_run:
        where.need_kafka()
    with kept, bars() as shown:
        shown.due(sum(1 for _ in lists.lists()))
        publish = None if dry_run else publisher(where, clock)
        return asyncio.run(import_lists(lists.lists(), kept, publish, shown.sent))


def _tell(done: FeedImport, where: Where, *, dry_run: bool) -> None:
    t, out = times(where, utc=False), console()
    out.print(f"{count(done.lists, 'list')}, {t.at(done.first)} to {t.at(done.last)}. {t.note}\n")
    tell(done.feed, done.facts if dry_run else done.sent, sent=not dry_run)
    if done.unreadable:
        out.print(f"\nThe first row that could not be read: {done.unreadable}", markup=False, soft_wrap=True)
    if done.vanished is not None:
        show_question(done.vanished, t, "If it is true: give the same command with --believe.")


def _document(done: FeedImport, *, dry_run: bool) -> dict[str, object]:
    return {
        "dryRun": dry_run,
        "first": done.first,
        "last": done.last,
        "facts": done.facts,
        "sent": done.sent,
        "firstUnreadable": done.unreadable,
    } | document(done.feed)
