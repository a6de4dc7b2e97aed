"""A crew is owed to a fault that dispatch knows by itself, and from report to dispatch is measured."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kits.deciders.restorer import (
    CREW,
    CREW_UNREPORTED,
    Outage,
    at,
    corrected,
    crew,
    in_every_order,
    iso,
    reclassified,
    reopened,
    reported,
    restored,
    started,
    withdrawn,
)


def seen_by_telecontrol(*facts: Any) -> Outage:
    """A fault whose start at 9:12 dispatch saw by itself, and what happened then."""
    outage = Outage()
    outage.hears_all(started(), *facts)
    return outage


def test_a_crew_is_promised_from_the_start_of_a_fault_that_nobody_reported() -> None:
    outage = seen_by_telecontrol()
    promise = outage.promise(CREW_UNREPORTED)
    assert (promise["measuredFrom"], promise["dueAt"]) == (iso(at("9:12")), iso(at("9:57")))
    outage.moves_to(at("9:57"))
    assert outage.promise(CREW_UNREPORTED)["state"] == "broken"


CASES: list[tuple[str, list[Any], str]] = [
    ("the crew is there", [crew("9:57")], "kept"),
    ("the crew is late", [crew("9:58")], "broken"),
    ("power is back before", [restored("9:30")], "voided"),
    ("somebody reports it in time", [reported("9:40")], "voided"),
    ("somebody reports it once the crew is there", [crew("9:30"), reported("9:40")], "kept"),
    ("somebody reports it when it was due already", [crew("10:20"), reported("9:58")], "broken"),
    ("dispatch says that there was none", [withdrawn("9:30")], "voided"),
    ("it was work in truth", [reclassified("9:30", "planned")], "voided"),
]


@pytest.mark.parametrize(("facts", "state"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_how_it_stands(facts: list[Any], state: str) -> None:
    outage = seen_by_telecontrol(*facts)
    assert outage.promise(CREW_UNREPORTED)["state"] == state


def test_a_report_takes_the_clock_over_and_the_promise_says_so() -> None:
    outage = seen_by_telecontrol(reported("9:20"))
    (voided,) = outage.events("promise.voided")
    assert (voided.reason, voided.rule.rule_id) == ("reported", CREW_UNREPORTED)
    assert outage.promise(CREW)["dueAt"] == iso(at("10:05"))


def test_of_a_fault_that_was_reported_before_nothing_is_said_of_it() -> None:
    outage = Outage()
    outage.hears_all(reported("9:00"), started())
    assert (CREW_UNREPORTED, "1") not in outage.standings()


def test_a_fault_that_is_only_predicted_is_not_known() -> None:
    outage = Outage()
    outage.hears(started(confirmed=False))
    assert outage.standings() == {}
    outage.hears(started("9:20"))
    assert outage.promise(CREW_UNREPORTED)["measuredFrom"] == iso(at("9:20"))


def test_power_off_again_owes_a_crew_again() -> None:
    outage = seen_by_telecontrol(crew("9:30"), restored("10:00"), reopened("11:00"))
    assert outage.promise(CREW_UNREPORTED)["state"] == "kept"
    assert outage.promise(CREW_UNREPORTED, "2")["dueAt"] == iso(at("11:45"))


def test_a_start_that_dispatch_corrects_moves_it() -> None:
    outage = seen_by_telecontrol(corrected("9:30", "9:00"))
    assert outage.promise(CREW_UNREPORTED)["reason"] == "deadline-recomputed"
    assert outage.promise(CREW_UNREPORTED, "1.2")["dueAt"] == iso(at("9:45"))


@settings(max_examples=20, deadline=None)
@given(facts=st.sampled_from([case[1] for case in CASES]))
def test_any_order_ends_alike(facts: list[Any]) -> None:
    outage = Outage()
    outage.hears_all(started(), *facts)
    expected = {slot: outage.standings()[slot] for slot in outage.wanted()}
    for other in in_every_order(Outage(), [started(), *facts]):
        assert {slot: other.standings()[slot] for slot in other.wanted()} == expected


def test_from_report_to_dispatch_is_measured() -> None:
    outage = Outage()
    outage.hears_all(reported("9:20"), started(), crew("9:25", "awaitingCrewAssignment"))
    assert "dispatchedAt" not in outage.view
    outage.hears(crew("9:40", "enroute"))
    assert (outage.view["dispatchedAt"], outage.view["minutesToDispatch"]) == (iso(at("9:40")), 20)
    outage.hears(crew("9:32", "assigned"))
    assert (outage.view["dispatchedAt"], outage.view["minutesToDispatch"]) == (iso(at("9:32")), 12)


def test_without_a_report_there_is_nothing_to_measure_it_from() -> None:
    view = seen_by_telecontrol(crew("9:40", "assigned")).view
    assert view["dispatchedAt"] == iso(at("9:40"))
    assert "minutesToDispatch" not in view
