"""A meter at fault is put right within two working days, to its own end: that is no outage, and power may be on."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from schemas.contracts.dispatch import MeterFault, MeterMended
from services.kernel.model import REVIEW, Review
from services.policy.calendar import WorkingCalendar
from services.restorer.domain.decider import RestorerOutage
from tests.kits.deciders.restorer import (
    MRID,
    POLICY,
    Outage,
    at,
    cleared,
    in_every_order,
    iso,
    reported,
    restored,
    started,
    withdrawn,
)

METER = "cn.meter.two-working-days-mended"


def found(clock: str = "9:00", day: int = 5) -> MeterFault:
    return MeterFault(mrid=MRID, usage_point="up-1", found_at=at(clock, day))


def mended(clock: str, day: int = 5) -> MeterMended:
    return MeterMended(mrid=MRID, mended_at=at(clock, day))


def meter(*facts: Any) -> Outage:
    outage = Outage()
    outage.hears_all(*facts)
    return outage


def test_it_is_promised_from_when_it_was_found_and_it_is_no_outage() -> None:
    outage = meter(found())
    assert outage.status == "unknown"
    assert outage.promise(METER)["dueAt"] == iso(at("9:00", 9)), "Thursday, Friday, Monday"
    assert {name for name in outage.timers if name.endswith("/due")} == {f"promise/{MRID}/{METER}/1/due"}


CASES: list[tuple[str, list[Any], dict[str, str]]] = [
    ("mended in time", [found(), mended("9:00", 9)], {"1": "kept"}),
    ("mended too late", [found(), mended("9:01", 9)], {"1": "broken"}),
    ("found once more before it was mended", [found(), found("12:00"), mended("9:00", 9)], {"1": "kept"}),
    ("at fault again", [found(), mended("12:00"), found("9:00", 6)], {"1": "kept", "2": "open"}),
    ("there was no fault", [found(), withdrawn("12:00")], {"1": "voided"}),
    ("power back says nothing of it", [found(), started("9:00"), restored("10:00")], {"1": "open"}),
    ("a cause cleared that waits for its outage", [found(), cleared("10:00")], {"1": "open"}),
]


@pytest.mark.parametrize(("facts", "stand"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_how_it_stands_in_any_order(facts: list[Any], stand: dict[str, str]) -> None:
    for outage in in_every_order(Outage(), facts):
        held = {number: state for (rule, number), state in outage.standings().items() if rule == METER}
        assert held == stand


def test_nobody_mends_it_and_it_is_broken_by_its_timer() -> None:
    outage = meter(found())
    outage.moves_to(at("9:00", 9))
    assert outage.promise(METER)["state"] == "broken"
    outage.hears(mended("8:00", 9))
    (corrected,) = outage.events("promise.corrected")
    assert (corrected.was, corrected.now) == ("broken", "kept")


def test_a_day_off_moves_it_in_a_review() -> None:
    outage = meter(found())
    calendar = WorkingCalendar("CN", "Asia/Shanghai", closures=[date(2026, 3, 6)])
    outage.decider = RestorerOutage(POLICY, calendar)
    assert outage._take(REVIEW, Review(why="a day off"), at("12:00")).reason == "reviewed"
    assert outage.promise(METER, "1.2")["dueAt"] == iso(at("9:00", 10))


def test_a_report_that_calls_it_a_meters_keeps_its_old_reading() -> None:
    outage = meter(reported("9:20", meter_fault=True, territory="rural"), restored("12:00", 6))
    assert outage.promise("cn.meter.two-working-days")["state"] == "kept"
    assert (METER, "1") not in outage.standings()
