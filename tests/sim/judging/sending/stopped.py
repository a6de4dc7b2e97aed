"""Who said STOP: nothing goes there that was claimed after it was heard, and what is owed to them is told another way.

Heard it is some seconds after the gateway had it, as any fact is; and at once where the notifier's own log has it. Until START.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts import dispatch
from schemas.contracts.base import Period
from tests.chaos.truth import STALE_AFTER, KnownFact, Posted, state
from tests.sim.judging.announced import ANNOUNCES, told
from tests.sim.judging.storms import short

SAID_ANOTHER_WAY: Final = timedelta(minutes=5)
"""Who is in the dark for so long and takes no texts, for them somebody was asked to call."""
ASKED_FOR: Final = timedelta(days=1)
"""So long what a customer says of their own power stands where dispatch says nothing of it."""


@dataclass(frozen=True, slots=True)
class Switch:
    """STOP or START of a number: when it was sent, since when the gateway has it, and since when the notifier's log does.

    The gateway never has what is fetched from the provider.
    """

    number: str
    stops: bool
    sent: datetime
    taken: datetime | None
    heard: datetime | None


@dataclass(frozen=True, slots=True)
class Handed:
    """A text that was handed to the provider: its number, when it was claimed and when it was written."""

    message_id: str
    number: str
    claimed: datetime
    written: datetime


@dataclass(frozen=True, slots=True)
class Called:
    """That a person was asked to call a customer: when, for which text that does not go, and about which outages."""

    at: datetime
    trigger: str = ""
    mrids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Denied:
    """A customer's word that power is not back after an outage that had ended: dispatch is asked."""

    customer: int
    mrid: str
    at: datetime


def silence(said: Iterable[Switch], number: str) -> list[tuple[datetime, datetime | None]]:
    """When a number takes no texts for certain: since when it is heard, and until START was sent."""
    own = sorted((one for one in said if one.number == number), key=lambda one: one.sent)
    found: list[tuple[datetime, datetime | None]] = []
    for place, one in enumerate(own):
        if one.stops:
            by_gateway = one.taken + STALE_AFTER if one.taken is not None else None
            heard = min(filter(None, (by_gateway, one.heard)), default=None)
            again = next((other.sent for other in own[place + 1 :] if not other.stops), None)
            found += [(heard, again)] if heard is not None else []
    return found


def ignored(said: Sequence[Switch], texts: Iterable[Handed]) -> Iterator[str]:
    """Texts to numbers whose STOP was heard before they were claimed."""
    for text in texts:
        for since, until in silence(said, text.number):
            if since < text.claimed and (until is None or text.written < until):
                yield f"text {text.message_id} was claimed {short(text.claimed)}, and its number had said STOP by {short(since)}"
                break


def untold(
    known: Sequence[KnownFact],
    silent: Mapping[int, tuple[datetime, datetime]],
    called: Mapping[int, Sequence[Called]],
    texts: Sequence[Posted] = (),
) -> Iterator[str]:
    """Customers who took no texts while they lost power, and for whom nobody was asked to call.

    `silent`: of each from when until when no contact takes texts; `called`: when a person was asked. Whose last text says that
    power is off knows that it is, and so does whoever was told of the work beforehand, by text or by a person.
    """
    marks = sorted({instant for one in known for instant in (one.since, one.sent) if instant is not None})
    for customer, (since, until) in sorted(silent.items()):
        own = [since, *(mark for mark in marks if since < mark < until)]
        before = state(known, customer, since)
        for at in own[1:]:
            now = state(known, customer, at)
            later = at + SAID_ANOTHER_WAY
            stays = later < until and all(
                state(known, customer, moment) == "dark"
                for moment in (*(one for one in own if at < one <= later), later)
            )
            asked = any(at - STALE_AFTER <= one.at <= later for one in called.get(customer, ()))
            mine = [text for text in texts if text.customer == customer and text.at < at]
            claims = [text.claim for text in mine if text.claim]
            knows = (bool(claims) and claims[-1] == "dark") or _was_announced(known, mine, called.get(customer, ()), at)
            if now == "dark" and before != "dark" and stays and not asked and not knows:
                yield f"customer {customer} takes no texts and is dark since {short(at)}, and nobody was asked to tell them"
            before = now


def _was_announced(known: Sequence[KnownFact], texts: Sequence[Posted], called: Sequence[Called], at: datetime) -> bool:
    """Whether what began at `at` is work that was told for then."""
    begun = {getattr(one.fact, "mrid", "") for one in known if at in (one.since, one.sent)}
    moment = Period(start=at, end=at + timedelta(minutes=1))
    by_text = {mrid for mrid in begun if told((one for one in texts if mrid in one.mrids), moment, at) is not None}
    by_call = {mrid for one in called if one.at < at and one.trigger in ANNOUNCES for mrid in one.mrids}
    return bool(begun) and begun <= by_text | by_call


def takes_it_for_back(texts: Iterable[Posted], customer: int, at: datetime) -> bool:
    """Whether the last text about their supply, until then, said that they have power."""
    own = [one for one in texts if one.customer == customer and one.at < at and (one.claim or one.unstable)]
    return bool(own) and max(own, key=lambda one: one.at).claim == "light"


def unanswered(known: Iterable[KnownFact], denied: Iterable[Denied], now: datetime) -> set[int]:
    """Who says that power is not back, and has no answer of dispatch on that outage yet: what they read is their own word."""
    last: dict[str, datetime] = {}
    for one in known:
        if isinstance(one.fact, dispatch.Fact):
            last[one.fact.mrid] = max(one.since, last.get(one.fact.mrid, one.since))
    return {one.customer for one in denied if now < one.at + ASKED_FOR and last.get(one.mrid, one.at) <= one.at}
