"""The referee of what was said of when power is back."""

from datetime import UTC, datetime, timedelta

from schemas.contracts.base import Extent, OutageClass
from schemas.contracts.dispatch import ErtChanged, Fact, OutageReopened, OutageStarted, SupplyRestored
from tests.sim.judging.promises.owed import Standing, owed
from tests.sim.judging.promises.spoken import NEXT, SAID

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
LATER = ZERO + timedelta(days=9)


def at(hours: float) -> datetime:
    return ZERO + timedelta(hours=hours)


def start(ert: float | None = None, outage_class: OutageClass = "fault") -> OutageStarted:
    said = at(ert) if ert is not None else None
    return OutageStarted(
        mrid="A", outage_class=outage_class, started_at=ZERO, extent=Extent(usage_points=("U1",)), ert=said
    )


def says(hours: float, ert: float | None = None, more: float | None = None) -> ErtChanged:
    times = [at(one) if one is not None else None for one in (ert, more)]
    return ErtChanged(mrid="A", changed_at=at(hours), ert=times[0], next_update_at=times[1])


def back(hours: float) -> SupplyRestored:
    return SupplyRestored(mrid="A", restored_at=at(hours))


def standing(*facts: Fact, rule: str = SAID) -> list[tuple[float, Standing]]:
    found, beyond = owed(facts)
    assert not beyond
    return [((one.due - ZERO) / timedelta(hours=1), one.standing(LATER)) for one in found if one.rule == rule]


def test_a_time_that_stood_is_kept_by_power_about_then() -> None:
    assert standing(start(3), back(3.25)) == [(3.25, "kept")]
    assert standing(start(3), back(3.3)) == [(3.25, "broken")]
    assert standing(start(3)) == [(3.25, "broken")]


def test_a_time_that_was_moved_before_it_came_binds_nobody() -> None:
    assert standing(start(3), says(2, 5), back(4)) == [(3.25, "voided"), (5.25, "kept")]
    assert standing(start(3), says(3.1, 5), back(4)) == [(3.25, "broken"), (5.25, "kept")]
    assert standing(start(3), says(1), back(2)) == [(3.25, "voided")]


def test_what_is_said_once_power_is_back_moves_nothing() -> None:
    assert standing(start(3), back(2), says(2.5, 5)) == [(3.25, "kept"), (5.25, "voided")]
    assert standing(start(3), back(2), OutageReopened(mrid="A", reopened_at=at(4), ert=at(6))) == [
        (3.25, "kept"),
        (6.25, "broken"),
    ]


def test_the_next_word_is_any_that_says_something_else_or_power() -> None:
    assert standing(start(), says(1, more=2), says(1.5, 4), rule=NEXT) == [(2, "kept")]
    assert standing(start(), says(1, more=2), says(1.5, more=2), rule=NEXT) == [(2, "broken")]
    assert standing(start(), says(1, more=2), says(2.1, 4), rule=NEXT) == [(2, "broken")]
    assert standing(start(), says(1, more=2), back(1.9), rule=NEXT) == [(2, "kept")]


def test_when_work_is_over_its_notice_says() -> None:
    assert standing(start(3, "planned"), back(4)) == []
