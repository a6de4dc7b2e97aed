"""Help by telephone with a customer's own installation is on record: by whom, when, and whether it helped."""

from itertools import permutations
from typing import Any

from schemas.contracts.dispatch import GuidanceGiven
from tests.kits.deciders.restorer import MRID, Outage, at, reported, restored, started


def helped(clock: str, by: str, outcome: Any = "unknown") -> GuidanceGiven:
    return GuidanceGiven(mrid=MRID, given_at=at(clock), given_by=by, outcome=outcome)


def test_who_helped_is_shown_in_the_order_in_which_it_happened_whatever_came_first() -> None:
    facts = (helped("9:30", "Wang", "not-solved"), helped("9:50", "Li", "solved"), started(), reported())
    for order in permutations(facts):
        outage = Outage()
        outage.hears_all(*order)
        shown = [(one["by"], one["outcome"]) for one in outage.view["guidance"]]
        assert shown == [("Wang", "not-solved"), ("Li", "solved")]


def test_the_promises_of_a_fault_behind_the_connection_are_voided_with_the_reason_and_the_help_stays() -> None:
    outage = Outage()
    outage.hears_all(started(), reported(territory="rural"))
    assert outage.hears(helped("9:30", "Wang")).reason == "guidance-noted"
    outage.hears(reported("9:40", fault_side="customer", territory="rural"))
    promises = outage.view["promises"]
    assert {one["state"] for one in promises} == {"voided"}
    assert "customer-side-fault" in {one["reason"] for one in promises}
    assert [one["by"] for one in outage.view["guidance"]] == ["Wang"]


def test_it_changes_nothing_of_the_outage_and_is_heard_after_its_end() -> None:
    outage = Outage()
    outage.hears_all(started(), restored("10:00"))
    before = outage.status
    assert outage.hears(helped("10:20", "Wang", "solved")).reason == "guidance-noted"
    assert outage.hears(helped("10:20", "Wang", "solved")).reason == "already-known"
    assert outage.status == before
