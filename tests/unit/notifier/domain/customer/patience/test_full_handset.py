"""What a telephone has no room for in this hour is not said late: somebody calls, and then what is so is said."""

from datetime import timedelta

from services.notifier.domain.calls import causes_of
from services.notifier.domain.events import SendingNoRoom
from services.notifier.domain.handset.caps import FULL, SPENT
from tests.kits.deciders.notifier import MINUTE, City, at, confirmed, customer, ert, started


def full(city: City, why: str = FULL, until: timedelta = 40 * MINUTE) -> None:
    """The sender finds no room for the text under way."""
    (text,) = city.texts("hospital", "requested")
    word = SendingNoRoom(
        message_id=text.message_id, customer_id="hospital", until=city.now + until, reason=why, at=city.now
    )
    assert city.tell("customer/hospital", word).reason == why


def later(why: str = FULL) -> City:
    """A later time that found no room."""
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 10)))
    city.accept = False
    city.now = at(5, 10, 5)
    city.hears(ert(at(5, 12), city.now))
    full(city, why)
    return city


def test_it_is_withdrawn_a_person_calls_and_once_there_is_room_the_newest_is_said() -> None:
    city = later()
    assert [text.state for text in city.texts()] == ["accepted", "suppressed"]
    assert [(one.kind, one.about, one.reason) for one in causes_of(city.of()).values()] == [
        ("handset-full", "F1", "handset-full")
    ]
    city.now = at(5, 10, 20)
    city.hears(ert(at(5, 13), city.now))
    assert len(city.requests()) == 2, "another time is no reason to ask again"
    city.moves_to(at(5, 10, 46))
    assert len(city.requests()) == 3
    city.phone().receives("最新预计13时左右")
    assert causes_of(city.of()) == {}


def test_power_that_is_back_takes_the_last_place() -> None:
    city = later()
    city.now = at(5, 10, 20)
    city.hears(confirmed(at(5, 10, 18)))
    assert city.requests()[-1].trigger == "restored"
    assert causes_of(city.of()) == {}


def test_where_the_last_place_is_taken_too_that_power_is_back_is_a_call() -> None:
    city = later(SPENT)
    city.now = at(5, 10, 20)
    city.hears(confirmed(at(5, 10, 18)))
    assert city.requests()[-1].trigger != "restored"
    assert [one.reason for one in causes_of(city.of()).values()] == [SPENT]
    city.moves_to(at(5, 10, 46))
    assert city.requests()[-1].trigger == "restored"


def test_what_was_taken_meanwhile_is_not_withdrawn() -> None:
    city = later()
    city.accept = True
    (text,) = city.texts("hospital", "suppressed")
    word = SendingNoRoom(message_id=text.message_id, customer_id="hospital", until=city.now, reason=FULL, at=city.now)
    assert city.tell("customer/hospital", word).reason == "already-settled"
    unknown = SendingNoRoom(message_id="nobody", customer_id="hospital", until=city.now, reason=FULL, at=city.now)
    assert city.tell("customer/hospital", unknown).reason == "unknown-message"


def test_the_last_place_is_asked_for_by_what_changes_something() -> None:
    city = City(at(5, 9, 14), customer())
    city.hears(started(ert=at(5, 10)))
    assert not city.texts()[-1].meant.keeps_last
    city.now = at(5, 9, 40)
    city.hears(confirmed(at(5, 9, 38)))
    assert city.texts()[-1].meant.keeps_last
