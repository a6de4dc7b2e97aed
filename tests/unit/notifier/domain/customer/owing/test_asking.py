"""Who is asked to answer a text: whoever is to say that they know and has not. Where it can be answered is another matter."""

from datetime import datetime
from typing import Any

import pytest

from schemas.contracts.customers import Contact
from schemas.contracts.dispatch import SupplyRestored
from services.notifier.domain.customer.owing.words import Confirmation
from services.notifier.domain.events import TextMeant
from services.notifier.domain.wording.answers import ASKING, UNSURE
from services.notifier.domain.wording.checking.owed import OWED
from tests.kits.deciders.notifier import City, at, confirmed, customer, ert, started
from tests.kits.owed_words import promising


def told(**profile: Any) -> City:
    """A customer who was told at 9:14 that their power is off."""
    city = promising(at(5, 9, 14), customer(**profile))
    city.hears(started(ert=at(5, 17)))
    return city


def asked(city: City) -> list[str | None]:
    """Of each text what asks for an answer."""
    return [event.data.invites for event in city.log["customer/hospital"] if isinstance(event.data, TextMeant)]


@pytest.mark.parametrize(
    ("profile", "asks"),
    [
        ({"importance": "special"}, "收到请回复1。"),
        ({"importance": "first"}, "收到请回复1。"),
        ({"importance": "second", "life_support": True}, "收到请回复1。"),
        ({"importance": "special", "language": "en"}, " If you have read this, reply 1."),
        ({"importance": "second"}, None),
    ],
)
def test_whoever_is_to_say_that_they_know_is_asked_to(profile: dict[str, Any], asks: str | None) -> None:
    city = told(**profile)
    assert asked(city) == [asks]
    assert not asks or asks not in city.last(), "it ends the text only where that can be answered"


def confirms(city: City, when: datetime) -> None:
    city.hears(Confirmation(customer_id="hospital", how="reply", at=when, contact_id="hospital-duty"))


def test_whoever_has_said_so_is_asked_no_more_and_not_when_power_is_back() -> None:
    city = told(importance="special")
    city.moves_to(at(5, 9, 20))
    confirms(city, at(5, 9, 20))
    city.moves_to(at(5, 10))
    city.hears(ert(at(5, 20), at(5, 10)))
    city.moves_to(at(5, 12))
    city.hears(confirmed(at(5, 12)))
    assert city.reached() == ["fault", "ert-changed", "restored"]
    assert asked(city) == ["收到请回复1。", None, None]


def test_the_next_contact_is_asked_as_the_first_was() -> None:
    contacts = (Contact(contact_id="hospital-duty", rank=1), Contact(contact_id="hospital-head", rank=2))
    city = told(importance="special", contacts=contacts)
    city.moves_to(at(5, 9, 25))
    assert [text.contact_id for text in city.texts()] == ["hospital-duty", "hospital-head"]
    assert asked(city) == ["收到请回复1。"] * 2


def test_a_text_by_which_power_may_be_back_asks_for_nothing() -> None:
    city = promising(at(5, 9, 14), customer(importance="special"))
    city.hears(started(ert=at(5, 10)))
    city.moves_to(at(5, 10, 5))
    city.hears(SupplyRestored(mrid="F1", restored_at=at(5, 10, 5)))
    city.moves_to(at(5, 10, 21))
    city.phone().receives("现据报已恢复,尚未核实")
    assert asked(city)[-1] is None


def test_every_text_that_says_as_a_fact_that_power_is_off_is_previewed_and_checked_with_what_asks() -> None:
    of_one_supply = {"supply-lost", "one-still-lost", "supply-back", "supply-corrected"}
    of_work_to_come = {"planned-notice", "temporary-notice", "reminder", "not-begun"}
    off = {name for name, owed in OWED.items() if owed.live} - of_one_supply - of_work_to_come
    assert off - UNSURE == ASKING, "a text of power that is off is added to ASKING, or to UNSURE"
