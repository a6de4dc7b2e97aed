"""`outagectl watch`: the live story from the topics, one line per event, until Ctrl-C."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import asyncpg
import typer

from operations.duty.circuits import tell_news
from operations.errors import Away, Misused
from operations.lookup.lookup import look
from operations.system.broker import reached, reader
from operations.system.database import connect, enter, sight, unseen
from operations.system.instants import clock_of, read_span
from operations.system.location import Where, find
from operations.system.services import NAMES
from operations.times import DayTimes
from outagectl.commands.watch.brake import BrakeWatch
from outagectl.commands.watch.caught_up_marks import CaughtUpWatch
from outagectl.commands.watch.filter import WatchFilter
from outagectl.commands.watch.lines import EarlierEvents, KnownText, WatchedEvent, read
from outagectl.commands.watch.screen import EventFeed, Screen
from outagectl.terminal.options import Data, Utc
from outagectl.terminal.say import console, times
from schemas.contracts.all_types import TOPICS
from services.kernel.queries import queries

if TYPE_CHECKING:
    from services.kernel.adapters.kafka import Reader
    from services.kernel.model import Record, TopicPartition

SQL = queries(Path(__file__).parents[2] / "sql" / "watch.sql")
WRITERS = ("dispatch", "planner", "restorer", "notifier", "gateway", "registry")
SILENCE_SECONDS = 0.5
PROBE_AFTER = 4
PROBE_SECONDS = 5.0
BACKLOG = 200_000
TEXTS_SINCE = timedelta(days=3)
TABLES = ("live", "stream", "event", "notification")


def watch(
    *,
    outage: Annotated[str | None, typer.Option("--outage", metavar="MRID", help="Only about this outage.")] = None,
    line: Annotated[str | None, typer.Option("--line", metavar="LINE", help="Only outages on this line.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="ID", help="Only about this customer.")] = None,
    service: Annotated[
        str | None, typer.Option("--service", metavar="NAME", help=f"Only what it says: {', '.join(WRITERS)}.")
    ] = None,
    type_: Annotated[
        str | None, typer.Option("--type", metavar="TYPE", help="Only these events: promise.*, message.delivered …")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="SPAN", help="Begin in the past: 10m, 2h, all. Else from now on.")
    ] = None,
    follow: Annotated[bool, typer.Option(help="Go on with what comes; else end with what there is.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per event and line.")] = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Follow the live story, one line per event: when, who, about what, what and why. Ctrl-C ends it."""
    if service is not None and service not in WRITERS:
        raise Misused(f"nobody called {service} writes on the topics: name one of {', '.join(WRITERS)}")
    where = find(data)
    back = None if since in (None, "all") else read_span(since or "", "--since")
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that the broker is away is told here, in words
    t = times(where, utc=utc)
    wanted = WatchFilter(outage, line, customer, service, type_, notes=json)
    screen = Screen(console(), DayTimes(t.zone, t.name), json=json)
    asyncio.run(_until_stopped(_watch(where, wanted, screen, back, everything=since == "all", follow=follow)))


