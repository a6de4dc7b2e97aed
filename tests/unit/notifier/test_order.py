"""Facts come late, twice and in any order: the truth at the end is the same, and nothing is said twice."""

from datetime import datetime
from itertools import pairwise, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CauseCleared, ExtentChanged, FaultReported, OutageReopened, SupplyRestored
from schemas.contracts.restorations import FactRefused, RestorationRefused
from services.notifier.domain.customer.conversation import believe
from services.notifier.domain.outage.absence import AbsenceAsked
from services.notifier.domain.outage.decider import NotifierOutage
from services.notifier.domain.outage.facts import FactRegisters
from services.notifier.domain.outage.learning import learn
from services.notifier.domain.outage.truth import Truth, truth
from tests.kits.deciders.another_thing import reclassified
from tests.kits.deciders.lists import listed_again, perhaps_back
from tests.kits.deciders.notifier import (
    LINE,
    MINUTE,
    WHERE,
    City,
    amended,
    at,
    confirmed,
    corrected,
    crew,
    customer,
    ert,
    no_outage,
    part,
    published,
    span,
    started,
    withdrawn,
)

FAULT: tuple[Any, ...] = (
    started("F1", at(5, 9, 12), ert=at(5, 11, 30), cause="线路故障"),
    started("F1", at(5, 9, 12), confirmed=False),
    FaultReported(mrid="F1", reported_at=at(5, 9, 5), extent=Extent(areas=("中山路",)), ert=at(5, 12)),
    FaultReported(mrid="F1", reported_at=at(5, 9, 8), extent=Extent(areas=("解放路",))),
    crew("assigned", at(5, 9, 20)),
    crew("fieldComplete", at(5, 13, 30)),
    ert(at(5, 14), at(5, 11)),
    ert(None, at(5, 10)),
    ExtentChanged(mrid="F1", changed_at=at(5, 9, 30), extent=Extent(lines=(LINE, "10千伏城北线"))),
    part(Extent(lines=("10千伏城北线",)), Extent(lines=(LINE,)), at(5, 12)),
    CauseCleared(mrid="F1", cleared_at=at(5, 13), cause="树木触线"),
    SupplyRestored(mrid="F1", restored_at=at(5, 13, 40)),
    RestorationRefused(mrid="F1", claimed_at=at(5, 13, 40), reason="steps-incomplete"),
    confirmed(at(5, 13, 50)),
    RestorationRefused(mrid="F1", claimed_at=at(5, 13, 50), reason="restoration-taken-back", decided_at=at(5, 14)),
    OutageReopened(mrid="F1", reopened_at=at(5, 14, 30), ert=at(5, 16)),
    confirmed(at(5, 15, 30)),
)
NONE: tuple[Any, ...] = (
    *FAULT,
    no_outage(at(5, 9)),
    no_outage(at(5, 14)),
    no_outage(at(5, 14, 30)),
    no_outage(at(5, 16)),
    corrected(at(5, 10), started_at=at(5, 8, 50)),
    corrected(at(5, 10, 30), started_at=at(5, 9), cause="吊车碰线"),
    corrected(at(5, 13, 30), cause="雷击"),
    reclassified(at(5, 10, 20), "planned"),
    reclassified(at(5, 13, 40), "fault"),
)
LISTED: tuple[Any, ...] = (
    started("F1", at(5, 9, 12), ert=at(5, 11, 30)),
    perhaps_back(at(5, 11)),
    perhaps_back(at(5, 11, 15)),
    listed_again(at(5, 11, 10)),
    listed_again(at(5, 11, 30)),
    perhaps_back(at(5, 12)),
    AbsenceAsked(mrid="F1", missing_at=at(5, 11), at=at(5, 12)),
    AbsenceAsked(mrid="F1", missing_at=at(5, 12), at=at(5, 13)),
    perhaps_back(at(5, 12, 15)),
    RestorationRefused(mrid="F1", claimed_at=at(5, 12), reason="steps-incomplete"),
    FactRefused(
        mrid="F1",
        question_id="Q-1",
        fact_type="supply.perhaps-restored.v1",
        at=at(5, 12, 10),
        by="wei",
        reason="looked",
    ),
    OutageReopened(mrid="F1", reopened_at=at(5, 12, 5)),
    confirmed(at(5, 13)),
)
WORK: tuple[Any, ...] = (
    published(),
    amended(span(at(20, 8), at(20, 15))),
    amended(span(at(21, 8), at(21, 15)), version=3),
    withdrawn(version=2),
    started("P1", at(21, 8), outage_class="planned"),
    confirmed(at(21, 14), "P1"),
    no_outage(at(4, 12), "P1"),
    no_outage(at(21, 9), "P1"),
    reclassified(at(21, 8, 30), "fault", "P1"),
    reclassified(at(21, 10), "temporary", "P1"),
)


