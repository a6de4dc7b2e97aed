"""Restorers are replaced one by one: an older and a newer one share a consumer group, and no promise is lost or doubled.

The older is a release before (which stops at what it does not know, as releases of then do), or this version without some of what
it knows (which holds such streams, and leaves them to the newer one). Played by `make upgrades`.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from devstack.processes.supervisor import Child
from operations.duty.rearm import run_rearm
from operations.system.location import find
from schemas.contracts import dispatch
from services.kernel.warp import WarpDriver
from tests.kits.ctl import Ctl
from tests.kits.stack.injecting.releases import POD, UPGRADE, WITH_KITS, unpack
from tests.kits.system.breakable import Breakable, Told, faults_of, told
from tests.kits.system.load import extent
from tests.kits.system.workers import another_worker
from tests.kits.waiting import until

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.environ.get("OUTAGE_RELEASES") != "all", reason="make upgrades plays it"),
]
START = datetime(2026, 3, 5, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SECONDS = 60
CREW, BACK, ANSWER = "cn.fault.crew-45min", "cn.restore.one-working-day", "cn.complaint.answer-5d"
FAULTS = 8
HOLDS = [sys.executable, str(UPGRADE / "forgetful.py")]


class RollOut:
    """A system whose restorer is this version's, and an older one that comes and goes."""

    def __init__(self, system: Breakable, outside: Told, driver: WarpDriver, ctl: Ctl) -> None:
        self.system, self.told, self.driver, self.ctl = system, outside, driver, ctl
        self.began: dict[str, datetime] = {}

    async def rests(self) -> None:
        """All is done that is due now."""
        await self.told.idle.wait(SECONDS)

    async def after(self, step: timedelta) -> None:
        """Time passes, hour by hour at most, and what falls due meanwhile is judged."""
        while step > timedelta(0):
            part = min(step, HOUR)
            self.driver.jump(part)
            step -= part
            await self.rests()

    async def faults(self, first: int, last: int) -> None:
        """Faults are reported; to every second the crew comes after half an hour."""
        for number in range(first, last):
            now = self.told.clock.now()
            self.began[f"F-{number}"] = now
            where = extent(number)
            report = dispatch.FaultReported(mrid=f"F-{number}", reported_at=now, report_id=f"R-{number}", extent=where)
            await self.told.tell(
                dispatch.OutageStarted(mrid=f"F-{number}", outage_class="fault", started_at=now, extent=where), report
            )
        await self.rests()

    async def crews(self, first: int, last: int) -> None:
        """To every second fault comes a crew."""
        now = self.told.clock.now()
        for number in range(first, last, 2):
            await self.told.tell(dispatch.CrewStatus(mrid=f"F-{number}", crew_status="arrived", at=now))
        await self.rests()

    async def said(self) -> Counter[tuple[str, str, str]]:
        """Of the restorer's log: subject, rule, and what was said of the promise, how often."""
        rows = await self.told.logs["restorer"].fetch(
            "select stream_id, type, data from event where starts_with(type, 'promise.') and type not in ('promise.at-risk.v1')"
        )
        found: Counter[tuple[str, str, str]] = Counter()
        for row in rows:
            data: dict[str, Any] = json.loads(row["data"])
            rule = data["rule"]["ruleId"]
            if rule in (CREW, BACK, ANSWER):
                word = row["type"].removeprefix("promise.").removesuffix(".v1")
                found[row["stream_id"].partition("/")[2], rule, word] += 1
        return found

    async def over(self) -> None:
        """Power is back everywhere, and what an upgrade ends with is done."""
        for mrid in self.began:
            now = self.told.clock.now()
            await self.told.tell(
                dispatch.CauseCleared(mrid=mrid, cleared_at=now), dispatch.SupplyRestored(mrid=mrid, restored_at=now)
            )
        await self.rests()

    async def upgrade_ends(self) -> None:
        """What docs/operations.md has done once no older pod is left."""
        await run_rearm(find(self.system.folder, {}), ("restorer",), "roll-out")
        await self.ctl.said("quarantine", "retry-understood", "--reason", "roll-out")
        await self.rests()


