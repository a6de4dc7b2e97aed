"""What cannot be so is told to nobody; and three services hold the same of the same record, whenever they hear it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.restorations import FactAccepted, FactRefused
from services.kernel.model import Event, Message
from services.notifier.domain.doubting import believed
from services.notifier.domain.outage.decider import Critical, NotifierOutage
from services.plausibility import FIGURES, question_of
from services.restorer.domain.decider import RestorerOutage
from tests.kits.deciders.notifier import WHERE, City, at, confirmed, customer, ert, started
from tests.kits.deciders.planner import PLANNER
from tests.kits.deciders.restorer import CALENDAR, POLICY

SENTINEL = datetime(2099, 12, 31, 15, 59, 59, tzinfo=UTC)


def accepted(fact: dispatch.FieldFact, kind: str = "outage.started.v1") -> FactAccepted:
    name = question_of(fact)
    return FactAccepted(mrid=fact.mrid, question_id=name, fact_type=kind, at=at(5, 10), by="Wang", reason="so")


def test_a_start_from_the_future_is_told_to_nobody() -> None:
    city = City(at(5, 11, 44), customer())
    local = started("F1", at(5, 19, 43))
    decision = city.tell("outage/F1", local, recorded=city.now)
    city.fan()
    assert decision.reason == "happened-in-the-future"
    assert city.reached() == []
    assert city.states["outage/F1"].doubts.held.keys() == {question_of(local)}


def test_a_start_that_is_accepted_is_told_with_its_own_time() -> None:
    city = City(at(5, 11, 44), customer())
    old = started("F1", at(5, 11) - timedelta(days=9))
    city.tell("outage/F1", old, recorded=city.now)
    city.hears(accepted(old))
    assert city.reached() == ["fault-time-unknown"]
    assert city.states["customer/hospital"].outages["F1"].started_at == old.started_at


def test_a_fact_that_somebody_stands_by_is_not_asked_about_when_it_comes_once_more_without_that_word() -> None:
    old = started("F1", at(5, 11) - timedelta(days=9))
    city = City(at(5, 11, 44), customer())
    city.tell("outage/F1", msgspec.structs.replace(old, confirms=question_of(old)), recorded=city.now)
    assert city.tell("outage/F1", old, recorded=city.now).reason == "older-or-already-known"
    assert city.states["outage/F1"].doubts.held == {}


def test_a_word_that_somebody_stands_by_a_fact_is_kept_though_the_fact_is_no_news() -> None:
    city = City(at(5, 11, 44), customer())
    far = ert(at(5, 15), at(5, 20))
    newer = ert(at(5, 16), at(5, 21))
    for fact in (newer, far):
        city.tell("outage/F1", msgspec.structs.replace(fact, confirms=question_of(fact)), recorded=city.now)
    city.tell("outage/F1", far, recorded=city.now)
    assert city.states["outage/F1"].doubts.held == {}


def test_an_answer_may_come_before_its_fact_and_a_refusal_keeps_it_out_for_good() -> None:
    old = started("F1", at(5, 11) - timedelta(days=9))
    yes, no = City(at(5, 11, 44), customer()), City(at(5, 11, 44), customer())
    assert yes.hears(accepted(old)).reason == "answered-before-heard"
    yes.tell("outage/F1", old, recorded=yes.now)
    yes.fan()
    assert yes.reached() == ["fault-time-unknown"]
    no.hears(msgspec.convert(msgspec.to_builtins(accepted(old)), FactRefused))
    assert no.tell("outage/F1", old, recorded=no.now).reason == "refused-before"
    assert no.reached() == []


def test_an_expected_time_of_2099_is_not_told_and_the_next_word_is_promised() -> None:
    city = City(at(5, 9, 13), customer())
    city.hears(started("Z10", at(5, 9, 3), ert=SENTINEL))
    (text,) = city.texts("hospital")
    assert text.trigger == "fault-time-unknown"
    assert text.meant.next_word_by is not None
    assert text.meant.ert is None


def test_a_held_start_that_touches_a_special_customer_says_so_at_once() -> None:
    decider = NotifierOutage()
    old = started("F1", at(5, 11) - timedelta(days=9))
    message = Message("/d", "1", "outage.started.v1", at(5, 11), old, "F1", 0)
    decision = decider.decide(decider.initial("outage/F1"), Critical(2, ("h1", "h2")), message, at(5, 11))
    (alarm,) = [event for event in decision.events if event.topic]
    assert alarm.type == "customers.untold.v1"
    assert (alarm.data.customers, alarm.data.customer_ids) == (2, ("h1", "h2"))  # type: ignore[attr-defined]
    state = decider.initial("outage/F1")
    for event in decision.events:
        state = decider.evolve(state, _event(event))
    assert [q["untold"] for q in decider.view(state)["questions"]] == [2]
    state = decider.evolve(state, _event_of("fact.accepted.v1", accepted(old)))
    assert "questions" not in decider.view(state)


def test_a_word_that_an_older_release_took_unsifted_is_not_told() -> None:
    word = CustomerTouched(
        customer_id="h",
        mrid="F1",
        outage_version=1,
        touched=True,
        outage_class="fault",
        status="out",
        trigger="ert.changed.v1",
        started_at=at(5, 9),
        ert=SENTINEL,
        at=at(5, 9, 30),
        recorded_at=at(5, 9, 30),
    )
    assert believed(word, FIGURES) == msgspec.structs.replace(word, ert=None)
    assert believed(msgspec.structs.replace(word, restored_at=at(5, 17)), FIGURES) is None
    assert believed(msgspec.structs.replace(word, recorded_at=None), FIGURES) is not None


def test_power_back_as_of_the_start_ends_the_outage_for_its_customers() -> None:
    city = City(at(5, 9, 20), customer())
    city.hears(started("F1", at(5, 9, 12)))
    city.hears(confirmed(at(5, 9, 12)))
    assert city.states["customer/hospital"].outages["F1"].status == "restored"


FACTS = st.sampled_from(
    [
        dispatch.OutageStarted(mrid="F1", outage_class="planned", started_at=at(5, 9), extent=WHERE),
        dispatch.OutageStarted(mrid="F1", outage_class="planned", started_at=at(5, 17, 43), extent=WHERE, ert=SENTINEL),
        dispatch.OutageStarted(mrid="F1", outage_class="planned", started_at=at(5, 9), extent=WHERE, ert=SENTINEL),
        dispatch.ExtentChanged(mrid="F1", changed_at=at(5, 18), extent=WHERE),
        dispatch.OutageReopened(mrid="F1", reopened_at=at(5, 9) - timedelta(days=30)),
    ]
)
RECORDS = st.tuples(FACTS, st.integers(-20, 20).map(lambda minutes: at(5, 9, 20) + timedelta(minutes=minutes)))


@given(st.lists(RECORDS, min_size=1, max_size=5), st.lists(st.integers(0, 5000), min_size=15, max_size=15))
@settings(max_examples=100, deadline=None)
def test_three_services_hold_the_same_of_the_same_records_however_late_each_hears_them(
    records: list[tuple[dispatch.FieldFact, datetime]], delays: list[int]
) -> None:
    held = []
    for number, decider in enumerate((RestorerOutage(POLICY, CALENDAR), NotifierOutage(), PLANNER)):
        state: Any = decider.initial("outage/F1")
        for index, (fact, recorded_at) in enumerate(records):
            now = recorded_at + timedelta(minutes=delays[(number * 5 + index) % 15])
            kind = {
                dispatch.OutageStarted: "outage.started.v1",
                dispatch.ExtentChanged: "extent.changed.v1",
                dispatch.OutageReopened: "outage.reopened.v1",
            }[type(fact)]
            message = Message("/d", f"{index}", kind, now, fact, "F1", 0, recorded_at=recorded_at)
            decision = decider.decide(state, None, message, now)
            for new in decision.events:
                state = decider.evolve(state, _event(new))
        held.append({name: (one.reason, one.held, one.given) for name, one in state.doubts.held.items()})
    assert held[0] == held[1] == held[2]


def _event(new: Any) -> Event:
    return _event_of(new.type, new.data)


def _event_of(kind: str, data: Any) -> Event:
    return Event("outage/F1", 1, UUID(int=1), kind, data, at(5, 9), "/d/1", "reason")
