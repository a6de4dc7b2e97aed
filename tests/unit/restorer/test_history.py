"""What a fact costs does not grow with what was reported before it."""

from datetime import timedelta
from functools import cache

from schemas.contracts import dispatch
from schemas.contracts.base import encode
from services.restorer.domain.callers.calling_back import AT_ONCE
from services.restorer.domain.evolve import evolve
from services.restorer.domain.state import SupplyState
from services.restorer.domain.view import CALLS_SHOWN
from tests.kits.counting import calls
from tests.kits.deciders.restorer import MRID, Outage, at, points, reported, restored, started


def report(number: int) -> dispatch.FaultReported:
    return dispatch.FaultReported(
        mrid=MRID,
        reported_at=at("9:20") + timedelta(seconds=number),
        report_id=f"r-{number}",
        extent=points(f"up-{number % 50}"),
        ert=at("12:00") + timedelta(minutes=number % 7) if number % 20 == 0 else None,
    )


@cache
def _reported(count: int) -> tuple[Outage, dict[int, int]]:
    outage, cost = Outage(), {}
    outage.hears(started())
    for number in range(1, count + 1):
        if number in {100, count}:
            cost[number] = calls(lambda n=number: outage.hears(report(n)))  # type: ignore[misc]
        else:
            outage.hears(report(number))
    return outage, cost


def after(count: int) -> tuple[Outage, dict[int, int]]:
    """An outage that so many have reported, and what the hundredth of them cost and the last; lived through once."""
    outage, cost = _reported(count)
    return outage.branch(), cost


def test_the_last_of_2_000_reports_costs_what_the_hundredth_did() -> None:
    outage, cost = after(2_000)
    assert cost[2_000] < 1.5 * cost[100], cost
    assert len(encode(outage.view)) < 20_000


def test_an_outage_known_by_reports_alone_costs_no_more_either() -> None:
    outage = Outage()
    cost = {}
    for number in range(1, 1_001):
        if number in {100, 1_000}:
            cost[number] = calls(lambda n=number: outage.hears(report(n)))  # type: ignore[misc]
        else:
            outage.hears(report(number))
    assert cost[1_000] < 1.5 * cost[100], cost
    assert outage.view["extent"]["usagePoints"] == sorted(f"up-{number}" for number in range(50))


def test_a_state_of_2_000_reports_is_kept_in_some_bytes_for_each_and_read_without_them() -> None:
    outage, _ = after(2_000)
    kept = outage.decider.dump(outage.state)
    assert len(kept) < 300 * 2_000, "a moment, a digest, a caller and a word of each"
    assert outage.decider.restore(f"outage/{MRID}", kept) == outage.state


def test_2_000_callers_are_called_back_in_turns_and_each_once() -> None:
    outage, _ = after(2_000)
    decision = outage.hears(restored("12:00"))
    assert sum(event.type == "followup.due.v1" for event in decision.events) == AT_ONCE
    outage.moves_to(at("12:01"), only="callbacks/")
    due = [event.data.report_id for event in outage.log if event.type == "followup.due.v1"]
    assert sorted(due) == sorted(f"r-{number}" for number in range(1, 2_001))
    assert len(outage.view["followups"]) == CALLS_SHOWN
    assert not [name for name in outage.timers if name.startswith("callbacks/")]


def test_a_fact_changes_no_state_that_was() -> None:
    outage = Outage()
    outage.hears_all(started(), reported())
    was: SupplyState = outage.state
    view = outage.decider.view(was)
    for event in outage.log:
        evolve(was, event)
    outage.hears(report(3))
    assert outage.decider.view(was) == view
