"""The report of a month where a network model is known: customers served, by area too; and five years of days before it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from math import exp
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from operations.reports.form import MonthReport
from operations.reports.making import cases_of, report_of
from operations.reports.reading import report_facts
from operations.system.location import Where, find
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from tests.kits.network.copied import brought
from tests.kits.network.models import element, whole
from tests.kits.stack.tables.restorer import restorer_room
from tests.kits.stack.tables.room import Room

__all__ = ["restorer_room"]

ZONE = ZoneInfo("Asia/Shanghai")
CITY = [
    element("ss", "substation"),
    element("L1", "line", "ss", name="10千伏城东线"),
    element("A1", "area", name="中山路一带"),
    element("A2", "area", name="滨江道"),
    element("T1", "transformer", "L1", name="城东1号公变", areas=("A1",)),
    element("T2", "transformer", "L1", name="城东2号公变", areas=("A2",)),
    replace(element("T3", "transformer", "L1", name="泵站专变", areas=("A2",)), customers_served=7),
    element("P1", "usagePoint", "T1"),
    replace(element("P2", "usagePoint", "T1", areas=("A2",)), customers_served=90),
    element("P3", "usagePoint", "T2"),
]
"""T1 has one customer of its own area and 90 in the other; T2 one; T3 seven, and no usage point."""


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


@pytest.fixture
def where(restorer_room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Where:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_POSTGRES", restorer_room.dsn)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    return find(None)


async def report(where: Where, period: str = "2026-03") -> MonthReport:
    return report_of(await report_facts(where, period))


def off(mrid: str, since: datetime, extent: Extent) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=since, extent=extent)


def back(mrid: str, at: datetime, *transformers: str) -> SupplyRestored:
    scope = "part" if transformers else "all"
    return SupplyRestored(mrid=mrid, restored_at=at, scope=scope, extent=Extent(transformers=transformers))  # type: ignore[arg-type]


async def test_customers_served_and_cut_are_the_networks(restorer_room: Room, where: Where) -> None:
    room = restorer_room
    await brought(room.pool, *CITY, whole(CITY))
    line = Extent(lines=("10千伏城东线",))
    await room.say_all(off("A", local(3, 9), line), back("A", local(3, 10), "城东1号公变"), back("A", local(3, 11)))
    made = await report(where)
    served, whole_of_it = made.served, made.whole.indices
    assert (served.customers, served.source, served.unknown) == (99.0, "network-model", 0)
    assert served.editions == ("DJ-GIS of 2026-03-01",)
    assert whole_of_it.customers_interrupted == 99
    assert whole_of_it.customer_minutes == 91 * 60 + 8 * 120
    assert whole_of_it.saifi == 1.0
    assert {one.known_by for one in cases_of(await report_facts(where, "2026-03"), "saidi")} == {"network-model"}


async def test_an_area_is_held_to_the_customers_of_that_area(restorer_room: Room, where: Where) -> None:
    room = restorer_room
    await brought(room.pool, *CITY, whole(CITY))
    there = Extent(transformers=("城东2号公变",), areas=("滨江道",))
    await room.say_all(off("A", local(3, 9), there), back("A", local(3, 10)))
    (area,) = (await report(where)).by_area
    assert (area.name, area.indices.served, area.indices.customers_interrupted) == ("滨江道", 98.0, 1)


async def test_a_line_is_held_to_the_customers_that_it_feeds_now(restorer_room: Room, where: Where) -> None:
    room = restorer_room
    await brought(room.pool, *CITY, whole(CITY))
    await room.say_all(off("A", local(3, 9), Extent(lines=("10 kV 城东线",))), back("A", local(3, 10)))
    (line,) = (await report(where)).by_line
    assert (line.name, line.indices.served, line.indices.saidi) == ("10 kV 城东线", 99.0, 60.0)


async def test_who_stays_out_under_another_outage_is_counted_once(restorer_room: Room, where: Where) -> None:
    room = restorer_room
    await brought(room.pool, *CITY, whole(CITY))
    await room.say(off("A", local(3, 9), Extent(lines=("10千伏城东线",))))
    await room.say(off("B", local(3, 10), Extent(transformers=("城东1号公变",))))
    await room.say(back("A", local(3, 11)))
    await room.say(back("B", local(3, 12)))
    whole_of_it = (await report(where)).whole.indices
    assert whole_of_it.customers_interrupted == 99, "one interruption each"
    assert whole_of_it.customer_minutes == 99 * 120 + 91 * 60
    cases = cases_of(await report_facts(where, "2026-03"), "saidi")
    assert sorted((one.mrid, one.customers or 0, bool(one.note)) for one in cases) == [
        ("A", 8, False),
        ("A", 91, False),
        ("B", 91, True),
    ]


async def test_a_day_beyond_the_five_years_before_is_a_major_event_day(restorer_room: Room, where: Where) -> None:
    """Twenty days in each of five years, put as rows: half of e^-1 and half of e minutes of SAIDI, so T_MED is about e^2.5."""
    room = restorer_room
    await brought(room.pool, *CITY, whole(CITY))
    outage = "insert into counted_outage (mrid, version, figures, territories, lines, areas) values ($1, 1, '{}', '{}', '{}', '{}')"
    put = (
        "insert into interruption (mrid, number, episode, off_from, off_until, customers, known_by) "
        "values ($1, 1, 1, $2, $3, 9900, 'network-model')"
    )
    for year in range(2021, 2026):
        for number in range(20):
            since, minutes = datetime(year, 1, 1 + number, 3, tzinfo=UTC), exp(1 if number % 2 else -1)
            await room.pool.execute(outage, f"past-{year}-{number}")
            # A hundred times the city, twenty times as long: beyond five minutes, and 2,000 times the SAIDI.
            await room.pool.execute(put, f"past-{year}-{number}", since, since + timedelta(minutes=20 * minutes))
    await room.say_all(off("A", local(3, 9), Extent(lines=("10千伏城东线",))), back("A", local(3, 9, 30)))
    made = await report(where)
    assert made.major.why is None
    assert made.major.days == 100
    assert made.major.threshold == pytest.approx(2000 * exp(2.5 * (100 / 99) ** 0.5), rel=0.001)
    assert made.major.major == ()
    assert made.whole.without_major is not None
    assert made.major.since == date(2021, 1, 1)
