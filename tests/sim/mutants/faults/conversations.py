"""Faults of what is said to one customer: too soon, of one outage only, of a state of before."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from schemas.contracts.audience import CustomerTouched
from services.concerned.supplies import Plight
from services.kernel.queries import SQL
from services.notifier import app
from services.notifier.domain import text_states
from services.notifier.domain.customer import awaited_proof, conversation, reconcile
from services.notifier.domain.customer.conversation import Customer
from services.notifier.domain.customer.texts import supply_texts
from services.notifier.domain.outage import cut, truth
from services.notifier.sending.claiming import Claims
from services.restorer.tables.heard import words
from tests.sim.mutants import stories, worlds
from tests.sim.mutants.registry import mutant, other_sql


@mutant(under=stories.one_begins_before_another_ends)
def restored_without_waiting() -> Iterator[None]:
    """Power is said to be back at once, whatever lies unread: another outage holds it off, and two texts contradict."""
    with (
        patch.object(awaited_proof, "settling_time", lambda *_: timedelta(0)),
        other_sql(SQL, "due_timers", "and t.due_at <= case", "and (t.name like 'settle/%' or t.due_at <= case"),
        other_sql(SQL, "due_timers", "else m.mark end", "else m.mark end)"),
    ):
        yield


@mutant(under=worlds.some_stay_off)
def only_the_newest_outage_holds() -> Iterator[None]:
    """Of several outages only one counts, by its words as by the tables: power is said to be back, and the other keeps it off."""
    holding = Customer.holding

    async def nothing(*_: object) -> tuple[str, ...]:
        return ()

    def one(self: Customer) -> Any:
        newest = max(self.outages.values(), key=lambda word: word.at, default=None)
        return tuple(word for word in holding(self) if word is newest)

    with patch.object(Customer, "holding", one), patch.object(app, "read_holding", nothing):
        yield


@mutant()
def one_lost_supply_is_all_of_them() -> Iterator[None]:
    """Whoever has two supplies is told that power is off when one is lost, and that it is back when one is."""

    def whole(_: object, holding: Iterable[CustomerTouched]) -> Plight:
        words = tuple(holding)
        return Plight(bool(words), {"": words} if words else {})

    with patch.object(conversation, "plight", whole), patch.object(conversation, "_taken", lambda *_: None):
        yield


@mutant()
def receipt_that_lowers_a_state() -> Iterator[None]:
    """A receipt that comes late takes a delivered text back to sent: operators look for what the customer holds."""
    lower = {("delivered", "message.accepted.v1"): "accepted"}
    row = {("delivered", "accept"): "accepted"}
    with patch.dict(text_states._TEXT, lower), patch.dict(text_states.ROW, row):  # type: ignore[arg-type]
        yield


@mutant(under=worlds.dispatch_takes_words_back)
def no_outage_is_not_heard() -> Iterator[None]:
    """That there was no outage is passed over: whoever was told of it waits for power that was never off."""
    with patch.object(cut, "withdrawn_at", lambda _: None):
        yield


@mutant(under=worlds.lists_lack_outages)
def absence_is_not_heard() -> Iterator[None]:
    """That a list lacks the outage is passed over: customers read that we did not manage it, after power was back."""
    with patch.object(truth, "_perhaps", lambda *_: None):
        yield


@mutant(under=worlds.things_are_called_by_the_wrong_name)
def what_it_is_is_not_told() -> Iterator[None]:
    """Whoever was told of a fault takes our own work for one until its end."""
    with patch.object(supply_texts, "told_to_be", lambda *_: None):
        yield


@mutant(under=worlds.outages_are_one)
def merged_places_are_forgotten() -> Iterator[None]:
    """Where a merged outage lay is not where the other lies: its customers read that they are not affected, in the dark."""
    with patch.object(truth, "united", lambda own, _: own):
        yield


@mutant(under=worlds.works_come_at_night)
def no_text_waits_for_the_morning() -> Iterator[None]:
    """Texts about later work go when they are asked for, at night as by day, and nobody's sender holds them."""

    async def nothing(*_: object) -> None:
        return None

    with patch.object(reconcile, "rest", lambda *_: None), patch.object(Claims, "_rest", nothing):
        yield


@mutant()
def what_was_heard_before_is_forgotten() -> Iterator[None]:
    """What a later word on a text does not say the restorer forgets: that it was taken, and when, is in no figure."""
    with other_sql(
        words.SQL,
        "put_words",
        "accepted_at = least(t.accepted_at, excluded.accepted_at)",
        "accepted_at = excluded.accepted_at",
    ):
        yield
