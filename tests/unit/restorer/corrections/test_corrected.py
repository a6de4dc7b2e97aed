"""Dispatch corrects what it said of an outage: when it began, why, whose fault it is. Deadlines and doubts follow."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.kits.deciders.restorer import (
    CREW,
    FAULT_DONE,
    Outage,
    at,
    corrected,
    crew,
    iso,
    reopened,
    reported,
    restored,
    started,
    withdrawn,
)


def told(*facts: object) -> Outage:
    outage = Outage()
    outage.hears_all(*facts)  # type: ignore[arg-type]
    return outage


def test_the_outage_began_when_dispatch_says_it_did_after_all() -> None:
    outage = told(started("9:12"))
    assert outage.hears(corrected("10:18", "8:50")).reason == "start-corrected"
    assert outage.view["startedAt"] == iso(at("8:50"))
    outage.hears(restored("11:00"))
    (end,) = outage.events("restoration.confirmed")
    assert end.started_at == at("8:50")


def test_of_several_corrections_the_latest_counts_and_one_that_says_nothing_is_noted() -> None:
    outage = told(started("9:12"), corrected("10:18", "8:50"), corrected("10:30", "8:55"))
    assert outage.hears(corrected("10:20", "8:40")).reason == "correction-noted"
    assert outage.view["startedAt"] == iso(at("8:55"))
    assert outage.hears(corrected("10:40")).reason == "nothing-corrected"


def test_one_that_comes_before_the_start_waits_for_it() -> None:
    outage = Outage()
    assert outage.hears(corrected("10:18", "8:50")).reason == "held-until-known"
    outage.hears(started("9:12"))
    assert outage.view["startedAt"] == iso(at("8:50"))


def test_a_restoration_that_seemed_to_lie_before_the_start_is_explained_by_it() -> None:
    outage = told(started("9:12"), restored("9:00"))
    assert outage.status == "confirmed"
    outage.hears(corrected("10:18", "8:50"))
    assert outage.status == "restored"
    (settled,) = outage.events("fact.accepted")
    assert settled.reason == "explained-since"


def test_only_the_first_start_is_meant() -> None:
    outage = told(started("9:12"), restored("10:00"), reopened("10:30"), corrected("11:00", "8:50"))
    assert [episode["began"] for episode in outage.view["episodes"]] == [iso(at("8:50")), iso(at("10:30"))]


def test_a_start_later_than_the_correction_is_not_of_what_it_speaks_of() -> None:
    outage = told(corrected("9:00", "8:50"), started("9:12"))
    assert outage.view["startedAt"] == iso(at("9:12"))


def test_a_fault_that_is_the_customers_after_all_binds_nobody_and_the_utilitys_binds() -> None:
    outage = told(reported(), started())
    outage.hears(corrected("9:40", fault_side="customer"))
    assert (outage.promise(CREW)["state"], outage.promise(CREW)["reason"]) == ("voided", "customer-side-fault")
    outage.hears(corrected("9:45", fault_side="utility"))
    assert outage.promise(CREW, "1.2")["state"] == "open", "it binds after all: made anew, with the same clock"
    assert outage.promise(CREW, "1.2")["dueAt"] == outage.promise(CREW)["dueAt"]


def test_whoever_looked_again_knows_better_than_who_called() -> None:
    outage = told(reported(fault_side="customer"), started(), corrected("9:45", fault_side="utility"), crew("9:50"))
    assert outage.promise(CREW)["state"] == "voided"
    assert outage.promise(CREW, "1.2")["state"] == "kept"


def test_rural_clocks_follow_the_side_too() -> None:
    outage = told(reported(territory="rural", fault_side="customer"), started())
    assert outage.promise(FAULT_DONE)["state"] == "voided"
    outage.hears(corrected("9:45", fault_side="utility"))
    assert outage.promise(FAULT_DONE, "1.2")["state"] == "open"


def test_a_start_from_the_future_is_held_and_asked_about() -> None:
    outage = told(started("9:12"))
    assert outage.hears(corrected("10:18", "17:00"), recorded=at("10:18")).reason == "happened-in-the-future"
    assert outage.view["startedAt"] == iso(at("9:12"))


def test_of_an_outage_that_was_withdrawn_nothing_is_corrected() -> None:
    outage = told(reported(), started(), withdrawn("9:40"))
    assert outage.hears(corrected("9:50", "8:50")).reason == "outage-withdrawn"
    assert outage.status == "withdrawn"


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_any_order_it_began_when_it_was_corrected_to(order: tuple[int, ...]) -> None:
    facts = (reported(), started(), corrected("10:18", "9:00"), restored("11:00"))
    outage = told(*(facts[index] for index in order))
    assert outage.view["startedAt"] == iso(at("9:00"))
    assert outage.status == "restored"
