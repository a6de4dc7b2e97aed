"""The report of a month on a real PostgreSQL: read from the tables, late facts correct it, every figure has its cases."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from operations.duty.rearm import run_rearm
from operations.reports.form import MonthReport
from operations.reports.making import cases_of, report_of
from operations.reports.reading import report_facts
from operations.system.location import Where, find
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from tests.kits.ctl import Ctl
from tests.kits.stack.tables.restorer import restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]

ZONE = ZoneInfo("Asia/Shanghai")


def local(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZONE)


def off(mrid: str, since: datetime, customers: int | None, line: str = "east", kind: Any = "fault") -> OutageStarted:
    extent = Extent(lines=(line,), areas=("A",), customers_affected=customers)
    return OutageStarted(mrid=mrid, outage_class=kind, started_at=since, extent=extent)


def back(mrid: str, at: datetime) -> SupplyRestored:
    return SupplyRestored(mrid=mrid, restored_at=at)


@pytest.fixture
def where(restorer_room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Where:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_POSTGRES", restorer_room.dsn)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    monkeypatch.setenv("OUTAGE_OPERATOR", "night shift")
    return find(None)


async def report(where: Where, period: str) -> MonthReport:
    return report_of(await report_facts(where, period))


async def test_a_month_by_the_clocks_of_the_utility(restorer_room: Room, where: Where) -> None:
    room = restorer_room
    await room.say_all(
        off("A", local(2, 9), 100),
        back("A", local(2, 10)),
        off("B", local(3, 9), 40, "west", "planned"),
        back("B", local(3, 9, 3)),
        off("C", local(28, 23, month=2), 1000),
        back("C", local(1, 2)),
        off("D", local(4, 8), None),
        back("D", local(4, 9)),
    )
    made = await report(where, "2026-03")
    whole = made.whole.indices
    assert (whole.outages, whole.customers_interrupted, whole.customer_minutes) == (3, 100, 6000.0)
    assert (whole.momentary_interruptions, whole.not_known, whole.caidi) == (40, 1, 60.0)
    assert (whole.saidi, made.served.source) == (None, "not-known")
    assert {one.name for one in made.by_class} == {"fault", "planned"}
    assert (await report(where, "2026-02")).whole.indices.customer_minutes == 1000 * 180.0
    assert [one.mrid for one in cases_of(await report_facts(where, "2026-03"), "saidi")] == ["A"]
    late = SupplyRestored(
        mrid="A", restored_at=local(2, 9, 30), scope="part", extent=Extent(areas=("A",), customers_affected=50)
    )
    await room.say(late)
    assert (await report(where, "2026-03")).whole.indices.customer_minutes == 4500.0, "a late fact corrects the month"


async def test_the_command_prints_a_table_a_document_cases_and_a_page(
    restorer_room: Room, where: Where, tmp_path: Path
) -> None:
    del where
    room = restorer_room
    await room.say_all(off("A", local(2, 9), 100), back("A", local(2, 10)))
    ctl = Ctl()
    code, out, err = await ctl.said("report", "2026-03")
    assert (code, err) == (0, "")
    assert "cannot be said" in out
    assert "6,000" in out
    code, out, _ = await ctl.said("report", "2026-03", "--json")
    assert json.loads(out)["whole"]["indices"]["customerMinutes"] == 6000.0
    code, out, _ = await ctl.said("report", "2026-03", "--csv")
    assert out.splitlines()[0].startswith("period,kind,name")
    code, out, _ = await ctl.said("report", "2026-03", "--cases", "saifi")
    assert "A" in out
    code, _, err = await ctl.said("report", "2026-03", "--cases", "sadi")
    assert (code, "name one of" in err) == (2, True)
    page = tmp_path / "march.html"
    code, out, _ = await ctl.said("report", "2026-03", "--html", str(page), "--language", "en")
    assert (code, "march.html" in out) == (0, True)
    assert "March 2026" in page.read_text(encoding="utf-8")
    code, _, err = await ctl.said("report", "2026-03", "--html", str(page / "x"))
    assert (code, "cannot be written" in err) == (2, True)
    await room.pool.execute("alter table interruption rename column off_from to another_version")
    code, _, err = await ctl.said("report", "2026-03")
    assert (code, "outagectl migrate" in err) == (78, True)


async def test_outages_that_an_older_version_saw_last_are_counted_after_rearm(
    restorer_room: Room, where: Where
) -> None:
    room = restorer_room
    await room.say_all(off("A", local(3, 9), 100), back("A", local(3, 10)))
    await room.pool.execute("update live set view = view - 'figures', written_by = 'older'; delete from counted_outage")
    made = await report(where, "2026-03")
    assert (made.not_counted, made.whole.indices.outages) == (1, 0)
    await run_rearm(where, ("restorer",), "a new version")
    made = await report(where, "2026-03")
    assert (made.not_counted, made.whole.indices.customer_minutes) == (0, 6000.0)
