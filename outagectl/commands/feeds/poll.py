"""`outagectl poll`: a utility's list of outages, fetched every few minutes, as facts to outage.dispatch."""

from __future__ import annotations

import asyncio
import contextlib
import logging as stdlib_logging
import os
import signal
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.markup import escape

from connectors.feeds.listed import FeedSource
from operations.errors import Away, CommandError, Misused, Refused
from operations.feeds.believing import leave_word, question_in
from operations.feeds.fetching import AGENT, LARGEST_BYTES, FetchFailed, ListFetcher, shown
from operations.feeds.kept import FeedFile
from operations.feeds.metrics import FeedTelemetry
from operations.feeds.polling import Poller
from operations.feeds.publishing import publisher
from operations.feeds.watching import TAKEN
from operations.system.asking import who
from operations.system.instants import clock_of, read_span
from operations.system.location import Where, find
from outagectl.commands.feeds.reader import Fresh, Name, Reader, Rows, source_of, state_file
from outagectl.commands.feeds.words import document, show_question, tell, told_question
from outagectl.terminal.confirm import Yes, confirm
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console, times
from services.kernel.clock import Clock
from services.kernel.observing import logging
from services.kernel.observing.health import Health, HealthServer

log = structlog.get_logger()

SHORTEST = timedelta(seconds=10)
MEBIBYTE = 1024**2


