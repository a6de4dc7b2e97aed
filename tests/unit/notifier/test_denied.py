"""A meter or the customer says that power is not back: nobody there is told that it is, and who was told hears an honest word."""

from datetime import timedelta
from typing import Any

from schemas.contracts.base import Extent
from schemas.contracts.customers import Supply
from schemas.contracts.dispatch import OutageReopened
from schemas.contracts.restorations import RestorationChecked
from services.kernel.model import Decision
from services.policy.model import Telling
from tests.kits.deciders.notifier import (
    LINE,
    MINUTE,
    City,
    at,
    confirmed,
    customer,
    part,
    started,
)

HOSPITAL = customer(usage_points=("UP-1",))
SCHOOL = customer("school", usage_points=("UP-2",))


def checked(*points: str, number: int = 1) -> RestorationChecked:
    """Where it is denied that power is back."""
    return RestorationChecked(mrid="F1", number=number, checked_at=at(5, 14), denied=Extent(usage_points=points))


def day(*customers: Any, **more: Any) -> City:
    """The line is off since 9:12; it is 13:40."""
    city = City(at(5, 9, 15), *(customers or (HOSPITAL, SCHOOL)), **more)
    city.hears(started(when=at(5, 9, 12), ert=at(5, 15)))
    city.now = at(5, 13, 40)
    return city


def says(city: City, body: str, name: str = "hospital") -> Decision:
    """What the customer's conversation decides of a text from their telephone; where it hears nothing of it, its number."""
    before = len(city.decisions)
    city.answers(body, f"{name}-duty")
    heard = [one for stream, one in city.decisions[before:] if stream == f"customer/{name}"]
    return heard[0] if heard else city.decisions[-1][1]


def test_at_the_point_that_is_denied_nobody_is_told_that_power_is_back_and_everybody_else_is() -> None:
    city = day()
    city.hears(checked("UP-1"))
    city.hears(confirmed(at(5, 13, 35)))
    assert city.reached("school") == ["fault", "restored"]
    assert city.reached() == ["fault"]
    city.now = at(5, 13, 50)
    assert city.hears(checked(number=2)).reason == "denied-at-some-points"
    assert city.reached() == ["fault", "restored"], "once nobody denies it any more"
    assert city.reached("school") == ["fault", "restored"]


def test_what_keeps_being_denied_is_said_to_be_unproven_when_a_word_is_due_and_a_person_is_called() -> None:
    city = day()
    city.hears(checked("UP-1"))
    city.hears(confirmed(at(5, 13, 35)))
    city.moves_to(at(5, 13, 56))
    assert "contact.unreached.v1" in city.kinds()
    city.moves_to(at(5, 15, 16))
    assert city.reached() == ["fault", "fault-time-unknown"]
    assert "据报已恢复,尚未核实" in city.last()


def test_who_was_told_that_it_is_back_hears_that_it_may_not_be() -> None:
    city = day()
    city.hears(confirmed(at(5, 13, 35)))
    assert city.reached() == ["fault", "restored"]
    city.now = at(5, 13, 52)
    city.hears(checked("UP-1"))
    assert city.reached() == ["fault", "restored", "reopened"]
    assert city.last().startswith(
        "【东江供电公司】您好!此前告知贵单位(中山路18号)已于3月5日13时35分恢复供电,现了解到您处可能仍无电,我们正在核实,将于15时前再次告知您。"
    )
    assert city.reached("school") == ["fault", "restored"], "theirs stands"
    city.now = at(5, 14, 10)
    city.hears(checked(number=2))
    assert city.reached()[-1] == "restored"


def test_it_is_said_once_however_many_points_are_denied() -> None:
    city = day()
    city.hears(confirmed(at(5, 13, 35)))
    city.hears(checked("UP-1"))
    city.hears(checked("UP-1", "UP-2", number=2))
    city.hears(checked("UP-1", "UP-2", "UP-3", number=3))
    assert city.reached() == ["fault", "restored", "reopened"]
    assert city.reached("school") == ["fault", "restored", "reopened"]


def test_a_text_that_power_is_back_and_waits_is_withdrawn() -> None:
    city = day(telling=Telling(settling=MINUTE))
    city.hears(confirmed(at(5, 13, 35)))
    city.hears(checked("UP-1"))
    city.moves_to(at(5, 13, 45))
    assert city.reached() == ["fault"]
    assert city.reached("school") == ["fault", "restored"]


