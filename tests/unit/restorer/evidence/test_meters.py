"""What meters say of a restoration: one without power denies it at its point, all with power prove it; dispatch outranks them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import MeterFault, MeterMended
from schemas.contracts.restorations import MetersRead
from services.places.topology import NetworkModel
from services.restorer.domain.course.beside import OtherOutage
from tests.kits.deciders.restorer import (
    MRID,
    POINTS,
    Outage,
    at,
    extent_changed,
    metered,
    part,
    points,
    reopened,
    restored,
    started,
    withdrawn,
)
from tests.kits.network.models import element

CITY = NetworkModel(
    [
        element("ss", "substation"),
        element("L1", "line", "ss", name="10千伏城东线"),
        element("T1", "transformer", "L1", name="城东1号公变"),
        element("T2", "transformer", "L1", name="城东2号公变"),
        element("P1", "usagePoint", "T1"),
        element("P2", "usagePoint", "T1"),
        element("P3", "usagePoint", "T2"),
    ]
)
EAST = Extent(lines=("10千伏城东线",))


def over(**more: Any) -> Outage:
    """Three points, off since 9:12, said to be back at 10:00."""
    outage = Outage()
    outage.hears_all(started(), restored("10:00", **more))
    return outage


def denied(outage: Outage) -> list[tuple[str, ...]]:
    return [word.denied.usage_points for word in outage.events("restoration.checked")]


def questions(outage: Outage) -> list[Any]:
    return outage.events("fact.questioned")


def test_a_reading_without_power_denies_the_restoration_at_its_point_alone() -> None:
    outage = over()
    assert outage.looks(metered("up-2", "10:20", on=False)).reason == "meters-deny"
    assert denied(outage) == [("up-2",)]
    assert outage.status == "restored", "the rest has power, and its promises are judged by that"
    (question,) = questions(outage)
    assert (question.reason, question.fact_type, question.places) == (
        "meter-says-off",
        "meter.reading.v1",
        points("up-2"),
    )
    assert (question.given, question.against) == (at("10:20"), at("10:00"))
    assert question.cause == "metering/up-2/10:20"
    assert outage.view["evidence"]["denied"] == ["up-2"]
    assert outage.view["questions"][0]["reason"] == "meter-says-off"


def test_one_that_was_read_before_dispatch_says_so_denies_it_before_it_is_confirmed() -> None:
    outage = Outage()
    outage.hears(started())
    assert outage.looks(metered("up-2", "10:20", on=False)).reason == "nothing-new-from-meters"
    outage.hears(restored("10:00"))
    types = [event.type for event in outage.log]
    assert types.index("restoration.checked.v1") < types.index("restoration.confirmed.v1"), (
        "whoever tells must know first"
    )
    (confirmed,) = outage.events("restoration.confirmed")
    assert confirmed.meters == MetersRead(points=3, off=1)


@pytest.mark.parametrize(
    ("clock", "why"),
    [("9:50", "it was read before"), ("10:00", "of the same instant"), ("10:02", "clocks differ by as much")],
)
def test_what_was_read_no_later_than_power_was_back_says_nothing(clock: str, why: str) -> None:
    outage = over()
    assert outage.looks(metered("up-2", clock, on=False)).reason == "nothing-new-from-meters", why


def test_a_day_later_it_is_another_matter() -> None:
    outage = over()
    late = metered("up-2", "10:20", on=False)._replace(at=at("10:01", day=6))
    assert outage.looks(late).reason == "nothing-new-from-meters"


def test_said_again_it_is_asked_once() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    assert outage.looks(metered("up-2", "10:35", on=False)).reason == "nothing-new-from-meters"
    assert len(questions(outage)) == 1


def test_every_further_point_is_in_the_same_question_as_long_as_they_are_few() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    outage.looks(metered("up-3", "10:21", on=False))
    first, second = questions(outage)
    assert first.question_id == second.question_id
    assert second.places == points("up-2", "up-3")
    assert len(outage.view["questions"]) == 1


def test_a_flood_of_readings_is_a_handful_of_words() -> None:
    many = tuple(f"up-{number}" for number in range(10_000))
    outage = Outage()
    outage.hears_all(started(extent=points(*many)), restored("10:00"))
    for number in range(20):
        some = many[number * 500 : number * 500 + 500]
        outage.looks(*(metered(name, "10:20", on=False) for name in some))
    assert len({one.question_id for one in questions(outage)}) == 1
    assert len(questions(outage)) <= 6
    assert len(questions(outage)[-1].places.usage_points) == 50
    assert len(denied(outage)[-1]) == 10_000


def test_a_later_reading_with_power_settles_it() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    assert outage.looks(metered("up-2", "10:40", on=True)).reason == "meters-agree"
    assert denied(outage)[-1] == ()
    (settled,) = outage.events("fact.accepted")
    assert settled.reason == "explained-since"
    assert outage.view["questions"] == []


def test_a_person_who_refuses_it_ends_it_whatever_the_meter_goes_on_to_say() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    assert outage.answer(questions(outage)[0].question_id, accept=False).reason == "fact-refused"
    assert denied(outage)[-1] == ()
    assert outage.looks(metered("up-2", "10:35", on=False)).reason == "nothing-new-from-meters"


def test_after_an_answer_another_point_is_another_question() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    outage.answer(questions(outage)[0].question_id, accept=False)
    outage.looks(metered("up-3", "10:40", on=False))
    first, second = questions(outage)
    assert first.question_id != second.question_id
    assert denied(outage)[-1] == ("up-3",)


def test_a_person_who_stands_by_the_meter_leaves_it_denied_and_is_not_asked_again() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    assert outage.answer(questions(outage)[0].question_id, accept=True).reason == "fact-accepted"
    outage.looks(metered("up-3", "10:21", on=False))
    assert denied(outage)[-1] == ("up-2", "up-3")
    assert len(questions(outage)) == 1


def test_dispatch_that_stands_by_the_restoration_outranks_the_meter() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    name = questions(outage)[0].question_id
    assert outage.hears(restored("10:00", confirms=name)).reason == "restoration-stood-by"
    assert denied(outage)[-1] == ()
    (refused,) = outage.events("fact.refused")
    assert refused.reason == "confirmed-by-its-sender"


def test_dispatch_that_says_it_is_back_since_a_later_time_outranks_what_was_read_before() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    outage.hears(restored("10:30", scope="part", extent=points("up-2")))
    assert denied(outage)[-1] == ()
    assert outage.looks(metered("up-2", "10:45", on=False)).reason == "meters-deny"


def test_off_again_by_dispatchs_word_explains_it() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    outage.hears(reopened("10:15"))
    assert denied(outage)[-1] == ()
    assert outage.view["questions"] == []
    assert outage.hears(restored("11:00")).reason == "all-restored"
    assert denied(outage)[-1] == (), "what was read before power was back says nothing of it"


def test_a_point_that_another_outage_holds_denies_nothing() -> None:
    outage = over()
    outage.others = (OtherOutage("F2", points("up-2"), Extent(), at("9:30")),)
    assert outage.looks(metered("up-2", "10:20", on=False)).reason == "nothing-new-from-meters"
    outage.others = (OtherOutage("F2", points("up-2"), Extent(), at("9:30"), at("10:10")),)
    assert outage.looks(metered("up-2", "10:20", on=False)).reason == "meters-deny", "it was over by then"


def test_of_a_part_only_what_is_in_it_denies() -> None:
    outage = Outage()
    outage.hears_all(started(), part("10:00", "up-1"))
    assert outage.looks(metered("up-2", "10:20", on=False)).reason == "nothing-new-from-meters", "it is off, as said"
    assert outage.looks(metered("up-1", "10:20", on=False)).reason == "meters-deny"
    assert outage.status == "partiallyRestored"


def test_all_points_with_power_prove_it_and_one_only_its_own() -> None:
    outage = over()
    assert outage.looks(metered("up-1", "10:05", on=True)).reason == "nothing-new-from-meters"
    assert outage.looks(metered("up-2", "10:06", on=True), metered("up-3", "10:07", on=True)).reason == "meters-prove"
    (word,) = outage.events("restoration.checked")
    assert (word.proven, word.meters, word.denied) == (True, MetersRead(points=3, on=3), Extent())


def test_a_plant_behind_the_meter_proves_nothing() -> None:
    outage = over()
    outage.looks(
        *(metered(name, "10:05", on=True) for name in ("up-1", "up-2")), metered("up-3", "10:05", on=True, own=True)
    )
    assert not outage.events("restoration.checked")


def test_what_is_off_and_has_power_at_every_meter_is_a_question_and_no_end() -> None:
    outage = Outage()
    outage.hears(started())
    outage.looks(*(metered(name, "9:50", on=True) for name in ("up-1", "up-2")))
    assert not questions(outage)
    outage.looks(metered("up-3", "9:51", on=True))
    (question,) = questions(outage)
    assert (question.reason, outage.status) == ("meters-say-on", "confirmed")
    outage.hears(restored("9:45"))
    assert outage.view["questions"] == []


def test_by_the_network_every_meter_below_the_line_counts() -> None:
    outage = Outage(network=CITY)
    outage.hears_all(started("9:00", EAST), restored("10:00"))
    assert outage.looks(metered("P3", "10:20", on=False)).reason == "meters-deny"
    assert questions(outage)[0].network_models
    outage.looks(metered("P3", "10:30", on=True), metered("P1", "10:30", on=True), metered("P2", "10:31", on=True))
    assert outage.events("restoration.checked")[-1].proven


def test_without_a_network_nobody_knows_all_points_of_a_line() -> None:
    outage = Outage()
    outage.hears_all(started("9:00", EAST), restored("10:00"))
    outage.looks(metered("P1", "10:30", on=True))
    assert not outage.events("restoration.checked")


def test_what_is_closed_or_withdrawn_is_denied_no_more() -> None:
    closed = over()
    closed.looks(metered("up-2", "10:20", on=False))
    closed.moves_to(at("12:00", day=6), only="close")
    assert closed.status == "closed"
    assert (denied(closed)[-1], closed.view["questions"]) == ((), [])
    none = over()
    none.looks(metered("up-2", "10:20", on=False))
    none.hears(withdrawn("11:00"))
    assert (denied(none)[-1], none.view["questions"]) == ((), [])


def test_the_order_in_which_facts_come_decides_nothing() -> None:
    facts = (started(), extent_changed("9:30", POINTS), restored("10:00"))
    for order in permutations(facts):
        outage = Outage()
        outage.read = {"up-2": metered("up-2", "10:20", on=False)}
        outage.hears_all(*order)
        outage.looks()
        assert denied(outage)[-1] == ("up-2",), order
        assert len(outage.view["questions"]) == 1


def test_a_meter_fault_is_a_matter_of_its_own_and_no_outage() -> None:
    outage = Outage()
    fault = MeterFault(mrid=MRID, usage_point="up-2", found_at=at("9:00"), reason="no display")
    assert outage.hears(fault).reason == "meter-fault-noted"
    assert (outage.status, {name.partition("/")[0] for name in outage.timers}) == ("unknown", {"promise"})
    assert outage.view["meterFault"]["usagePoint"] == "up-2"
    assert outage.hears(MeterMended(mrid=MRID, mended_at=at("15:00"))).reason == "meter-mended"
    assert outage.view["meterFault"]["mendedAt"] == "2026-03-05T07:00:00Z"


def test_the_log_alone_gives_what_was_said() -> None:
    outage = over()
    outage.looks(metered("up-2", "10:20", on=False))
    outage.answer(questions(outage)[0].question_id, accept=False)
    outage.looks(metered("up-3", "10:40", on=False))
    assert outage.replay().checked == outage.state.checked
    assert outage.decider.restore(f"outage/{MRID}", outage.decider.dump(outage.state)).checked == outage.state.checked
