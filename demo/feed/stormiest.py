"""`outagectl demo --feed FILE`: play the stormiest days of a real outage list, summed up every few hours, and audit them."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from connectors.feeds.archive import FeedFileError, listed_in, read_feed
from connectors.feeds.bchydro import SOURCE
from connectors.feeds.snapshots import SnapshotFeed
from demo.city.audit_table import print_audit
from demo.city.next_steps import command
from demo.feed.book import FeedBook
from demo.feed.folder import begun, job_of, prepare
from demo.feed.play import PlaybackPace
from demo.feed.run import REPORT_FILE, VOICE, ImportResult, Run
from demo.feed.show import show
from devstack.servers.stack import StackInUseError
from devstack.system import SystemNotReady
from operations.errors import Away, NotFound, Refused

FEED_FOLDER = Path("build/demo/feed")
DAYS = 2
STEP = timedelta(minutes=15)
INTRODUCTION = (
    "[bold]The stormiest days ({days}) of a real utility's public outage list, through the whole system.[/]\n"
    "Every list comes at the time it was polled; {outages} outages begin in these days. Who hangs on which line is not "
    "public, so each town has made-up key customers (a hospital, a mill …), who count as dark while any outage of their "
    "town lasts. Deadlines are those of the Chinese service standard, which that utility never promised.\n\n"
    "[bold]Setting up[/], all on this machine and in one folder"
)


def play_feed(file: Path, data: Path, days: int, out: Console) -> bool:
    """Play, tell, table, audit. False if something is not as it must be.

    Raises:
        NotFound, Refused: there is no such file, or it is no archive of lists.
        Away: the stack does not come up, or something runs in the folder.

    """
    zone = ZoneInfo(VOICE["OUTAGE_ZONE"])
    folder = data.absolute()
    try:
        first, outages = stormiest(file, days, zone)
        since = datetime.combine(first, time(), zone)
        job = job_of(file, since, since + timedelta(days=days))
        prepare(folder, job, fresh=True)
        out.print(INTRODUCTION.format(days=days, outages=outages))
        feed = SnapshotFeed(SOURCE)
        book = FeedBook(out, zone)
        done = asyncio.run(Run(file, folder, begun(job, feed), feed, PlaybackPace(STEP), book).on_its_own())
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except FeedFileError as error:
        raise Refused(str(error)) from None
    except (StackInUseError, SystemNotReady) as error:
        raise Away(str(error)) from None
    return done is not None and _told(done, data, out)


def stormiest(file: Path, days: int, zone: ZoneInfo) -> tuple[date, int]:
    """The first of the `days` days on which most outages were first listed, and how many those were.

    The earliest of equals. Raises FileNotFoundError, FeedFileError; Refused where the lists span fewer days.
    """
    seen: set[str] = set()
    begun_on: Counter[date] = Counter()
    for at, body in read_feed(file):
        day = at.astimezone(zone).date()
        begun_on[day] += len(new := _ids(body) - seen)
        seen |= new
    # What the first list holds began before it, and the last day may be cut off.
    whole = sorted(begun_on)[1:-1]
    if len(whole) < days:
        raise Refused(f"{file} spans {len(whole)} whole days: give --days {max(len(whole), 1)} or fewer")
    sums = [
        (sum(begun_on[first + timedelta(days=n)] for n in range(days)), first)
        for first in whole[: len(whole) - days + 1]
    ]
    most, first = max(sums, key=lambda one: (one[0], -one[1].toordinal()))
    return first, most


def _ids(body: str) -> set[str]:
    """The outages that one list names; none where it is no list."""
    return {row.local_id for row in listed_in(body, SOURCE)}


def _told(done: ImportResult, data: Path, out: Console) -> bool:
    show(done.told, out)
    print_audit(out, done.audit)
    for text in done.told["wrong"]:
        out.print(f"[bold red]Not as it should be:[/] {escape(text)}")
    out.print(f"\nThe figures: {data / REPORT_FILE}. The data stay in {data}. Go on with them:", soft_wrap=True)
    for words, what in (
        ("up", "starts it all again at the hour where the story ended; then, in a second terminal:"),
        ("phones", "every text in full"),
        ("audit", "the proof, once more"),
    ):
        out.print(f"  [bold]{escape(command())} {words} --data {escape(str(data))}[/]", soft_wrap=True)
        out.print(f"      [dim]{what}[/]")
    return not done.told["wrong"]