def test_an_older_word_changes_nothing() -> None:
    city = day()
    city.hears(confirmed(at(5, 13, 35)))
    city.hears(checked(number=2))
    assert city.hears(checked("UP-1", number=1)).reason == "older-or-already-known"
    assert city.reached() == ["fault", "restored"]


def test_of_a_part_that_is_back_only_whoever_is_not_denied_is_told() -> None:
    west = "10千伏城西线"
    city = City(at(5, 9, 15), HOSPITAL, SCHOOL, customer("mill", lines=(west,), areas=(), usage_points=("UP-9",)))
    city.hears(started(when=at(5, 9, 12), extent=Extent(lines=(LINE, west)), ert=at(5, 15)))
    city.now = at(5, 13, 40)
    city.hears(checked("UP-1"))
    city.hears(part(Extent(lines=(LINE,)), Extent(lines=(west,)), at(5, 13, 35)))
    assert city.reached("school") == ["fault", "part-restored"]
    assert city.reached() == ["fault"]
    assert city.reached("mill") == ["fault"]
    city.hears(checked(number=2))
    assert city.reached() == ["fault", "part-restored"]


def test_off_again_by_dispatchs_word_is_told_as_that() -> None:
    city = day()
    city.hears(confirmed(at(5, 13, 35)))
    city.hears(checked("UP-1"))
    city.now = at(5, 14)
    city.hears(OutageReopened(mrid="F1", reopened_at=at(5, 13, 50), ert=at(5, 17)))
    city.hears(checked(number=2))
    assert city.reached("school")[-1] == "reopened"
    city.now = at(5, 17)
    city.hears(confirmed(at(5, 16, 50), turn=3))
    assert city.reached()[-1] == "restored"
    assert city.reached("school")[-1] == "restored"


def test_of_two_supplies_the_one_that_is_denied_is_lost_and_no_more() -> None:
    west = "10千伏城西线"
    works = customer(
        "works",
        lines=(),
        areas=(),
        supplies=(
            Supply(id="1", role="main", line=LINE, usage_point="UP-1"),
            Supply(id="2", role="standby", line=west, usage_point="UP-2"),
        ),
    )
    city = City(at(5, 9, 15), works)
    city.hears(started(when=at(5, 9, 12), extent=Extent(lines=(LINE, west)), ert=at(5, 15)))
    assert city.reached("works") == ["fault"]
    city.now = at(5, 13, 40)
    city.hears(checked("UP-1"))
    city.hears(confirmed(at(5, 13, 35)))
    state = city.of("works")
    assert (state.plight().off, state.plight().ids) == (False, frozenset({"1"}))


def test_whoever_answers_that_power_is_not_back_is_heard_with_their_place() -> None:
    city = day()
    city.hears(confirmed(at(5, 13, 35)))
    city.now += timedelta(minutes=2)
    assert says(city, "还是没电!").reason == "customer-says-off"
    (word,) = [event for event in city.log["customer/hospital"] if event.type == "supply.denied.v1"]
    assert word.data.extent.usage_points == ("UP-1",)
    assert (word.data.mrid, word.data.restored_at, word.data.said_at) == ("F1", at(5, 13, 35), city.now)
    assert says(city, "没电啊").reason == "denied-before"


def test_it_goes_to_the_topic_that_the_restorer_reads_under_the_outages_key() -> None:
    city = day()
    city.hears(confirmed(at(5, 13, 35)))
    (new,) = [one for one in says(city, "没电").events if one.type == "supply.denied.v1"]
    assert (new.topic, new.key) == ("outage.replies", "F1")


def test_whoever_was_not_told_that_it_is_back_denies_nothing() -> None:
    city = day()
    assert says(city, "没电").reason == "fault-requested", "they know that it is off, and so do we"
    city.hears(confirmed(at(5, 13, 35)))
    assert says(city, "谢谢,来电了").reason == "customer-says-on"
    city.now += timedelta(hours=25)
    says(city, "没电")
    assert "supply.denied.v1" not in city.kinds(), "a day later it is another matter"
