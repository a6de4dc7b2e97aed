"""Ten days of one small city: what dispatch says, and when. The story is told by the services' own logs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from devstack.play import Play
from schemas import dispatch
from schemas.base import Extent, Period, encode
from schemas.cloudevent import CloudEvent
from schemas.dispatch import (
    CauseCleared,
    CrewStatus,
    ErtChanged,
    FaultReported,
    FollowupDone,
    OutageStarted,
    PlannedRequested,
    SupplyRestored,
)
from schemas.registry import TYPE_OF
from services.kernel.kafka import Produce

ZONE = ZoneInfo("Asia/Shanghai")
EAST = Extent(lines=("10千伏城东线",), areas=("中山路一带",), nominal_voltage=10, customers_affected=1840)
INDUSTRY = Extent(lines=("10千伏工业线",), areas=("工业大道一带",), nominal_voltage=10, customers_affected=212)
SOURCE = "/dispatch/east"
PLAN, REFUSED, FAULT = "DJ-P-0311", "DJ-P-0306", "DJ-F-0305"
BAD_ID = "ert-without-zone"
BACK_SECONDS = 60.0
MARCH = 2026, 3


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of that March, in the city's own time."""
    return datetime(*MARCH, day, hour, minute, tzinfo=ZONE)


START = at(2, 8)


@dataclass(frozen=True, slots=True)
class Kill:
    """A service that was killed in the middle."""

    service: str
    signal: str
    pid: int
    seconds: float
    """Real seconds until it was ready again."""

    def as_json(self) -> dict[str, Any]:
        """A row of the report."""
        return {"service": self.service, "signal": self.signal, "pid": self.pid, "secondsUntilReady": self.seconds}


class Narrator(Protocol):
    """Who writes the book."""

    async def say(self, who: str, what: str, *notes: str, about: str = "") -> None:
        """A line of one's own."""
        ...

    async def look(self) -> int:
        """Tell what is new; returns how many lines that were."""
        ...

    def missing(self, mrid: str) -> tuple[int, int, int]:
        """Texts about an outage: asked for, on handsets, on handsets more than once."""
        ...


Stage = Callable[[str], AbstractAsyncContextManager[None]]


