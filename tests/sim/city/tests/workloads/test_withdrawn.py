"""The referee of outages that there were not: who may be told so, and of which no restoration stands."""

from typing import Any

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted, OutageWithdrawn, SupplyRestored
from tests.sim.city.plan.teller import at
from tests.sim.city.workloads.corrections.withdrawn import wrong

GONE = [
    OutageStarted(mrid="N-1", outage_class="fault", started_at=at(0), extent=Extent(lines=("L",))),
    OutageWithdrawn(mrid="N-1", withdrawn_at=at(9)),
]


def text(trigger: str, template: str = "") -> dict[str, Any]:
    return {"customerId": "CH-1", "trigger": trigger, "templateId": f"zh-CN/{template or trigger}"}


def test_only_who_was_told_that_power_is_off_may_be_told_that_there_was_no_outage() -> None:
    correction = text("correction", "withdrawn")
    assert wrong(GONE, [(text("fault"), True, "1"), (correction, True, "2")], set()) == []
    never = "CH-1 was told at 2 that there was no outage, and had been told of none"
    assert wrong(GONE, [(correction, True, "2")], set()) == [never]
    assert wrong(GONE, [(text("fault"), False, "1"), (correction, True, "2")], set()) == [never], "no provider took it"
    twice = [(text("fault"), True, "1"), (correction, True, "1"), (correction, True, "2")]
    assert wrong(GONE, twice, set()) == [never]


def test_no_restoration_stands_of_what_was_never_said_to_be_back() -> None:
    assert wrong(GONE, [], {"N-1"}) == ["N-1 was withdrawn, never restored, and confirmed as restored"]
    back = SupplyRestored(mrid="N-1", restored_at=at(5))
    assert wrong([*GONE, back], [], {"N-1"}) == []