def known(facts: tuple[Any, ...]) -> Truth | None:
    registers = FactRegisters()
    for fact in facts:
        registers = learn(registers, fact)
    return truth(registers)


@pytest.mark.parametrize(
    "facts", [FAULT, NONE, LISTED, WORK], ids=["fault", "no outage", "polled list", "planned work"]
)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_order_of_an_outages_facts_ends_in_one_truth(facts: tuple[Any, ...], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(facts))), unique=True, min_size=1))
    in_order = tuple(facts[i] for i in sorted(chosen))
    shuffled = tuple(facts[i] for i in chosen)
    assert known(shuffled) == known(in_order)
    assert known((*shuffled, *shuffled)) == known(in_order), "twice says no more than once"


def test_the_truth_at_the_end_is_the_one_that_happened() -> None:
    end = known(FAULT)
    assert end is not None
    assert (end.status, end.started_at, end.restored_at) == ("restored", at(5, 14, 30), at(5, 15, 30))
    before = known(FAULT[:-1])
    assert before is not None
    assert (before.status, before.ert) == ("out", at(5, 16))
    assert set(before.extent.lines) == {LINE, "10千伏城北线"}, "off again: steps of the first restoration hold no more"


def test_a_reopening_learnt_late_does_not_undo_a_later_restoration() -> None:
    end = known((confirmed(at(5, 15)), started("F1"), OutageReopened(mrid="F1", reopened_at=at(5, 14))))
    assert end is not None
    assert end.status == "restored"


def test_a_cut_of_no_length_is_over_but_off_again_at_the_same_instant_is_off() -> None:
    blink = known((started(), confirmed(at(5, 9, 12))))
    again = known((started(), confirmed(at(5, 10)), OutageReopened(mrid="F1", reopened_at=at(5, 10))))
    assert blink is not None
    assert again is not None
    assert (blink.status, again.status) == ("restored", "out")


def test_a_time_told_of_an_earlier_cut_does_not_hold_for_the_next() -> None:
    end = known((started(ert=at(5, 11, 30)), confirmed(), started(when=at(5, 15))))
    assert end is not None
    assert (end.status, end.started_at, end.ert) == ("out", at(5, 15), None)


def test_a_predicted_outage_is_held_until_somebody_confirms_it() -> None:
    city = City(at(5, 9, 14), customer())
    assert city.hears(started(confirmed=False)).reason == "held-until-known"
    assert city.requests() == []
    city.hears(started(ert=at(5, 11)))
    assert city.reached() == ["fault"]


def test_a_fault_inside_the_customers_own_installation_touches_nobody() -> None:
    city = City(at(5, 9, 14), customer())
    own = FaultReported(mrid="F1", reported_at=at(5, 9), extent=WHERE, fault_side="customer")
    city.hears(own)
    assert city.requests() == []


def report(when: datetime | None = None, **changes: Any) -> FaultReported:
    return FaultReported(mrid="F1", reported_at=when or at(5, 9, 12), extent=WHERE, **changes)