@dataclass(slots=True)
class Days:
    """Plays them. `stage` names what is being played, for the error if it fails."""

    play: Play
    book: Narrator
    stage: Stage
    kills: list[Kill] = field(default_factory=list)

    async def run(self) -> None:
        """All ten days."""
        chapters: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("the planned cut is announced", self._planned),
            ("a plan on short notice is refused", self._refused),
            ("a fault comes at night", self._fault),
            ("the expected time passes", self._overdue),
            ("the fault is mended", self._mended),
            ("an event that nobody can read comes in", self._unreadable),
            ("the planned cut is carried out", self._carried_out),
        ]
        for name, chapter in chapters:
            async with self.stage(name):
                await chapter()

    async def _planned(self) -> None:
        await self.play.until(at(2, 8, 30))
        await self.play.tell(
            PlannedRequested(
                mrid=PLAN,
                revision_number=1,
                outage_class="planned",
                planned_period=Period(start=at(11, 8), end=at(11, 17)),
                extent=INDUSTRY,
                requested_at=at(2, 8, 30),
                reason="更换老旧导线",
            )
        )

    async def _refused(self) -> None:
        await self.play.until(at(2, 10))
        await self.play.tell(
            PlannedRequested(
                mrid=REFUSED,
                revision_number=1,
                outage_class="planned",
                planned_period=Period(start=at(6, 9), end=at(6, 12)),
                extent=EAST,
                requested_at=at(2, 10),
                reason="树木修剪",
            )
        )

    async def _fault(self) -> None:
        """The fault, and the notifier killed at the moment Kafka has it, before anyone was told."""
        await self.play.until(at(5, 2, 14))
        facts = (
            OutageStarted(mrid=FAULT, outage_class="fault", started_at=at(5, 2, 14), extent=EAST, ert=at(5, 4)),
            FaultReported(mrid=FAULT, reported_at=at(5, 2, 14), territory="urban", report_id="95598-0412"),
        )
        await self.play.send(
            [
                CloudEvent(source=SOURCE, id=f"night-{n}", type=TYPE_OF[type(fact)], time=at(5, 2, 14), data=fact)
                for n, fact in enumerate(facts, 1)
            ]
        )
        await self._kill("notifier")
        await self.play.settle()
        asked, arrived, twice = self.book.missing(FAULT)
        said = "nothing was lost" if asked == arrived and not twice else "SOMETHING IS WRONG"
        await self.book.say(
            "operations",
            f"{said}: {asked} texts were due, {arrived} are on the handsets, {twice or 'none'} of them twice",
        )
        await self.play.until(at(5, 2, 20))
        await self.play.tell(CrewStatus(mrid=FAULT, crew_status="assigned", at=at(5, 2, 20), crew_id="抢修二班"))
        await self.play.until(at(5, 3, 12))
        await self.play.tell(CrewStatus(mrid=FAULT, crew_status="arrived", at=at(5, 3, 12), crew_id="抢修二班"))

    async def _kill(self, name: str) -> None:
        loop = asyncio.get_running_loop()
        began, before = loop.time(), self.play.system.restarts.get(name, 0)
        pid = self.play.system.kill(name, signal.SIGKILL)
        await self._until_told(began + BACK_SECONDS)
        await self.book.say(
            "operations",
            f"the {name} was killed (kill -9, process {pid}) the moment Kafka had these facts",
            "nobody stands by: it is started again by itself, and time in this city waits for it",
        )
        while self.play.system.restarts.get(name, 0) == before:
            if loop.time() > began + BACK_SECONDS:
                raise TimeoutError(f"the {name} was killed and is not started again")
            await asyncio.sleep(0.02)
        await self.play.system.ready(BACK_SECONDS)
        seconds = round(loop.time() - began, 1)
        self.kills.append(Kill(name, "SIGKILL", pid, seconds))
        await self.book.say("operations", f"the {name} is back after {seconds} s and goes on where its log ends")

    async def _until_told(self, end: float) -> None:
        """The other services go on meanwhile; what they say comes first."""
        while not await self.book.look() and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.05)

    async def _overdue(self) -> None:
        await self.play.until(at(5, 4, 40))
        await self.play.tell(ErtChanged(mrid=FAULT, changed_at=at(5, 4, 40), ert=at(5, 6, 30)))

    async def _mended(self) -> None:
        await self.play.until(at(5, 5, 40))
        await self.play.tell(CauseCleared(mrid=FAULT, cleared_at=at(5, 5, 40), cause="树枝压断导线"))
        await self.play.until(at(5, 6, 18))
        await self.play.tell(SupplyRestored(mrid=FAULT, restored_at=at(5, 6, 18)))
        await self.play.until(at(5, 10))
        await self.play.tell(
            FollowupDone(mrid=FAULT, done_at=at(5, 10), by="坐席 17", outcome="satisfied", report_id="95598-0412")
        )

    async def _unreadable(self) -> None:
        """A dispatch system forgets the time zone, so nobody can know which instant it means."""
        await self.play.until(at(9, 14))
        body = encode(ErtChanged(mrid=PLAN, changed_at=at(9, 14), ert=at(11, 15))).replace(b"+08:00", b"")
        headers = {
            "ce_specversion": "1.0",
            "ce_id": BAD_ID,
            "ce_source": SOURCE,
            "ce_type": TYPE_OF[ErtChanged],
            "ce_time": "2026-03-09T06:00:00Z",
            "content-type": "application/json",
        }
        packed = [(name, value.encode()) for name, value in headers.items()]
        bad = Produce(dispatch.TOPIC, PLAN.encode(), body, packed, self.play.clock.now())
        await self.book.say(
            "dispatch", "sends a new expected time, and forgets the time zone:", body.decode(), about=PLAN
        )
        if not all(await self.play.producer.send([bad])):
            raise ConnectionError("Kafka did not take the event")
        await self.play.settle()

    async def _carried_out(self) -> None:
        await self.play.until(at(11, 8))
        await self.play.tell(
            OutageStarted(mrid=PLAN, outage_class="planned", started_at=at(11, 8), extent=INDUSTRY, ert=at(11, 17))
        )
        await self.play.until(at(11, 16, 5))
        await self.play.tell(CauseCleared(mrid=PLAN, cleared_at=at(11, 16, 5), cause="线路检修"))
        await self.play.until(at(11, 16, 20))
        await self.play.tell(SupplyRestored(mrid=PLAN, restored_at=at(11, 16, 20)))
        await self.play.until(at(12, 17))
