"""A city whose notifier promises its words, and what its ledger says."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.promises import Promise, PromiseMade
from services.notifier.domain.customer.decider import NotifierCustomer
from services.notifier.domain.customer.owing.rules import WordRules
from services.notifier.domain.customer.owing.state import CHAIN, FIRST_WORD, NEXT_WORD, RESTORED_WORD
from services.policy.model import Telling
from tests.kits.deciders.notifier import AT_ONCE, VOICE, City, customer

WORDS = (FIRST_WORD, NEXT_WORD, RESTORED_WORD)
STEPS = CHAIN


def promising(
    now: datetime,
    *customers: CustomerUpserted,
    accept: bool = True,
    telling: Telling = AT_ONCE,
    silent: Collection[str] = (),
) -> City:
    """A city whose notifier promises its words. `silent`: providers that give no receipts."""
    city = City(now, accept=accept, telling=telling)
    decider = NotifierCustomer(VOICE, telling, rules=WordRules("p", "1"), silent=silent)
    city.deciders = {**city.deciders, "customer": decider}
    for one in customers or (customer(),):
        city.hears(one)
    return city


def ledger(city: City, of: Collection[str] = WORDS, name: str = "hospital") -> Sequence[tuple[str, str, str | None]]:
    """Every word about promises: what was said of which obligation, and why."""
    words: list[tuple[str, str, str | None]] = []
    about: dict[str, str] = {}
    for event in city.log[f"customer/{name}"]:
        if isinstance(event.data, PromiseMade):
            about[event.data.promise_id] = event.data.obligation
        if isinstance(event.data, Promise) and about[event.data.promise_id] in of:
            kind = event.type.removeprefix("promise.").removesuffix(".v1")
            words.append((about[event.data.promise_id], kind, getattr(event.data, "reason", None)))
    return words


def made(city: City, obligation: str, name: str = "hospital") -> list[PromiseMade]:
    """The promises of one obligation, as they were made."""
    found = [event.data for event in city.log[f"customer/{name}"] if isinstance(event.data, PromiseMade)]
    return [one for one in found if one.obligation == obligation]
