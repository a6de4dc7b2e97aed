"""At night is told what begins, ends or changes something before the morning; the rest, first thing in the morning."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from schemas.contracts.customers import Supply
from services.kernel.model import TimerFired
from services.notifier.domain.customer.conversation import believe
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.customer.quiet_hours import LATER_WORK, NEXT_WORD, NO_CHANGE, reads_at_night
from services.policy.model import Telling
from services.policy.quiet import QUIET, Nights, QuietHours
from tests.kits.deciders.notifier import (
    AT_ONCE,
    HOUR,
    LINE,
    MINUTE,
    VOICE,
    ZONE,
    City,
    amended,
    at,
    confirmed,
    customer,
    ert,
    published,
    span,
    started,
    withdrawn,
)

ANYBODY = [
    {"importance": "special", "on_duty": "always"},
    {"importance": "first"},
    {"importance": "second"},
    {"importance": "second", "life_support": True},
    {"importance": "temporary", "on_duty": "hours"},
]
SCHOOL: dict[str, Any] = {"importance": "second", "on_duty": "hours"}


def night(hour: int = 22, minute: int = 0, day: int = 3, **profile: Any) -> City:
    return City(at(day, hour, minute), customer(**profile))


def hushed(city: City) -> list[tuple[str, Any]]:
    return [(e.data.reason, e.data.until) for e in city.log["customer/hospital"] if e.type == "text.hushed.v1"]


@pytest.mark.parametrize("profile", ANYBODY)
@pytest.mark.parametrize("hour", [21, 23])
def test_of_work_nine_days_ahead_nobody_is_told_at_night(profile: dict[str, Any], hour: int) -> None:
    city = night(hour, **profile)
    decision = city.hears(published())
    assert decision.reason == "to-be-told"
    assert city.requests()[0].not_before == at(4, 7)
    assert city.decisions[-2][1].reason == "planned-notice-later-work-in-the-morning"
    assert (city.texts()[0].meant.waits_for, city.texts()[0].meant.waits_until) == ("later-work", at(4, 7))


def test_what_waits_is_due_and_of_use_as_long_after_the_morning_as_else_after_it_is_asked_for() -> None:
    waits, goes = night(), City(at(4, 7), customer())
    for city in (waits, goes):
        city.hears(published("P1", span(at(30, 8), at(30, 17))))
    then, now = waits.requests()[0], goes.requests()[0]
    assert (then.not_before, then.due_at, then.expires_at) == (now.not_before, now.due_at, now.expires_at)


def test_a_time_by_which_they_must_know_that_lies_in_the_night_moves_to_the_morning() -> None:
    city = night()
    city.hears(published(inform_by=at(4, 0)))
    assert (city.requests()[0].not_before, city.requests()[0].due_at) == (at(4, 7), at(4, 9))


def test_one_that_lies_beyond_the_morning_stands() -> None:
    city = night()
    city.hears(published(inform_by=at(4, 8, 10)))
    assert (city.requests()[0].not_before, city.requests()[0].due_at) == (at(4, 7), at(4, 8, 10))


@pytest.mark.parametrize(("starts", "waits"), [(at(4, 5), False), (at(4, 9), False), (at(4, 9, 1), True)])
def test_work_that_leaves_no_time_to_prepare_in_the_morning_is_told_at_night(starts: datetime, *, waits: bool) -> None:
    city = night()
    city.hears(published("P1", span(starts, starts + 4 * HOUR), outage_class="temporary"))
    assert city.requests()[0].not_before == (at(4, 7) if waits else at(3, 22))


def test_whoever_prepares_for_the_morning_hears_at_night_that_it_is_cancelled_or_moved() -> None:
    for word in (withdrawn(), amended(span(at(20, 8), at(20, 17)))):
        city = City(at(3, 9), customer(**SCHOOL))
        city.hears(published("P1", span(at(12, 8), at(12, 17))))
        city.now = at(11, 23)
        city.hears(word)
        assert city.requests()[-1].not_before == at(11, 23)
        early = City(at(3, 9), customer())
        early.hears(published("P1", span(at(12, 8), at(12, 17))))
        early.now = at(6, 23)
        early.hears(word)
        assert early.requests()[-1].not_before == at(7, 7)


def test_what_waits_and_is_taken_back_by_morning_is_told_to_nobody() -> None:
    city = City(at(3, 22), customer(), accept=False)
    city.hears(published())
    city.now = at(4, 6)
    city.hears(withdrawn())
    assert [text.state for text in city.texts()] == ["suppressed"]


def test_what_waits_and_moves_by_morning_is_told_once_as_it_is_then() -> None:
    city = City(at(3, 22), customer(), accept=False)
    city.hears(published())
    city.now = at(4, 6)
    city.hears(amended(span(at(20, 8), at(20, 17))))
    assert [text.state for text in city.texts()] == ["suppressed", "requested"]
    assert city.requests()[-1].not_before == at(4, 7)
    assert city.requests()[-1].trigger == "planned-notice", "they never heard of the other day"


@pytest.mark.parametrize("profile", ANYBODY)
def test_that_power_is_off_and_that_it_is_back_hears_everybody_at_any_hour(profile: dict[str, Any]) -> None:
    city = night(2, 14, 5, **profile)
    city.hears(started(when=at(5, 2, 12), ert=at(5, 5)))
    city.now = at(5, 4, 30)
    city.hears(confirmed(at(5, 4, 30)))
    assert [text.said_at for text in city.texts()] == [at(5, 2, 14), at(5, 4, 30)]
    assert city.reached() == ["fault", "restored"]


@pytest.mark.parametrize("profile", [one for one in ANYBODY if one.get("on_duty") != "hours"])
def test_a_time_that_changes_hears_at_night_whoever_may_be_awake(profile: dict[str, Any]) -> None:
    city = night(2, 14, 5, **profile)
    city.hears(started(when=at(5, 2, 12), ert=at(5, 5)))
    city.now = at(5, 3)
    city.hears(ert(at(5, 9), at(5, 3)))
    city.moves_to(at(5, 4))
    assert city.reached() == ["fault", "ert-changed"]


def dark_school(by: Any = None, **changes: Any) -> City:
    city = night(2, 14, 5, **{**SCHOOL, **changes})
    city.hears(started(when=at(5, 2, 12), ert=by))
    return city


def test_a_schools_next_words_wait_for_the_morning_and_say_what_is_so_then() -> None:
    city = dark_school(at(5, 4))
    for hour, to in ((3, at(5, 6)), (5, at(5, 9))):
        city.moves_to(at(5, hour))
        city.hears(ert(to, at(5, hour)))
    city.moves_to(at(5, 6, 59))
    assert city.reached() == ["fault"]
    assert {reason for reason, _ in hushed(city)} == {"next-word"}
    assert {until for _, until in hushed(city)} == {at(5, 7)}
    city.moves_to(at(5, 7))
    assert city.reached() == ["fault", "ert-changed"]
    city.phone().receives("预计9时左右恢复供电")


def test_a_school_whose_power_is_back_by_morning_hears_that_and_nothing_else() -> None:
    city = dark_school(at(5, 4))
    city.moves_to(at(5, 3))
    city.hears(ert(at(5, 6), at(5, 3)))
    city.now = at(5, 5, 50)
    city.hears(confirmed(at(5, 5, 50)))
    city.moves_to(at(5, 9))
    assert city.reached() == ["fault", "restored"]


def test_a_school_is_promised_its_next_word_for_the_morning_and_gets_it() -> None:
    city = dark_school()
    city.phone().receives("将于7时15分前再次告知您")
    city.moves_to(at(5, 7, 4))
    assert city.reached() == ["fault-time-unknown"]
    city.moves_to(at(5, 7, 5))
    assert city.reached() == ["fault-time-unknown"] * 2
    assert hushed(city) == [], "nothing was held back, for nothing was promised for the night"


def test_whom_life_support_keeps_alive_hears_every_word_at_night_whatever_the_registry_says() -> None:
    city = dark_school(life_support=True)
    city.phone().receives("将于3时15分前再次告知您")
    assert reads_at_night(customer(on_duty="hours", life_support=True)) == "always"


def test_a_change_of_the_registry_sets_free_what_waits() -> None:
    city = dark_school(at(5, 4))
    city.moves_to(at(5, 3))
    city.hears(ert(at(5, 9), at(5, 3)))
    city.now = at(5, 3, 40)
    assert city.reached() == ["fault"]
    city.hears(customer(importance="second", on_duty="always", updated_at=at(5, 3, 40)))
    assert city.reached() == ["fault", "ert-changed"]
    assert city.of().hushed == {}


def test_another_policy_sets_free_what_waits_at_the_next_word_or_holds_it_longer() -> None:
    for hours, said_at in ((QuietHours(time(21), time(7)), at(5, 7)), (QuietHours(time(21), time(8)), at(5, 8))):
        city = dark_school(at(5, 4))
        city.moves_to(at(5, 3))
        city.hears(ert(at(5, 9), at(5, 3)))
        city.deciders = {**city.deciders, "customer": NotifierCustomer(VOICE, quiet=hours)}
        city.moves_to(at(5, 10))
        assert city.texts()[1].said_at == said_at + Telling().group_wait
        assert city.reached()[:2] == ["fault", "ert-changed"]


def test_a_clock_that_jumps_over_the_morning_says_what_is_so_when_it_lands() -> None:
    city = dark_school(at(5, 4))
    city.moves_to(at(5, 3))
    city.hears(ert(at(5, 18), at(5, 3)))
    city.now = at(5, 11, 30)
    city.tell("customer/hospital", TimerFired(name="hush/supply", due_at=at(5, 7)))
    assert city.reached() == ["fault", "ert-changed"]
    lands_at_night = dark_school(at(5, 4))
    lands_at_night.moves_to(at(5, 3))
    lands_at_night.hears(ert(at(6, 18), at(5, 3)))
    lands_at_night.now = at(5, 23)
    lands_at_night.tell("customer/hospital", TimerFired(name="hush/supply", due_at=at(5, 7)))
    assert lands_at_night.reached() == ["fault"]
    assert hushed(lands_at_night)[-1] == ("next-word", at(6, 7))


def test_who_lost_another_supply_meanwhile_hears_that_at_night() -> None:
    mains = (Supply(id="1", role="main", line=LINE), Supply(id="2", role="standby", line="10千伏城西线"))
    city = night(2, 14, 5, **SCHOOL, lines=(), areas=(), supplies=mains)
    city.hears(started(when=at(5, 2, 12), extent=Extent(lines=(LINE,))))
    city.now = at(5, 3)
    city.hears(started("F2", when=at(5, 3), extent=Extent(lines=("10千伏城西线",))))
    assert [text.said_at for text in city.texts()] == [at(5, 2, 14), at(5, 3)]
    assert [text.meant.believes for text in city.texts()] == ["supply-lost", "out"]


def test_where_nights_are_not_quiet_nothing_waits() -> None:
    city = City(at(3, 22), customer(**SCHOOL))
    city.deciders = {
        **city.deciders,
        "customer": NotifierCustomer(VOICE, quiet=QuietHours(time(7), time(7)), telling=AT_ONCE),
    }
    city.hears(published())
    assert city.requests()[0].not_before == at(3, 22)


@pytest.mark.parametrize(
    ("written", "reads"),
    [
        ({"importance": "special"}, "always"),
        ({"importance": "first"}, "always"),
        ({"importance": "second"}, None),
        ({"importance": "temporary"}, None),
        ({"importance": "special", "on_duty": "hours"}, "hours"),
        ({"importance": "temporary", "on_duty": "always"}, "always"),
        ({"importance": "temporary", "on_duty": "hours", "life_support": True}, "always"),
    ],
)
def test_who_reads_at_night_says_the_registry_and_else_the_rank(written: dict[str, Any], reads: str | None) -> None:
    assert reads_at_night(customer(**written)) == reads


def test_in_a_night_of_23_hours_the_morning_is_at_seven_all_the_same() -> None:
    zone = ZoneInfo("Europe/London")
    voice = replace(VOICE, zone=zone)
    now = datetime(2026, 3, 28, 23, tzinfo=zone).astimezone(UTC)
    city = City(now, customer())
    city.deciders = {**city.deciders, "customer": NotifierCustomer(voice)}
    begins = now + timedelta(days=9)
    city.hears(published("P1", span(begins, begins + HOUR), published_at=now))
    assert city.requests()[0].not_before == datetime(2026, 3, 29, 7, tzinfo=zone)
    assert city.requests()[0].not_before - now == 7 * HOUR


def test_many_that_waited_go_by_lane() -> None:
    city = City(at(3, 22), customer("clinic", importance="special"), customer("school", **SCHOOL), accept=False)
    city.hears(published())
    found = {name: city.requests(name)[0] for name in ("clinic", "school")}
    assert {one.not_before for one in found.values()} == {at(4, 7)}
    assert (found["clinic"].lane, found["school"].lane) == ("critical", "notice")


NIGHTS = Nights(QUIET, ZONE)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["off", "back", "time", "no time", "notice", "moved", "called off"]),
        st.integers(1, 10 * 60),
        st.integers(10, 12 * 60),
    ),
    min_size=1,
    max_size=14,
)


@given(steps=STEPS, duty=st.sampled_from([None, "hours", "always"]), rank=st.sampled_from(["special", "second"]))
def test_whatever_happens_when_nobody_is_woken_for_what_can_wait_and_in_the_morning_they_know_what_is_so(
    steps: list[tuple[str, int, int]], duty: str | None, rank: str
) -> None:
    city = City(at(3, 18), customer(importance=rank, on_duty=duty))
    version, off = 0, 0
    dark = False
    for what, gap, ahead in steps:
        city.moves_to(city.now + gap * MINUTE)
        later = city.now + ahead * MINUTE
        if what == "off" and not dark:
            dark, off = True, off + 1
            city.hears(started(f"F{off}", when=city.now, ert=later))
        elif what == "back" and dark:
            dark = False
            city.hears(confirmed(city.now, mrid=f"F{off}"))
        elif what in ("time", "no time") and dark:
            city.hears(ert(later if what == "time" else None, city.now, mrid=f"F{off}"))
        elif what == "notice" and not version:
            version = 1
            city.hears(published("P1", span(later, later + HOUR), published_at=city.now))
        elif what == "moved" and version:
            version += 1
            city.hears(amended(span(later, later + HOUR), version=version, published_at=city.now))
        elif what == "called off" and version:
            city.hears(withdrawn(version=version))
    for text in city.texts():
        morning = NIGHTS.over(text.said_at)
        if text.meant.changes_at is not None and morning != text.said_at:
            assert text.meant.changes_at <= NIGHTS.prepared(morning)
    city.moves_to(NIGHTS.over(city.now) + 20 * MINUTE)
    assert not [hush for hush in city.of().hushed.values() if hush.why in (LATER_WORK, NEXT_WORD, NO_CHANGE)]
    belief = believe(city.of(), with_pending=True)
    assert (belief.kind == "out") == dark or city.of().hushed
