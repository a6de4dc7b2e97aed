"""A conversation forgets what is over, and knows all the same what it must."""

from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

import msgspec

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Extent, Period, encode
from services.notifier.domain.customer.conversation import Customer
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.customer.evolve import evolve
from services.notifier.domain.customer.past_outages import KEPT_OUTAGES, KEPT_TEXTS, SLACK
from tests.kits.counting import calls
from tests.kits.deciders.notifier import VOICE, City, at, customer

HOSPITAL = "customer/hospital"
FIRST = at(2, 0)
LENGTHS = (90, 100, 150, 360, 400)
"""Of the histories that are looked at: each is lived through once, and is the beginning of the next."""


def word(number: int, version: int = 1, **changes: Any) -> CustomerTouched:
    began = FIRST + timedelta(hours=number)
    given: dict[str, Any] = {
        "customer_id": "hospital",
        "mrid": f"F-{number:05}",
        "outage_version": version,
        "touched": True,
        "matched_by": ("line:10kv城东线",),
        "outage_class": "fault",
        "status": "out" if version == 1 else "restored",
        "trigger": "outage.started.v1" if version == 1 else "restoration.confirmed.v1",
        "started_at": began,
        "ert": began + timedelta(hours=2) if version == 1 else None,
        "restored_at": began + timedelta(minutes=40) if version == 2 else None,
        "extent": Extent(lines=("10千伏城东线",)),
        "at": began + timedelta(minutes=40 * (version - 1)),
    }
    return CustomerTouched(**{**given, **changes})


def tell(city: City, one: CustomerTouched) -> Any:
    city.now = max(city.now, one.at)
    decided = city.tell(HOSPITAL, one)
    city.settle()
    return decided


@cache
def _lived(count: int) -> City:
    """It goes on from the longest history that there is already."""
    before = max((one for one in LENGTHS if one < count), default=0)
    city = _lived(before).branch() if before else City(FIRST, customer())
    go_on(city, range(before, count))
    return city


def after(count: int) -> City:
    """A hospital that `count` outages came to, one after the other."""
    return _lived(count).branch()


def go_on(city: City, numbers: Iterable[int]) -> None:
    for number in numbers:
        tell(city, word(number))
        tell(city, word(number, 2))


def state_of(city: City) -> Customer:
    state: Customer = city.states[HOSPITAL]
    return state


def test_what_400_outages_leave_is_no_larger_than_what_150_leave() -> None:
    decider = NotifierCustomer(VOICE)
    sizes = {count: len(encode(decider.view(state_of(after(count))))) for count in (150, 400)}
    assert sizes[400] < 1.2 * sizes[150], sizes
    assert sizes[400] < 100_000


def test_the_word_of_the_last_outage_costs_what_that_of_the_hundredth_did() -> None:
    city = after(90)
    early = [calls(lambda n=number: go_on(city, [n])) for number in range(90, 180)]  # type: ignore[misc]
    city = after(360)
    late = [calls(lambda n=number: go_on(city, [n])) for number in range(360, 400)]  # type: ignore[misc]
    # Now and then what is over goes together: on average a word costs the same.
    assert sum(late) / len(late) < 1.3 * sum(early) / len(early)


def test_every_outage_is_told_and_its_end_is() -> None:
    city = after(100)
    told = [event.data.trigger for event in city.log[HOSPITAL] if event.type == "message.requested.v1"]
    assert told == ["fault", "restored"] * 100


def test_an_older_word_of_an_outage_that_is_forgotten_is_still_older() -> None:
    city = after(100)
    assert "F-00003" not in state_of(city).outages
    for version in (1, 2):
        decided = tell(city, word(3, version))
        assert (decided.reason, list(decided.events)) == ("older-than-known", [])


def test_a_forgotten_outage_that_stands_again_is_told() -> None:
    city = after(100)
    again = word(
        3, 3, status="out", ert=None, restored_at=None, started_at=city.now, at=city.now, trigger="outage.reopened.v1"
    )
    decided = tell(city, again)
    assert [event.type for event in decided.events if event.type == "message.requested.v1"]
    assert [one.mrid for one in state_of(city).holding()] == ["F-00003"]


def test_an_outage_that_goes_on_and_a_notice_of_work_to_come_are_never_forgotten() -> None:
    city = City(FIRST, customer())
    planned = Period(start=at(28, 1), end=at(28, 5))
    tell(city, word(0))
    notice = word(1, status="noticed", started_at=None, ert=None, outage_class="planned", planned_period=planned)
    tell(city, notice)
    for number in range(2, 100):
        tell(city, word(number))
        tell(city, word(number, 2))
    state = state_of(city)
    assert {"F-00000", "F-00001"} <= state.outages.keys()
    assert len(state.outages) <= KEPT_OUTAGES + SLACK + 2


def test_work_that_was_noticed_and_never_begun_goes_a_month_after_its_end() -> None:
    city = City(FIRST, customer())
    planned = Period(start=at(3, 1), end=at(3, 5))
    tell(city, word(0, status="noticed", started_at=None, ert=None, outage_class="planned", planned_period=planned))
    for number in range(1, 60):
        tell(city, word(number * 24))
        tell(city, word(number * 24, 2))
    assert "F-00000" not in state_of(city).outages


def test_a_state_that_was_kept_is_the_state_and_a_replay_forgets_the_same() -> None:
    city = after(100)
    decider, state = NotifierCustomer(VOICE), state_of(city)
    again = decider.restore(HOSPITAL, decider.dump(state))
    assert again == state
    assert decider.view(again) == decider.view(state)
    replayed = decider.initial(HOSPITAL)
    for event in city.log[HOSPITAL]:
        replayed = evolve(replayed, event.type, msgspec.json.decode(encode(event.data), type=type(event.data)))
    assert replayed == state
    assert len(state.texts) <= 50 + KEPT_TEXTS + 2 * SLACK


def test_a_word_of_an_older_log_that_carries_the_whole_extent_is_kept_as_far_as_it_concerns() -> None:
    whole = Extent(lines=("10千伏城西线", "10千伏城东线"), usage_points=tuple(f"up-{n}" for n in range(20_000)))
    city = City(FIRST, customer())
    tell(city, word(0, extent=whole))
    assert state_of(city).outages["F-00000"].extent.lines == ("10千伏城东线",)
    assert len(encode(NotifierCustomer(VOICE).view(state_of(city)))) < 10_000
