"""By whatever clock a text is said to have been taken or to have arrived, no promise is judged by a clock that is wrong."""

from datetime import datetime, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.messages import MessageAccepted, MessageDelivered, MessageUndelivered
from schemas.contracts.promises import PromiseKept
from schemas.contracts.receipts import ReceiptReceived
from services.notifier.domain.events import AttemptAccepted
from tests.kits.deciders.notifier import MINUTE, City, at, started
from tests.kits.owed_words import STEPS, ledger, made, promising

BEGAN: Final = at(5, 9, 14)
FIRST: Final = "first-word"


def told_off() -> City:
    """Whose text that power is off is asked for, and no provider has answered."""
    city = promising(BEGAN, accept=False)
    city.hears(started(ert=at(5, 11, 30)))
    return city


def receipt(city: City, clock: timedelta, status: str = "delivered") -> None:
    """A receipt for the newest text, which overtook the provider's answer, by a gateway whose clock is wrong by so much."""
    text = city.texts()[-1]
    city.tell(
        "customer/hospital",
        ReceiptReceived(
            provider="twilio",
            provider_sid=f"SM{text.message_id}",
            status=status,
            message_id=text.message_id,
            attempt=1,
            received_at=city.now + clock,
        ),
    )


def dates(city: City) -> set[datetime]:
    """When texts were taken, arrived or failed."""
    found = [event.data for event in city.log["customer/hospital"]]
    taken = {one.accepted_at for one in found if isinstance(one, MessageAccepted)}
    arrived = {one.delivered_at for one in found if isinstance(one, MessageDelivered)}
    return taken | arrived | {one.at for one in found if isinstance(one, MessageUndelivered)}


def dues(city: City) -> list[datetime]:
    """By when the customer is to answer, before somebody calls."""
    return [one.due_at for one in made(city, "customer-answers")]


@pytest.mark.parametrize("clock", [-568, -60, 0, 60, 600])
@pytest.mark.parametrize("status", ["sent", "delivered", "undelivered"])
def test_a_receipt_is_dated_by_the_broker_and_not_by_the_gateways_clock(clock: int, status: str) -> None:
    city = told_off()
    city.now = BEGAN + MINUTE
    receipt(city, timedelta(seconds=clock), status)
    assert dates(city) == {BEGAN + MINUTE}


def test_a_text_that_went_in_time_keeps_its_promise_though_the_gateways_clock_is_ahead() -> None:
    city = told_off()
    city.now = BEGAN + MINUTE
    receipt(city, 10 * MINUTE)
    assert ledger(city, {FIRST}) == [(FIRST, "made", None), (FIRST, "kept", "told-in-time")]


def test_a_text_that_went_late_breaks_its_promise_though_the_gateways_clock_is_behind() -> None:
    city = told_off()
    city.moves_to(BEGAN + 15 * MINUTE)
    receipt(city, -10 * MINUTE)
    assert ledger(city, {FIRST})[-1] == (FIRST, "broken", "text-not-taken-yet")


def test_nobody_is_called_early_because_the_gateways_clock_is_behind() -> None:
    right, behind = told_off(), told_off()
    for city, clock in ((right, 0 * MINUTE), (behind, -10 * MINUTE)):
        city.now = BEGAN + MINUTE
        receipt(city, clock)
    assert dues(right) == dues(behind) != []
    assert ledger(right, STEPS) == ledger(behind, STEPS)


@given(after=st.integers(0, 9 * 60), clock=st.integers(-600, 45))
def test_no_text_was_taken_before_it_was_asked_for_nor_will_be(after: int, clock: int) -> None:
    # The notifier's own clock dates the provider's answer; it was put right, or wrong, since the text was asked for.
    city = told_off()
    (text,), city.now = city.texts(), BEGAN + timedelta(seconds=after)
    city.hears(
        AttemptAccepted(
            message_id=text.message_id,
            customer_id="hospital",
            attempt=1,
            provider="twilio",
            provider_sid="SM1",
            at=city.now + timedelta(seconds=clock),
        )
    )
    (taken,) = dates(city)
    assert BEGAN <= taken <= city.now
    (kept,) = [event.data for event in city.log["customer/hospital"] if isinstance(event.data, PromiseKept)]
    assert made(city, FIRST)[0].measured_from <= kept.at == taken
