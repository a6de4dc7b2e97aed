"""Run one import: the system around it, the stop in the middle, the figures at the end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from connectors.feeds.archive import areas_in, read_feed
from connectors.feeds.bchydro import SOURCE
from connectors.feeds.snapshots import SnapshotFeed
from connectors.registry.sample import sample_registry
from demo.feed.folder import ImportState, save
from demo.feed.play import ListPlayer, PlaybackPace
from demo.feed.report import SQL, figures, well
from demo.feed.show import ImportProgress
from devstack.system import SERVICES, System
from operations.audit.report import Report
from operations.audit.run import run_audit
from operations.errors import Refused
from operations.system.location import Where, find
from services.kernel.observing.every import every
from services.kernel.warp import WarpClock, WarpDriver

REPORT_FILE = "report.json"
CLOCK_FILE = "clock"
BEFORE = timedelta(minutes=1)
# Who speaks in the texts: nobody's real name, in the zone of the place that the lists are of.
VOICE = {
    "OUTAGE_ZONE": "America/Vancouver",
    "OUTAGE_UTILITY_NAME": "Sample Hydro",
    "OUTAGE_UTILITY_NAME_EN": "Sample Hydro",
    "OUTAGE_HOTLINE": "+1 604 555 0100",
    "OUTAGE_EMERGENCY": "911",
}
# Deadlines are looked for more often, as a month is played in minutes.
HASTE = {"OUTAGE_POLL_SECONDS": "0.02"}
# Time stands while a text is on its way, so a carrier that takes 200 real ms would hold a whole month back.
CARRIER = {"send_seconds": 0.005, "deliver_seconds": 0.005, "segments_per_second": 2000.0}


@dataclass(frozen=True, slots=True)
class ImportResult:
    """An import that came to its end: its figures (`audit` and `wrong` among them), and the audit itself."""

    told: Mapping[str, Any]
    audit: Report


class Run:
    """`state` and `feed` are where an earlier run stopped, or fresh ones."""

    def __init__(
        self,
        file: Path,
        folder: Path,
        state: ImportState,
        feed: SnapshotFeed,
        pace: PlaybackPace,
        shown: ImportProgress,
    ) -> None:
        self._file, self._folder, self._state, self._feed, self._pace = file, folder, state, feed, pace
        self._goes_on = state.lists > 0
        self._shown = shown
        self._player: ListPlayer | None = None
        self._stopping = False

    async def on_its_own(self) -> ImportResult | None:
        """On a stack of its own in the folder; None if it was stopped.

        Raises:
            StackInUseError, SystemNotReady: the stack does not come up.
            CommandError: playing came to no end; the same command goes on.

        """
        clock_file = self._folder / CLOCK_FILE
        save(self._folder, self._state, self._feed)  # so that the folder is known as an import's from the start
        with self._shown, closing(WarpDriver(clock_file, self._first() - BEFORE)) as driver:
            system = System(self._folder, clock_file=clock_file, environment=VOICE | HASTE, say=self._shown.say)

            async def played() -> ImportResult | None:
                async with system:
                    where = find(self._folder, {})
                    await _hasten(where)
                    try:
                        return await self._play(where, driver, receipts=False)
                    finally:
                        for name, times in system.restarts.items():
                            self._state.restarts[name] = self._state.restarts.get(name, 0) + times

            return await self._until_stopped(played)

    async def into_running(self) -> ImportResult | None:
        """Into the system that runs in the folder; None if it was stopped.

        Raises:
            Refused: its clock is the machine's, or stands behind the first list.
            Away: it cannot be reached.
            ClockError: something else drives its clock.

        """
        where = find(self._folder)
        if where.clock_file is None:
            raise Refused(
                "that system runs on the machine's clock, for which these lists are long past: leave --running out "
                "and the import brings up a system of its own"
            )
        with self._shown, closing(WarpDriver(Path(where.clock_file))) as driver:
            if not self._goes_on and driver.now() > self._first():
                raise Refused(
                    f"the clock there stands at {driver.now().isoformat()}, behind the first list: "
                    "give a later --from, or leave --running out"
                )
            return await self._until_stopped(lambda: self._play(where, driver, receipts=True))

    def _first(self) -> datetime:
        job = self._state.job
        return next(read_feed(self._file, since=job.since, until=job.until))[0]

    async def _until_stopped(self, work: Any) -> ImportResult | None:
        """Ctrl-C ends it between two lists; a second one, or one before anything was played, at once."""
        task: asyncio.Task[ImportResult | None] = asyncio.create_task(work())

        def stop() -> None:
            if self._player is None or self._stopping:
                task.cancel()
            else:
                self._player.stop()
                self._shown.say("stopping after this list …")
            self._stopping = True

        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            done = await task
        except asyncio.CancelledError:
            if not self._stopping:
                raise
            done = None
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        if done is None:
            at = self._feed.last_at
            self._shown.say(
                f"stopped after {self._state.lists:,} lists{f', at {at:%Y-%m-%d %H:%M} UTC' if at else ''}; "
                f"all that was said is kept. {self._shown.again}"
            )
        return done

    async def _play(self, where: Where, driver: WarpDriver, *, receipts: bool) -> ImportResult | None:
        job, state, feed = self._state.job, self._state, self._feed
        clock = WarpClock(Path(str(where.clock_file)))
        async with ListPlayer(where, driver, clock, self._pace, receipts=receipts) as player:
            registry = sample_registry(areas_in(self._file, SOURCE))
            new = await player.register(registry)
            self._shown.say(f"{len(registry)} key customers in the registry, {new} of them new")
            if self._goes_on:
                state.stops += 1
                self._shown.say(f"going on after {state.lists:,} lists")
            self._player = player
            self._shown.begin(state, player.logs)
            counting = asyncio.create_task(self._count(where))
            try:
                lists = read_feed(self._file, since=job.since, until=job.until)
                await player.play(lists, feed, state, self._folder, self._shown.at)
            finally:
                counting.cancel()
            await player.rest()
            if player.stopped:
                return None
            await self._shown.end()
            state.finished = True
            audit = await run_audit(where, SERVICES, with_kafka=True)
            told = await figures(player.logs, where, state, feed)
            told |= {"audit": audit.as_json(), "wrong": well(audit, told)}
            save(self._folder, state, feed)
            report = msgspec.json.format(msgspec.json.encode(told, enc_hook=str), indent=2)
            (self._folder / REPORT_FILE).write_bytes(report)
            return ImportResult(told, audit)

    async def _count(self, where: Where) -> None:
        """Texts so far, for the bar; on a connection of its own."""
        import asyncpg  # noqa: PLC0415

        connection = await asyncpg.connect(where.need_postgres(), server_settings={"search_path": "notifier"})

        async def look() -> None:
            self._shown.texts = await connection.fetchval(SQL["texts_so_far"])

        try:
            await every(1.0, look)
        finally:
            await connection.close()


async def _hasten(where: Where) -> None:
    """Let the simulated carrier hand texts over at once."""
    async with aiohttp.ClientSession() as session:
        async with session.patch(f"{where.twilio_url}/_sim/config", json=CARRIER) as answer:
            answer.raise_for_status()