def test_one_call_is_told_to_nobody_as_the_streets_outage() -> None:
    city = City(at(5, 9, 14), customer())
    assert city.hears(report()).reason == "held-until-confirmed"
    assert city.requests() == []


def test_a_call_is_told_once_dispatch_bears_it_out() -> None:
    for borne_out in (
        started(),
        report(at(5, 9, 13), fault_side="utility"),
        ert(at(5, 11), at(5, 9, 20)),
        ExtentChanged(mrid="F1", changed_at=at(5, 9, 20), extent=WHERE),
        CauseCleared(mrid="F1", cleared_at=at(5, 9, 20), cause="树木触线"),
    ):
        city = City(at(5, 9, 14), customer())
        city.hears(report())
        city.hears(crew("assigned"))
        assert city.requests() == [], "a crew looks at meters, too"
        city.hears(borne_out)
        assert len(city.reached()) == 1
        assert "自3月5日9时12分起停电" in city.last(), "since the call"


def test_a_meter_at_fault_is_never_an_outage() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(report(meter_fault=True))
    city.hears(ert(at(5, 11), at(5, 9, 20)))
    assert city.requests() == []


def test_what_was_told_and_lies_inside_somebodys_own_installation_ends_with_a_correction() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(report(ert=at(5, 11)))
    assert city.reached() == ["fault"]
    city.moves_to(at(5, 9, 40))
    city.hears(report(at(5, 9, 12), fault_side="customer"))
    assert city.reached() == ["fault", "correction"]
    city.moves_to(at(5, 13))
    assert city.reached() == ["fault", "correction"]


def test_one_customers_own_fault_does_not_end_an_outage_that_dispatch_has_started() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 11)))
    city.hears(report(at(5, 9, 30), fault_side="customer"))
    assert city.reached() == ["fault"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["older first", "newer first"])
def test_what_an_older_start_says_counts_beside_a_newer_one_that_leaves_it_out(order: tuple[int, int]) -> None:
    starts = (started(ert=at(5, 11), cause="树木触线"), started(when=at(5, 9, 20), extent=Extent()))
    end = known(tuple(starts[index] for index in order))
    assert end is not None
    assert (end.started_at, end.extent, end.ert, end.cause) == (at(5, 9, 20), WHERE, at(5, 11), "树木触线")


@pytest.mark.parametrize(
    "found",
    [
        report(at(5, 9, 20), fault_side="utility"),
        report(at(5, 9, 13), fault_side="utility"),
        ExtentChanged(mrid="F1", changed_at=at(5, 9, 20), extent=WHERE),
    ],
)
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_one_neighbours_meter_does_not_end_what_was_found_to_be_the_utilitys(
    found: FaultReported | ExtentChanged, order: tuple[int, ...]
) -> None:
    facts = (report(), report(at(5, 9, 15), meter_fault=True), found)
    end = known(tuple(facts[index] for index in order))
    assert end is not None
    assert (end.status, end.started_at) == ("out", at(5, 9, 12)), "the hospital on that line is dark"


def story(city: City) -> None:
    """Four versions of one outage, kept back on their way to the hospital."""
    city.hold = True
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(ert(at(5, 14), at(5, 10)))
    city.hears(crew())
    city.now = at(5, 13, 41)
    city.hears(confirmed())


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_audience_messages_in_any_order_end_in_the_same_state_of_mind(order: tuple[int, ...]) -> None:
    city = City(at(5, 9, 14), customer())
    story(city)
    city.release(order)
    assert city.of().outages["F1"].status == "restored"
    assert city.of().outages["F1"].outage_version == 4
    assert believe(city.of()).kind in ("nothing", "back"), "nobody is left believing that power is off"
    if order[0] == 3:
        assert city.requests() == [], "restored came first: there is nothing to say"
    else:
        assert city.reached()[-1] == "restored"
        assert city.reached().count("restored") == 1