@pytest.fixture
async def roll_out(tmp_path: Path, ctl: Ctl, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RollOut]:
    clock_file = tmp_path / "clock"
    monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
    with WarpDriver(clock_file, START) as driver:
        async with Breakable(tmp_path, clock_file=clock_file, pause=0.01) as system, told(tmp_path) as outside:
            yield RollOut(system, outside, driver, ctl.on(tmp_path))


def log_of(child: Child) -> str:
    return child.log_file.read_text(encoding="utf-8")


async def begun(child: Child) -> None:
    await until(lambda: '"started"' in log_of(child), 40, "the older restorer to begin")


EXPECTED: Counter[tuple[str, str, str]] = Counter(
    {
        **{(f"F-{number}", CREW, "made"): 1 for number in range(FAULTS)},
        **{(f"F-{number}", CREW, "broken" if number % 2 else "kept"): 1 for number in range(FAULTS)},
        **{(f"F-{number}", BACK, word): 1 for number in range(FAULTS) for word in ("made", "kept")},
        **{(name, ANSWER, "made"): 1 for name in ("C-1", "C-2", "C-3")},
        ("C-1", ANSWER, "kept"): 1,
        ("C-2", ANSWER, "broken"): 1,
        ("C-3", ANSWER, "broken"): 1,
    }
)


@pytest.mark.parametrize("older", [*WITH_KITS, "this version, without some of it"])
async def test_while_restorers_are_replaced_no_promise_is_lost_or_doubled(
    roll_out: RollOut, tmp_path: Path, older: str
) -> None:
    roll, holds = roll_out, older not in WITH_KITS
    code = None if holds else unpack(older, tmp_path / "before")
    program = [str(UPGRADE / "forgetful.py")] if holds else [str(POD), "restorer"]
    now = roll.told.clock.now()
    await roll.told.tell(dispatch.ComplaintReceived(complaint_id="C-1", received_at=now))
    await roll.told.tell(dispatch.ComplaintReceived(complaint_id="C-2", received_at=now))
    await roll.faults(0, FAULTS // 2)
    async with another_worker(roll.system, "restorer", program=program, code=code) as pod:
        await begun(pod)
        await roll.faults(FAULTS // 2, FAULTS)
        await roll.told.tell(dispatch.ComplaintReceived(complaint_id="C-3", received_at=roll.told.clock.now()))
        await roll.after(30 * MINUTE)
        await roll.crews(0, FAULTS)
        await roll.after(HOUR)
        if holds:
            # A person says why: of outages whose partition the older pod may have.
            await why(roll)
        await roll.over()
        await roll.after(3 * HOUR)
        stopped = not pod.running
        if stopped:
            assert not holds, log_of(pod)[-3000:]
            assert pod.returncode == 70
            assert "run the version that wrote it" in log_of(pod)
    await roll.upgrade_ends()
    await roll.told.tell(dispatch.ComplaintAnswered(complaint_id="C-1", answered_at=roll.told.clock.now()))
    await roll.after(6 * DAY)
    assert await roll.said() == EXPECTED + Counter(
        {(f"F-{n}", CREW, "explained"): 1 for n in range(1, FAULTS, 2) if holds}
    )
    parked = await roll.told.logs["restorer"].fetchval("select count(*) from stream where parked_by is not null")
    assert parked == 0
    assert faults_of(await roll.told.audit()) == {}
    if holds:
        assert pod.returncode == 0, "it went on to the end"
    else:
        await refuses_to_start(roll, code)


async def refuses_to_start(roll: RollOut, code: Path | None) -> None:
    """Rolled back on tables that are migrated, the release before does not begin, and says what to do; the new one goes on."""
    async with another_worker(roll.system, "restorer", program=[str(POD), "restorer", "anew"], code=code) as back:
        await until(lambda: not back.running, 60, "the release before to refuse")
    assert back.returncode == 78
    assert "which this version does not know: it is newer than this code" in log_of(back)


async def why(roll: RollOut) -> None:
    names = [f"F-{number}/{CREW}/1" for number in range(1, FAULTS, 2)]
    done = await roll.ctl.said("promises", "why", *names, "--reason", "the bridge was closed", "--yes")
    assert done.code == 0, done.err
    await asyncio.sleep(1)
    await roll.rests()
