"""Whoever was told something and says STOP is told another way when it is no longer so; a person is asked for it."""

from schemas.contracts.customers import Contact
from schemas.contracts.messages import ContactUnreached
from services.notifier.domain.calls import causes_of
from tests.kits.deciders.notifier import MINUTE, City, at, confirmed, customer, ert, published, started, withdrawn

ALONE = customer(contacts=(Contact(contact_id="hospital-duty"),))


def kinds(city: City) -> list[str]:
    """Why a person is needed."""
    return [kind for kind, _ in causes_of(city.of())]


def test_that_power_is_back() -> None:
    city = City(at(5, 9, 15), ALONE)
    city.hears(started(when=at(5, 9, 12), ert=at(5, 15)))
    city.answers("STOP")
    assert kinds(city) == [], "what they were told is so"
    city.now = at(5, 13, 40)
    city.hears(confirmed(at(5, 13, 35)))
    city.now += 2 * MINUTE
    unreached = [one.data.reason for one in city.log["customer/hospital"] if isinstance(one.data, ContactUnreached)]
    assert unreached == ["takes-no-texts"]
    assert kinds(city) == ["takes-no-texts"]
    assert not any(one.waits(city.now) for one in causes_of(city.of()).values())
    city.answers("START")
    assert city.reached()[-1] == "restored"
    assert "takes-no-texts" not in kinds(city)


def test_of_work_days_ahead_after_all_who_sit_in_the_dark_and_of_work_tomorrow_among_them() -> None:
    city = City(at(3, 9), ALONE)
    city.answers("退订")
    city.hears(published())
    (cause,) = causes_of(city.of()).values()
    assert (cause.kind, cause.begins_at) == ("takes-no-texts", at(12, 8))
    assert cause.waits(at(11, 7))
    assert not cause.waits(at(11, 9))


def test_that_announced_work_is_off() -> None:
    city = City(at(3, 9), ALONE)
    city.hears(published())
    city.answers("退订")
    assert kinds(city) == []
    city.hears(withdrawn())
    assert kinds(city) == ["takes-no-texts"]


def test_not_a_later_time_of_what_they_know() -> None:
    city = City(at(5, 9, 15), ALONE)
    city.hears(started(when=at(5, 9, 12), ert=at(5, 11)))
    city.answers("STOP")
    city.now = at(5, 10)
    city.hears(ert(at(5, 17), at(5, 10)))
    assert kinds(city) == [], "they know that it is off"
