"""Whoever reported a fault is called back: the list, a task for each outage, what was said on record, figures; on a database."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from schemas.contracts.dispatch import FaultReported, FollowupDone, OutageStarted, SupplyRestored
from services.kernel.warp import WarpDriver
from services.restorer.domain.callers.calling_back import rules_of
from services.restorer.tables.followups import SQL, called_back, renew_followups
from services.tasks.worker import TaskWorker
from tests.kits.ctl import Ctl
from tests.kits.deciders.restorer import CALENDAR, EAST, POLICY
from tests.kits.stack.tables.restorer import restorer_in
from tests.kits.stack.tables.room import Room

BEGAN = datetime(2026, 3, 6, 2, tzinfo=UTC)
"""Ten in the morning in Shanghai."""
BACK = BEGAN + timedelta(hours=1)
ROWS = "select mrid, report_id, due_from, outcome, tries, last_at, next_at from followup order by report_id"


class CallCentre:
    """The restorer on a database, the tasks it has, and the clock that both and the command line go by."""

    def __init__(self, room: Room, clock: WarpDriver) -> None:
        self.room, self._clock = room, clock
        self.say = room.say

    async def comes_to(self, instant: datetime) -> None:
        """It is that time, and what stands has been looked at."""
        self.room.clock.set(instant)
        self._clock.set(instant)
        worker = TaskWorker(self.room.workers[0], self.room.pool, self.room.clock)
        while await worker.once():
            pass


@pytest.fixture
async def centre(postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[CallCentre]:
    clock = WarpDriver(tmp_path / "clock", BEGAN)
    monkeypatch.setenv("OUTAGE_CLOCK_FILE", str(tmp_path / "clock"))
    monkeypatch.setenv("OUTAGE_LOCAL_STACK", "1")
    monkeypatch.setenv("OUTAGE_OPERATOR", "day shift")
    monkeypatch.chdir(tmp_path)
    async with restorer_in(postgres) as room:
        monkeypatch.setenv("OUTAGE_POSTGRES", room.dsn)
        made = CallCentre(room, clock)
        await made.comes_to(BACK + timedelta(hours=1))
        for number in (1, 2):
            await made.say(FaultReported(mrid="F-1", reported_at=BEGAN, reporting_kind="call", report_id=f"R-{number}"))
        await made.say(OutageStarted(mrid="F-1", outage_class="fault", started_at=BEGAN, extent=EAST))
        yield made


async def test_reporters_are_one_task_until_each_was_called_and_again_where_nobody_was_reached(
    centre: CallCentre, ctl: Ctl
) -> None:
    assert (await ctl.json("followup", "list"))["found"] == 0
    assert (await ctl.said("followup", "record", "R-1", "--outcome", "neutral")).code == 3
    await centre.say(SupplyRestored(mrid="F-1", restored_at=BACK))
    await centre.comes_to(BACK + timedelta(hours=2))
    (task,) = await ctl.json("task", "list")
    assert (task["kind"], task["mRID"], task["reason"]) == ("reporters-to-call", "F-1", "power-is-back")
    listed = (await ctl.json("followup", "list", "--show", "due"))["followups"]
    assert [(one["reportId"], one["mRID"], one["tries"]) for one in listed] == [("R-1", "F-1", 0), ("R-2", "F-1", 0)]
    await ctl.json("followup", "record", "R-1", "--outcome", "satisfied")
    await ctl.json("followup", "record", "R-2", "--outcome", "unreached", "--reason", "engaged")
    await centre.comes_to(BACK + timedelta(hours=3))
    assert await ctl.json("task", "list") == [], "who was not reached is called again in hours"
    printed = (await ctl.said("followup", "list")).out
    assert "R-2" in printed
    assert "tried 1 time" in printed
    await centre.comes_to(BACK + timedelta(hours=7))
    (task,) = await ctl.json("task", "list")
    assert (task["kind"], task["reason"]) == ("reporters-to-call", "not-reached-yet")
    await ctl.json("followup", "record", "R-2", "--outcome", "dissatisfied")
    await centre.comes_to(BACK + timedelta(hours=8))
    assert await ctl.json("task", "list") == []
    every = (await ctl.json("followup", "list", "--show", "all"))["followups"]
    assert [(one["reportId"], one["outcome"], one["tries"]) for one in every] == [
        ("R-1", "satisfied", 0),
        ("R-2", "dissatisfied", 1),
    ]


async def test_what_was_said_is_on_record_once_whoever_tells_it_and_counted_once(centre: CallCentre, ctl: Ctl) -> None:
    await centre.say(SupplyRestored(mrid="F-1", restored_at=BACK))
    said = "满意，请回 13900000000"
    done = await ctl.json("followup", "record", "R-1", "--outcome", "satisfied", "--opinion", said, "--by", "Li")
    assert (done["reason"], done["mRID"], done["by"]) == ("followup-done", "F-1", "Li")
    again = await ctl.said("followup", "record", "R-1", "--outcome", "neutral")
    assert again.code == 1
    assert "called-already" in again.err
    # The call centre's system tells of the same call, in words of its own.
    at = BACK + timedelta(hours=1)
    await centre.say(
        FollowupDone(mrid="F-1", done_at=at, by="Li", outcome="satisfied", opinion="fine", report_id="R-1")
    )
    pool = centre.room.pool
    words = await pool.fetch(
        "select data ->> 'opinion' as opinion, data ->> 'by' as by from event where type = 'followup.done.v1'"
    )
    assert [one["opinion"] for one in words] == ["满意，请回 [phone]", "fine"]
    ended = await pool.fetchval("select count(*) from event where type = 'followup.ended.v1'")
    assert ended == 1
    figures = await called_back(pool, BEGAN, BACK + timedelta(days=1))
    assert (figures.due, figures.called, figures.open, figures.rate) == (2, 1, 1, 50)


async def test_what_a_version_without_the_table_wrote_is_in_it_after_a_start(centre: CallCentre, ctl: Ctl) -> None:
    await centre.say(SupplyRestored(mrid="F-1", restored_at=BACK))
    await ctl.json("followup", "record", "R-1", "--outcome", "satisfied")
    pool = centre.room.pool
    kept = await pool.fetch(ROWS)
    await pool.execute("delete from followup where report_id = 'R-2'")
    await pool.execute("update followup_mark set position = 0")
    async with pool.acquire() as connection:
        service, rules = centre.room.workers[0].service, rules_of(POLICY, CALENDAR)
        assert await renew_followups(connection, service, rules) == 1
        assert await renew_followups(connection, service, rules) == 0
    assert await pool.fetch(ROWS) == kept


class Meanwhile:
    """A connection beside which a pod of the version before writes, right after it was asked what such a pod wrote."""

    def __init__(self, connection: Any, centre: CallCentre) -> None:
        self.connection, self.centre = connection, centre

    async def fetch(self, sql: str, *values: object) -> Any:
        found = await self.connection.fetch(sql, *values)
        if sql == SQL["behind"]:
            await self.centre.say(SupplyRestored(mrid="F-1", restored_at=BACK))
            await self.connection.execute("delete from followup")
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


async def test_what_such_a_version_writes_while_another_starts_is_found_by_the_next(centre: CallCentre) -> None:
    async with centre.room.pool.acquire() as connection:
        service, rules = centre.room.workers[0].service, rules_of(POLICY, CALENDAR)
        assert await renew_followups(Meanwhile(connection, centre), service, rules) == 0
        assert await renew_followups(connection, service, rules) == 1
    assert await centre.room.pool.fetchval("select count(*) from followup") == 2
