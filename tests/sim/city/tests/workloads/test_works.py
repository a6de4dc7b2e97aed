"""The referee of planned works over a year: what may be refused, and of which refused work customers hear."""

from datetime import timedelta
from typing import Any

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import OutageStarted, PlannedAmended, PlannedCancelled, PlannedRequested
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.teller import at
from tests.sim.city.workloads.planned.works import ACCEPTED, DAY, REFUSED, dropped_at_once, wrong

LINE = Extent(lines=("L",))


def asked(mrid: str, days: float, kind: type[Any] = PlannedRequested) -> Any:
    period = Period(start=at(days * DAY), end=at(days * DAY) + timedelta(hours=6))
    return kind(
        mrid=mrid, revision_number=1, outage_class="planned", planned_period=period, extent=LINE, requested_at=at(0)
    )


def begun(mrid: str, days: float) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="planned", started_at=at(days * DAY), extent=LINE)


THREE = [asked("W-1", 20), asked("W-2", 27), asked("RW-1", 34)]
TAKEN = {(one.mrid, ACCEPTED) for one in THREE}


def test_each_request_is_answered_and_one_in_time_is_accepted() -> None:
    assert wrong(THREE, TAKEN, {"W-1": at(0)}) == []
    assert wrong(THREE[:1], [], {}) == ["W-1 has no verdict", "W-1 is announced in time and was refused"]
    assert wrong(THREE[:1], [("W-1", REFUSED)], {}) == ["W-1 is announced in time and was refused"]


def test_the_fourth_of_a_year_is_refused_whoever_asked_for_the_others() -> None:
    fourth = asked("W-3", 41)
    assert wrong([*THREE, fourth], {*TAKEN, ("W-3", REFUSED)}, {}) == []
    assert wrong([*THREE[1:], fourth], {*TAKEN, ("W-3", REFUSED)}, {}) == ["W-3 is announced in time and was refused"]
    assert "was to be off 4 times in 2026" in wrong([*THREE, fourth], {*TAKEN, ("W-3", ACCEPTED)}, {})[0]
    moved = asked("W-1", 48, PlannedAmended)
    assert wrong([*THREE, fourth, moved], {*TAKEN, ("W-3", ACCEPTED)}, {}) == []


def test_what_comes_too_soon_is_refused_and_customers_hear_of_it_only_when_it_is_done_all_the_same() -> None:
    soon = asked("W-4", 3)
    assert "comes too soon and was not refused" in wrong([soon], [("W-4", ACCEPTED)], {})[0]
    assert wrong([soon], [("W-4", REFUSED)], {}) == []
    told = {"W-4": at(3 * DAY)}
    assert wrong([soon], [("W-4", REFUSED)], told) == ["W-4 was refused, and customers were told of it"]
    assert wrong([soon, begun("W-4", 3.1)], [("W-4", REFUSED)], told) == [
        "W-4 was refused, and customers were told of it"
    ]
    assert wrong([soon, begun("W-4", 3)], [("W-4", REFUSED)], told) == []


def test_work_that_is_called_off_in_the_moment_in_which_it_is_asked_for_may_be_refused() -> None:
    one = THREE[0]
    dropped = PlannedCancelled(mrid=one.mrid, revision_number=2, cancelled_at=at(0))
    acts = [Told(6.5, 6.5, "1", one), Told(6.6, 6.6, "2", dropped)]
    assert wrong([one, dropped], [(one.mrid, REFUSED)], {}, dropped_at_once(acts)) == []
    later = [Told(6.5, 6.5, "1", one), Told(99, 99, "2", dropped)]
    assert "was refused" in wrong([one, dropped], [(one.mrid, REFUSED)], {}, dropped_at_once(later))[0]