async def _until_stopped(watching: AsyncGenerator[None, None]) -> None:
    """Ctrl-C and SIGTERM end it in order, with exit code 0."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(number, stop.set)

    async def run() -> None:
        async with contextlib.aclosing(watching):
            async for _ in watching:
                pass

    running, stopped = asyncio.create_task(run()), asyncio.create_task(stop.wait())
    await asyncio.wait([running, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not running.done():
        running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def _watch(
    where: Where, wanted: WatchFilter, screen: Screen, back: timedelta | None, *, everything: bool, follow: bool
) -> AsyncGenerator[None, None]:
    memory = await _memory(where, wanted, screen)
    now = clock_of(where).now()
    async with reader(where) as asking, reader(where) as following:
        places = await reached(where, asking.partitions(TOPICS))
        bounds = await reached(where, asking.bounds(places))
        ends = {place: end for place, (_, end) in bounds.items()}
        starts: Mapping[TopicPartition, int] = ends
        if everything:
            starts = {place: first for place, (first, _) in bounds.items()}
        elif back is not None:
            starts = await reached(where, asking.since(dict.fromkeys(places, now - back)))
        story = EventFeed(wanted, memory, screen)
        for told in sorted(await _backlog(where, asking, starts, ends), key=_order):
            story.tell(told)
        yield
        if not follow:
            return
        screen.note(f"Watching from here on; Ctrl-C ends it. {screen.zone_note}")
        standing = asyncio.create_task(CaughtUpWatch(where, screen.times, screen.note).run())
        looking = asyncio.create_task(tell_news(where, screen.note, screen.times))
        brake = asyncio.create_task(BrakeWatch(where, screen.times, screen.note).run())
        try:
            async with contextlib.aclosing(_through_outages(where, following, ends, screen)) as batches:
                async for records in batches:
                    for told in sorted(map(read, records), key=_order):
                        story.tell(told)
                    yield
        finally:
            standing.cancel()
            looking.cancel()
            brake.cancel()


async def _backlog(
    where: Where, asking: Reader, starts: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> Sequence[WatchedEvent]:
    """What lies between, of all partitions.

    Raises:
        Misused: it is more than can be put in order here.

    """
    there = sum(max(ends[place] - start, 0) for place, start in starts.items())
    if there > BACKLOG:
        raise Misused(f"{there:,} records lie that far back, more than {BACKLOG:,}: choose a shorter --since")
    found: list[WatchedEvent] = []
    for place, start in starts.items():
        if start < ends[place]:
            found += map(read, await reached(where, asking.read(place, start, ends[place])))
    return found


def _order(told: WatchedEvent) -> tuple[datetime, int]:
    """By time; at one instant the fact first, then what follows from it."""
    return told.at, TOPICS.index(told.topic)


async def _through_outages(
    where: Where, following: Reader, starts: Mapping[TopicPartition, int], screen: Screen
) -> AsyncGenerator[Iterable[Record], None]:
    """Batches as they come. Where the broker goes away this says so once, waits, and says when it is back."""
    clock = clock_of(where)
    silent, away_since = 0, None
    async with contextlib.aclosing(following.follow(starts, silence=SILENCE_SECONDS)) as batches:
        async for records in batches:
            silent = 0 if records else silent + 1
            if records and away_since is None:
                yield records
                continue
            if records or silent % PROBE_AFTER == 0:
                answers = bool(records) or await _answers(where)
                if answers and away_since is not None:
                    gone = clock.monotonic() - away_since
                    screen.note(f"Kafka answers again, after {gone:.0f} s. Nothing is left out.", "green")
                    away_since = None
                elif not answers and away_since is None:
                    away_since = clock.monotonic()
                    screen.note(
                        f"Kafka at {where.kafka} does not answer: nothing can be heard. Waiting for it …", "bold yellow"
                    )
            if records:
                yield records


async def _answers(where: Where) -> bool:
    """Whether the broker answers somebody who comes anew."""
    try:
        async with asyncio.timeout(PROBE_SECONDS), reader(where) as asking:
            return bool(await asking.partitions(TOPICS[:1]))
    except Exception:  # noqa: BLE001 - aiokafka's errors are known to one module of the kernel; away is away
        return False


async def _memory(where: Where, wanted: WatchFilter, screen: Screen) -> EarlierEvents:
    """What the database knows of texts and places from before; without it, only what is heard from now on."""
    memory = EarlierEvents()
    try:
        async with connect(where) as connection:
            seen = await sight(connection, NAMES, TABLES)
            services = seen.services
            if seen.hidden:
                screen.note(unseen(seen.role, seen.hidden), "yellow")
            now = clock_of(where).now()
            if wanted.line is not None:
                found = await look(connection, services, wanted.line, now)
                wanted.outages |= {hit.mrid for hit in found.hits}
            if "notifier" in services:
                await enter(connection, "notifier")
                for row in await connection.fetch(SQL["texts"], now - TEXTS_SINCE):
                    memory.texts[row["message_id"]] = KnownText(
                        row["customer_id"], row["contact_id"], tuple(row["mrids"]), row["trigger"]
                    )
                    if row["provider_sid"]:
                        memory.sids[row["provider_sid"]] = row["message_id"]
    except (Away, asyncpg.PostgresError):
        if not wanted.all:
            screen.note("The database is away: what began before now is not known, and may be missed.", "yellow")
    return memory
