"""The referee of texts that wait with the provider: one goes, or none."""

from datetime import timedelta

from tests.sim.city.plan.draw import draw, needs
from tests.sim.city.plan.teller import at
from tests.sim.city.workloads.planned.scheduled import SERVICE, HeldMessage, wrong


def held(sid: str, status: str = "delivered", text: str = "T") -> HeldMessage:
    return HeldMessage(sid, text, at(1_200), status)


def test_one_of_several_messages_goes() -> None:
    assert [*wrong([held("A"), held("B", "canceled")], {}, ["T"], ["T"], [])] == []
    assert len([*wrong([held("A"), held("B")], {}, ["T"], ["T", "T"], [])]) == 1


def test_what_counts_as_said_went() -> None:
    assert len([*wrong([held("A", "canceled")], {}, ["T"], [], [])]) == 1
    assert [*wrong([held("A", "canceled")], {}, [], [], [])] == []


def test_what_was_withdrawn_in_time_is_never_read() -> None:
    assert len([*wrong([held("A")], {"T": at(600)}, [], ["T"], [])]) == 1
    assert [*wrong([held("A", "canceled")], {"T": at(600)}, [], [], [])] == []
    assert [*wrong([held("A")], {"T": at(1_190)}, [], ["T"], [])] == [], "too late to be taken back"
    broken = [(at(590), at(1_200) - timedelta(seconds=5))]
    assert [*wrong([held("A")], {"T": at(600)}, [], ["T"], broken)] == []


def test_nothing_waits_in_the_end() -> None:
    assert len([*wrong([held("A", "scheduled")], {}, [], [], [])]) == 1


def test_a_story_of_it_goes_by_a_messaging_service_and_others_by_a_number() -> None:
    plan = next(plan for plan in map(draw, range(1, 400)) if "scheduled" in plan.workloads())
    assert needs(plan.workloads())["notifier"]["twilio_messaging_service_sid"] == SERVICE
    assert (
        needs(plan.without(["scheduled"]).workloads()).get("notifier", {}).get("twilio_messaging_service_sid") is None
    )
