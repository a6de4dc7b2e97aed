"""What the workload of meters looks for is found."""

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted
from schemas.contracts.evidence.meters import MeterReading
from schemas.contracts.restorations import RestorationChecked
from tests.sim.city.plan.teller import at
from tests.sim.city.workloads.outages.metered import judged

START = OutageStarted(mrid="ME-1", outage_class="fault", started_at=at(0), extent=Extent(usage_points=("a", "b")))
BACK = [at(10)]


def read(point: str, seconds: float, *, on: bool) -> MeterReading:
    return MeterReading(usage_point=point, read_at=at(seconds), energised=on)


def checked(*points: str, proven: bool = False) -> RestorationChecked:
    return RestorationChecked(
        mrid="ME-1", number=1, checked_at=at(200), denied=Extent(usage_points=points), proven=proven
    )


def test_a_denial_that_nobody_heard_is_found() -> None:
    readings = [read("a", 190, on=False)]
    assert len(judged(START, BACK, readings, [], 0)) == 2
    assert judged(START, BACK, readings, [checked("a")], 1) == []
    assert judged(START, BACK, readings, [checked("a")], 2) != [], "asked twice"
    assert judged(START, BACK, readings, [checked("a", "b")], 1) != [], "of another point"


def test_what_was_off_before_power_was_back_denies_nothing() -> None:
    assert judged(START, BACK, [read("a", 5, on=False)], [], 0) == []
    assert judged(START, BACK, [read("a", 5, on=False)], [checked("a")], 0) != []


def test_a_proof_that_nobody_saw_is_found() -> None:
    readings = [read("a", 190, on=True), read("b", 191, on=True)]
    assert judged(START, BACK, readings, [], 0) != []
    assert judged(START, BACK, readings, [checked(proven=True)], 0) == []
    assert judged(START, BACK, readings[:1], [checked(proven=True)], 0) != [], "one point proves itself alone"