def poll(
    url: Annotated[str | None, typer.Argument(metavar="URL", help="Where the list is.", show_default=False)] = None,
    *,
    reader: Reader = "",
    rows: Rows = None,
    name: Name = None,
    every: Annotated[str, typer.Option("--every", metavar="SPAN", help="How long between two polls.")] = "5m",
    state: Annotated[
        Path | None, typer.Option("--state", metavar="FILE", help="What was listed last (default DIR/feed-NAME.json).")
    ] = None,
    fresh: Fresh = False,
    once: Annotated[bool, typer.Option("--once", help="Poll once and end, for a timer of your own.")] = False,
    metrics: Annotated[
        str | None, typer.Option("--metrics", metavar="[HOST:]PORT", help="Serve /metrics and /healthz there.")
    ] = None,
    agent: Annotated[str, typer.Option("--agent", metavar="TEXT", help="What to be called by the server.")] = AGENT,
    limit: Annotated[int, typer.Option("--limit", metavar="MIB", min=1, help="The largest list taken.")] = LARGEST_BYTES
    // MEBIBYTE,
    believe: Annotated[
        bool, typer.Option("--believe", help="The outages that were gone at once are over: tell the poller, and end.")
    ] = False,
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Poll a list of open outages: what appears, changes and goes becomes facts on dispatch's topic.

    An outage is over once good lists lack it for half an hour. What was listed last is kept in a file, so a restart repeats
    and loses no fact. OUTAGE_POLL_AUTHORIZATION is sent as that header, where the list wants one. Ctrl-C ends it.
    """
    where = find(data)
    source = source_of(reader, rows, name) if reader else None
    if believe:
        _believe(_path(state, data, source), where, yes=yes)
        return
    if source is None or url is None:
        raise Misused("poll needs an address and --reader: outagectl poll URL --reader NAME|MODULE:FUNCTION")
    span, clock, served = read_span(every, "--every"), clock_of(where), _address(metrics)
    if span < SHORTEST:
        raise Misused(f"--every {every} is too often for somebody else's server: give {SHORTEST.seconds}s or more")
    where.need_kafka()
    fetcher = _fetcher(url, clock, agent, limit * MEBIBYTE)
    with FeedFile(_path(state, data, source), source, fresh=fresh) as kept:
        if once:
            _quiet_kafka()
            _once(where, clock, fetcher, kept, json=json)
        else:
            logging.configure("feed", version("outage-notice"), clock, form="json" if json else "auto")
            _quiet_kafka()
            asyncio.run(_run(where, clock, fetcher, kept, span, served))


def _path(state: Path | None, data: Path | None, source: FeedSource | None) -> Path:
    if state is not None:
        return state
    if source is None:
        raise Misused("whose list is meant is not said: give --reader, or the poller's own file with --state")
    return state_file(data, source)


def _fetcher(url: str, clock: Clock, agent: str, largest: int) -> ListFetcher:
    try:
        shown(url)
    except ValueError as error:
        raise Misused(str(error)) from None
    authorization = os.environ.get("OUTAGE_POLL_AUTHORIZATION") or None
    return ListFetcher(url, clock, authorization=authorization, agent=agent, largest=largest)


def _believe(path: Path, where: Where, *, yes: bool) -> None:
    question, out = question_in(path), console()
    out.print(escape(told_question(question, times(where, utc=False))), soft_wrap=True)
    confirm("the customers of those outages are told that power is back", yes=yes)
    leave_word(path, question, who())
    out.print("Said. The poller acts on it with its next list, if that still lacks them.")


def _once(where: Where, clock: Clock, fetcher: ListFetcher, kept: FeedFile, *, json: bool) -> None:
    async def polled() -> tuple[Poller, CommandError | None]:
        async with fetcher:
            poller = Poller(fetcher, kept, publisher(where, clock), clock, quiet=True)
            try:
                taken = await poller.once()
            except FetchFailed as failure:
                return poller, Away(str(failure))
            except CommandError as error:
                return poller, error
            if taken.refused is not None:
                return poller, Refused(f"the list was refused ({taken.refused}). {taken.unreadable or ''}".rstrip())
            return poller, None

    poller, trouble = asyncio.run(polled())
    if json:
        as_json({"sent": poller.counts.sent, "waiting": len(kept.waiting)} | document(kept.feed))
    elif _something_to_show(poller):
        tell(kept.feed, poller.counts.sent, sent=True, waiting=len(kept.waiting))
        if kept.feed.vanished is not None:
            way = f"If it is true: outagectl poll --believe --state {kept.path}"
            show_question(kept.feed.vanished, times(where, utc=False), way)
    if trouble is not None:
        raise trouble


def _quiet_kafka() -> None:
    """That the broker is away is told here, in words."""
    stdlib_logging.getLogger("aiokafka").setLevel(stdlib_logging.CRITICAL)


def _something_to_show(poller: Poller) -> bool:
    """Whether there is something to show of this poll, beside why it failed."""
    return bool(poller.counts.sent) or any(name in TAKEN for name in poller.counts.outcomes)


async def _run(
    where: Where, clock: Clock, fetcher: ListFetcher, kept: FeedFile, every: timedelta, address: tuple[str, int] | None
) -> None:
    """Until Ctrl-C or SIGTERM; whatever it is at then is done again, for nothing is lost by being cut off."""
    health, telemetry = Health(clock), FeedTelemetry()
    health.starting("the first poll")
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as exits:
        if address is not None:
            server = HealthServer(health, telemetry, *address)
            try:
                await server.start()
            except OSError as error:
                raise Misused(f"--metrics {address[0]}:{address[1]} cannot be served at ({error.strerror})") from None
            exits.push_async_callback(server.stop)
            log.info("metrics", port=server.port)
        await exits.enter_async_context(fetcher)
        publish = publisher(where, clock)
        poller = Poller(fetcher, kept, publish, clock, every=every, telemetry=telemetry, health=health)
        log.info(
            "polling",
            address=fetcher.shown,
            state=str(kept.path),
            every=str(every),
            goes_on=kept.gone_on,
            waiting=len(kept.waiting),
        )
        running = asyncio.create_task(poller.run(stop))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, running.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await running
        log.info("polling ended", lists=poller.counts.outcomes, facts=poller.counts.sent, waiting=len(kept.waiting))


def _address(text: str | None) -> tuple[str, int] | None:
    """[HOST:]PORT; 0 takes a free port."""
    if text is None:
        return None
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - TCP's own
        raise Misused(f"--metrics {text} is no address to serve at: give 9464 or 0.0.0.0:9464")
    return host or "127.0.0.1", int(port)
