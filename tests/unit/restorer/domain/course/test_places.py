"""Where an outage is: names compared in their normal form, and an empty list says nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from services.kernel.model import Message
from services.restorer.app import Restorer
from tests.kits.deciders.restorer import CALENDAR, MRID, POLICY, Outage, at, extent_changed, reported, restored, started
from tests.kits.place_pairs import ONE, TWO

EAST, WEST = "10kV城东线（东段）", "10kV城西线"
NOWHERE = Extent()


def lines(*names: str) -> Extent:
    return Extent(lines=names)


def planned(*names: str, revision: int = 1, **more: Any) -> dispatch.PlanBody:
    kind = dispatch.PlannedRequested if revision == 1 else dispatch.PlannedAmended
    return kind(
        mrid=MRID,
        revision_number=revision,
        outage_class="planned",
        planned_period=Period(start=at("8:00"), end=at("17:00")),
        extent=lines(*names),
        requested_at=at("8:00", day=1),
        **more,
    )


def begun(extent: Extent = NOWHERE, **more: Any) -> dispatch.OutageStarted:
    return started("8:00", extent, outage_class="planned", **more)


def back(clock: str, *names: str) -> dispatch.SupplyRestored:
    return restored(clock, scope="part", extent=lines(*names))


@pytest.mark.parametrize(("one", "other"), ONE)
def test_a_line_written_in_another_way_is_the_line_that_came_back(one: str, other: str) -> None:
    outage = Outage()
    assert outage.hears_all(started(extent=lines(one)), back("11:00", other)) == ["outage-known", "steps-complete"]


@pytest.mark.parametrize(("one", "other"), TWO)
def test_another_line_that_came_back_is_not_this_one(one: str, other: str) -> None:
    outage = Outage()
    assert outage.hears_all(started(extent=lines(one)), back("11:00", other)) == [
        "outage-known",
        "points-not-in-outage",
    ]


def test_what_remains_is_told_as_dispatch_wrote_it_first() -> None:
    outage = Outage()
    outage.hears_all(started(extent=lines(EAST, WEST)), back("11:00", "10ＫＶ城西线"))
    assert outage.view["remaining"]["lines"] == [EAST]


def test_of_work_whose_start_names_nothing_the_planned_rest_remains_when_a_part_is_back() -> None:
    outage = Outage()
    reasons = outage.hears_all(planned(EAST, WEST), begun(), back("11:00", WEST))
    assert reasons == ["plan-noted", "outage-known", "part-restored"]
    (step,) = outage.events("restoration.part")
    assert step.remaining.lines == (EAST,)
    assert outage.hears(back("12:00", EAST)).reason == "steps-complete"
    assert outage.status == "restored"


def test_the_plan_may_come_after_the_start() -> None:
    outage = Outage()
    outage.hears_all(begun(), planned(EAST, WEST), back("11:00", WEST))
    assert outage.view["remaining"]["lines"] == [EAST]


def test_the_latest_plan_that_names_places_counts_whatever_order_they_come_in() -> None:
    outage = Outage()
    outage.hears_all(planned(EAST, WEST, revision=2), planned(WEST), planned(revision=3), begun())
    assert outage.view["extent"]["lines"] == [EAST, WEST]


def test_places_that_a_start_names_count_before_the_plans() -> None:
    outage = Outage()
    outage.hears_all(planned(EAST, WEST), begun(lines(EAST)))
    assert outage.view["extent"]["lines"] == [EAST]


def test_a_confirmed_start_that_names_nothing_leaves_the_predicted_places() -> None:
    outage = Outage()
    outage.hears_all(started("9:00", lines(EAST), confirmed=False), started("9:10", Extent(customers_affected=5)))
    assert outage.view["extent"] == {"lines": [EAST], "customersAffected": 5}


@pytest.mark.parametrize("silent", [Extent(customers_affected=5), lines("\u200b", " ")])
def test_a_new_count_alone_moves_no_place(silent: Extent) -> None:
    outage = Outage()
    outage.hears_all(started(extent=lines(EAST, WEST)), extent_changed("10:00", silent), back("11:00", WEST))
    assert outage.view["remaining"]["lines"] == [EAST]


def test_where_nobody_knows_how_far_an_outage_reaches_a_part_is_a_step_and_never_the_end() -> None:
    outage = Outage()
    assert outage.hears_all(begun(), back("11:00", WEST)) == ["outage-known", "part-restored"]
    (step,) = outage.events("restoration.part")
    assert step.remaining == NOWHERE  # not known
    assert outage.status == "partiallyRestored"
    assert outage.view["warnings"] == ["extent-not-known"]
    assert outage.hears(restored("12:00")).reason == "all-restored"


def test_a_plan_alone_is_no_outage_and_waits_for_nothing() -> None:
    outage = Outage()
    outage.hears(planned(EAST))
    assert outage.status == "unknown"
    assert outage.view["heldFacts"] == []
    assert outage.hears(reported()).reason == "outage-known"


def test_plans_go_to_their_outages_stream_and_cancellations_do_not() -> None:
    restorer = Restorer(POLICY, CALENDAR)

    def routed(kind: str, fact: dispatch.Fact) -> Any:
        return asyncio.run(restorer.route(None, Message("s", "1", kind, at("8:00"), fact, MRID, 0)))

    assert routed("planned.requested.v1", planned(EAST)).stream == f"outage/{MRID}"
    gone = dispatch.PlannedCancelled(mrid=MRID, revision_number=2, cancelled_at=at("7:00"))
    assert routed("planned.cancelled.v1", gone).stream is None