@pytest.mark.parametrize("order", [(0, 0, 1, 1, 2, 3, 3), (0, 1, 0, 3, 2, 1, 0), (1, 0, 1, 3, 3)])
def test_what_comes_twice_is_said_once(order: tuple[int, ...]) -> None:
    city = City(at(5, 9, 14), customer())
    story(city)
    city.release(order)
    triggers = city.reached()
    assert len(triggers) == len(set(triggers))
    assert {d.reason for s, d in city.decisions if s == "customer/hospital"} & {"already-known", "older-than-known"}


def test_a_customer_not_yet_known_is_joined_when_the_registry_comes() -> None:
    city = City(at(5, 9, 14))
    city.registry["hospital"] = customer()
    city.hears(started(ert=at(5, 11, 30)))
    assert city.decisions[-1][1].reason == "held-until-known"
    city.now = at(5, 9, 40)
    city.hears(customer())
    assert city.reached() == ["fault"]


def test_a_customer_joined_after_the_end_hears_nothing() -> None:
    city = City(at(5, 9, 14))
    city.registry["hospital"] = customer()
    city.hears(started(ert=at(5, 11, 30)))
    city.hears(confirmed())
    city.hears(customer())
    assert city.requests() == []


def test_an_older_profile_changes_nothing() -> None:
    city = City(at(5, 9), customer(updated_at=at(2, 0), address="新址"))
    assert city.hears(customer(updated_at=at(1, 0))).reason == "older-than-known"
    assert city.of().profile is not None
    assert city.of().profile.address == "新址"


@settings(max_examples=60, deadline=None)
@given(
    order=st.permutations(range(len(FAULT))),
    pauses=st.lists(st.integers(0, 90), min_size=len(FAULT), max_size=len(FAULT)),
)
def test_whatever_the_order_the_last_word_is_true_and_none_is_said_twice(order: list[int], pauses: list[int]) -> None:
    city = City(at(5, 9, 14), customer())
    for index, pause in zip(order, pauses, strict=True):
        city.moves_to(city.now + pause * MINUTE)
        city.hears(FAULT[index])
    texts = city.texts("hospital", "accepted", "delivered") if "customer/hospital" in city.states else []
    said = [(text.trigger, text.meant.says) for text in texts]
    assert all(one != two for one, two in pairwise(said))
    held = truth(city.states["outage/F1"].facts)
    assert held is not None
    assert held.status == "restored"
    assert believe(city.of()).kind != "out" or city.now - at(5, 15, 30) > 1440 * MINUTE
    assert city.deciders["customer"].timers(city.of()) == {}, "all is over: nothing is left to watch"
    assert NotifierOutage().timers(city.states["outage/F1"]) == {}


GONE: tuple[Any, ...] = (
    *FAULT,
    corrected(at(5, 10), started_at=at(5, 8, 40), cause="吊车碰线"),
    no_outage(at(5, 16)),
)


@settings(max_examples=60, deadline=None)
@given(
    order=st.permutations(range(len(GONE))),
    pauses=st.lists(st.integers(0, 60), min_size=len(GONE), max_size=len(GONE)),
)
def test_whatever_the_order_nobody_is_left_believing_in_an_outage_that_there_was_not(
    order: list[int], pauses: list[int]
) -> None:
    city = City(at(5, 9, 14), customer())
    for index, pause in zip(order, pauses, strict=True):
        city.moves_to(city.now + pause * MINUTE)
        city.hears(GONE[index])
    held = truth(city.states["outage/F1"].facts)
    assert held is not None
    assert (held.status, held.no_outage) == ("withdrawn", True)
    if "customer/hospital" in city.states:
        assert believe(city.of()).kind != "out"
        assert not city.texts("hospital", "requested")
        told = [text.trigger for text in city.texts("hospital", "accepted", "delivered")]
        assert told.count("correction") <= 1
        assert city.deciders["customer"].timers(city.of()) == {}
