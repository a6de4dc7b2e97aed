"""The referee of verdicts: what the facts of an outage promise, and how it stands in the end."""

from datetime import UTC, datetime, timedelta

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    CauseCleared,
    CrewStatus,
    ExtentChanged,
    Fact,
    FaultReported,
    OutageReclassified,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    SupplyRestored,
)
from tests.sim.judging.promises.owed import Standing, owed, still_off, working_days

ZERO = datetime(2026, 3, 5, tzinfo=UTC)  # A Thursday, eight in the morning in Shanghai.
ONE, OTHER = Extent(usage_points=("U1",)), Extent(usage_points=("U2",))
BOTH = Extent(usage_points=("U1", "U2"))
LATER = ZERO + timedelta(days=9)


def at(hours: float) -> datetime:
    return ZERO + timedelta(hours=hours)


def start(hours: float = 0, where: Extent = ONE) -> OutageStarted:
    return OutageStarted(mrid="A", outage_class="fault", started_at=at(hours), extent=where)


def back(hours: float) -> SupplyRestored:
    return SupplyRestored(mrid="A", restored_at=at(hours))


def off(hours: float) -> OutageReopened:
    return OutageReopened(mrid="A", reopened_at=at(hours))


def cleared(hours: float) -> CauseCleared:
    return CauseCleared(mrid="A", cleared_at=at(hours))


def report(hours: float, **more: object) -> FaultReported:
    return FaultReported(mrid="A", reported_at=at(hours), reporting_kind="call", **more)  # type: ignore[arg-type]


def standing(*facts: Fact, rule: str = "cn.restore.24h-2024", now: datetime = LATER) -> list[tuple[datetime, Standing]]:
    found, beyond = owed(facts)
    assert not beyond
    return [(one.due, one.standing(now)) for one in found if one.rule == rule]


def test_power_is_owed_a_day_after_the_cause_is_gone() -> None:
    assert standing(start(), cleared(1)) == [(at(25), "broken")]
    assert standing(start(), cleared(1), now=at(24)) == [(at(25), "open")]
    assert standing(start(), cleared(1), back(25)) == [(at(25), "kept")]
    assert standing(start(), cleared(1), back(25.1)) == [(at(25), "broken")]


def test_a_working_day_of_a_friday_ends_on_monday_and_a_saturday_may_be_worked() -> None:
    friday = ZERO + timedelta(days=1)
    assert working_days(friday, 1) == friday + timedelta(days=3)
    assert working_days(datetime(2026, 2, 27, tzinfo=UTC), 1) == datetime(2026, 2, 28, tzinfo=UTC)


def test_power_that_goes_off_again_within_a_day_was_not_restored_and_the_clock_of_the_report_runs_on() -> None:
    facts = (start(), report(0, territory="rural"), back(2), off(8))
    assert standing(*facts, rule="cn.fault.done-24h") == [(at(24), "voided"), (at(24), "broken")]
    assert standing(*facts, back(23), rule="cn.fault.done-24h") == [(at(24), "voided"), (at(24), "kept")]
    much_later = (start(), report(0, territory="rural"), back(2), off(40))
    assert standing(*much_later, rule="cn.fault.done-24h") == [(at(24), "kept"), (at(64), "broken")]


def test_a_crew_is_owed_in_the_city_unless_power_is_back_before() -> None:
    crew = CrewStatus(mrid="A", crew_status="arrived", at=at(0.5))
    rule = "cn.fault.crew-45min"
    assert standing(start(), report(0), crew, rule=rule) == [(at(0.75), "kept")]
    assert standing(start(), report(0), rule=rule) == [(at(0.75), "broken")]
    assert standing(start(), report(0), back(0.6), rule=rule) == [(at(0.75), "voided")]
    assert standing(start(), report(0, fault_side="customer"), rule=rule) == [(at(0.75), "voided")]


def test_the_last_part_ends_an_outage() -> None:
    part = SupplyRestored(mrid="A", restored_at=at(3), scope="part", extent=ONE)
    rest = SupplyRestored(mrid="A", restored_at=at(4), scope="part", extent=OTHER)
    assert still_off([start(where=BOTH), part]) == ["A"]
    assert still_off([start(where=BOTH), part, rest]) == []
    assert still_off([start(where=BOTH), back(1), off(2)]) == ["A"]


def test_of_an_outage_that_there_was_not_nothing_is_owed() -> None:
    gone = OutageWithdrawn(mrid="A", withdrawn_at=at(2))
    assert standing(start(), cleared(1), gone) == []
    assert standing(start(), cleared(1), back(1.5), gone) == []
    assert still_off([start(), gone]) == []
    assert owed([start(), gone, off(3)]) == ([], {"A"}), "off after all: more than it weighs"


def test_of_an_outage_with_facts_that_it_cannot_weigh_it_says_nothing() -> None:
    assert owed([start(), ExtentChanged(mrid="A", changed_at=at(1), extent=OTHER)]) == ([], {"A"})


def reclassified(hours: float, kind: str, **more: object) -> OutageReclassified:
    return OutageReclassified(mrid="A", reclassified_at=at(hours), outage_class=kind, **more)  # type: ignore[arg-type]


def arrived(hours: float) -> CrewStatus:
    return CrewStatus(mrid="A", crew_status="arrived", at=at(hours))


def test_of_a_fault_that_was_work_no_crew_is_asked() -> None:
    crew = "cn.fault.crew-45min"
    assert standing(start(), report(0), rule=crew) == [(at(0.75), "broken")]
    assert standing(start(), report(0), reclassified(2, "planned"), rule=crew) == []
    assert standing(start(), report(0), reclassified(2, "planned"), reclassified(3, "fault"), rule=crew) == [
        (at(0.75), "broken")
    ]


def test_work_that_was_a_fault_is_asked_from_its_start() -> None:
    work = OutageStarted(mrid="A", outage_class="planned", started_at=at(0), extent=ONE)
    crew, done = "cn.fault.crew-45min", "cn.fault.done-24h"
    assert standing(work, reclassified(1, "fault"), arrived(0.5), rule=crew) == [(at(0.75), "kept")]
    rural = reclassified(1, "fault", territory="rural")
    assert standing(work, rural, back(25), rule=done) == [(at(24), "broken")]
    assert standing(work, rural, rule=crew) == []


def test_a_crew_is_owed_from_its_start_to_a_fault_that_nobody_reported_in_time() -> None:
    rule = "cn.fault.crew-45min-unreported"
    assert standing(start(), arrived(0.5), rule=rule) == [(at(0.75), "kept")]
    assert standing(start(), rule=rule) == [(at(0.75), "broken")]
    assert standing(start(), back(0.6), rule=rule) == [(at(0.75), "voided")]
    assert standing(start(), report(0.6), rule=rule) == [(at(0.75), "voided")]
    assert standing(start(), report(0.8), rule=rule) == [(at(0.75), "broken")]
    assert standing(start(), arrived(0.5), report(0.6), rule=rule) == [(at(0.75), "kept")]
    assert standing(report(0), rule=rule) == []
