"""Any order of facts, answers of the provider, receipts, denials and deaths, against a small model of what is so.

Never two texts that say the same, never one that was known to be false when it went or may still go, never silence beyond what was
promised. The model (`tests/kits/conversing.py`) knows one rule: of each outage the newest word counts.
"""

import random
from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageReopened
from schemas.contracts.restorations import RestorationChecked, RestorationRefused
from tests.kits.conversing import Conversation
from tests.kits.deciders.notifier import MINUTE, WHERE, at, confirmed, crew, customer, ert, no_outage, started

THEN = st.sampled_from([0, 0, 1, 1, 12, 70])
"""After a fact so many minutes pass, in which texts go; 0: the next fact comes at once."""
WHICH = st.integers(0, 1)
"""Of the outages so far the last one, or the one before it."""
FACTS = st.one_of(
    st.tuples(st.just("power_goes_off"), st.sampled_from([None, 40, 90, 300]), THEN),
    st.tuples(st.just("it_goes_off_again"), WHICH, THEN),
    st.tuples(st.just("power_is_back"), WHICH, THEN),
    st.tuples(st.just("that_is_taken_back"), WHICH, THEN),
    st.tuples(st.just("the_time_changes"), WHICH, st.sampled_from([None, 20, 60, 61, 400]), THEN),
    st.tuples(st.just("a_crew_is_sent"), WHICH, THEN),
    st.tuples(st.just("there_was_none"), WHICH, THEN),
    st.tuples(st.just("somebody_denies"), WHICH, st.booleans(), THEN),
    st.tuples(
        st.just("the_customer_answers"), st.sampled_from(["没电", "什么时候来电", "1", "STOP", "START", "谢谢"]), THEN
    ),
    st.tuples(st.just("a_fact_comes_again"), st.integers(0, 9)),
)
SENDING = st.one_of(
    st.tuples(st.just("a_text_goes")),
    st.tuples(st.just("the_provider_answers"), st.sampled_from(["accepted", "accepted", "busy", "bad-number"])),
    st.tuples(st.just("a_receipt_comes"), st.sampled_from(["delivered", "undelivered"])),
    st.tuples(st.just("nobody_sends"), st.sampled_from([1, 3, 17, 50, 130])),
    st.tuples(st.just("words_wait")),
    st.tuples(st.just("words_come_in_another_order"), st.integers(0, 999)),
    st.tuples(st.just("the_registry_speaks")),
    st.tuples(st.just("the_notifier_dies")),
    st.tuples(st.just("a_quiet_while")),
)
STEPS = st.lists(st.one_of(FACTS, FACTS, SENDING), min_size=8, max_size=30)
LONG_ENOUGH = 45
"""Minutes in which all that was to be said can have gone: settling, pauses between words, group waits."""


class Night:
    """What happens to a customer, who has a second contact; one method a kind of step."""

    def __init__(self, whom: Any) -> None:
        self.city = Conversation(at(5, 9, 14), whom)
        self.facts: list[Any] = []
        self.began = self.checks = 0

    def mrid(self, back: int) -> str:
        return f"F{max(1, self.began - back)}"

    def hears(self, fact: Any, then: int) -> None:
        self.facts.append(fact)
        self.city.hears(fact)
        self.city.a_quiet_while(then)

    def power_goes_off(self, expected: int | None, then: int) -> None:
        self.began += 1
        back_at = self.city.now + timedelta(minutes=expected) if expected else None
        self.hears(started(self.mrid(0), self.city.now, extent=WHERE, ert=back_at), then)

    def it_goes_off_again(self, which: int, then: int) -> None:
        self.hears(OutageReopened(mrid=self.mrid(which), reopened_at=self.city.now), then)

    def power_is_back(self, which: int, then: int) -> None:
        self.hears(confirmed(self.city.now, self.mrid(which)), then)

    def that_is_taken_back(self, which: int, then: int) -> None:
        at_once = {"claimed_at": self.city.now, "decided_at": self.city.now}
        self.hears(RestorationRefused(mrid=self.mrid(which), reason="restoration-taken-back", **at_once), then)

    def the_time_changes(self, which: int, minutes: int | None, then: int) -> None:
        now = self.city.now
        self.hears(ert(now + timedelta(minutes=minutes) if minutes else None, now, self.mrid(which)), then)

    def a_crew_is_sent(self, which: int, then: int) -> None:
        self.hears(crew("assigned", self.city.now, self.mrid(which)), then)

    def there_was_none(self, which: int, then: int) -> None:
        self.hears(no_outage(self.city.now, self.mrid(which)), then)

    def somebody_denies(self, which: int, still: bool, then: int) -> None:
        """A meter, or the customer in answer to a text: the restorer's word on it."""
        self.checks += 1
        denied = Extent(usage_points=("UP-1",)) if still else Extent()
        word = RestorationChecked(mrid=self.mrid(which), number=self.checks, checked_at=self.city.now, denied=denied)
        self.hears(word, then)

    def the_customer_answers(self, body: str, then: int) -> None:
        """From the first contact's handset; the second one's says nothing."""
        self.city.asks_again = True
        self.city.answers(body)
        self.city.a_quiet_while(then)

    def a_fact_comes_again(self, number: int) -> None:
        if self.facts:
            self.city.hears(self.facts[number % len(self.facts)])

    def a_text_goes(self) -> None:
        self.city.expires()
        self.city.posts()

    def the_provider_answers(self, what: str) -> None:
        self.city.answered(what)

    def a_receipt_comes(self, status: str) -> None:
        self.city.receipts(status)

    def nobody_sends(self, minutes: int) -> None:
        self.city.moves_to(self.city.now + minutes * MINUTE)

    def words_wait(self) -> None:
        self.city.hold = True

    def words_come_in_another_order(self, seed: int) -> None:
        order = list(range(len(self.city.held)))
        random.Random(seed).shuffle(order)
        self.city.release(order)

    def the_registry_speaks(self) -> None:
        """A number was put right, perhaps."""
        self.city.hears(msgspec.structs.replace(self.city.registry["hospital"], updated_at=self.city.now))

    def the_notifier_dies(self) -> None:
        self.city.dies()

    def a_quiet_while(self) -> None:
        self.city.release()
        self.city.a_quiet_while(LONG_ENOUGH)
        self.city.breaks_silence()


@given(
    steps=STEPS,
    grade=st.sampled_from(["special", "first", "second"]),
    premises=st.sampled_from(["site", "home"]),
)
@settings(max_examples=60, deadline=None, phases=[phase for phase in Phase if phase is not Phase.explain])
def test_nothing_is_said_twice_or_falsely_and_nobody_waits_in_silence(
    steps: list[tuple[Any, ...]], grade: Any, premises: Any
) -> None:
    night = Night(customer(importance=grade, premises=premises, usage_points=("UP-1",)))
    for name, *more in [("power_goes_off", None, 0), *steps, ("a_quiet_while",)]:
        getattr(night, name)(*more)
        night.city.holds()
