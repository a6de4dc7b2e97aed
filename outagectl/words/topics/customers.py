"""Describe in words what customers were told, and whom an outage touches."""

from __future__ import annotations

from operations.times import Times, count
from outagectl.words.catalogue import catalogue, words
from outagectl.words.parts import because
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from schemas.contracts.messages import ContactConfirmed, ContactUnreached
from services.notifier.domain.customer.owing.words import Confirmation
from services.notifier.domain.events import (
    AlarmOver,
    AlarmRaised,
    AudienceChunk,
    AudienceDenied,
    AudienceDue,
    AudienceMatched,
    AudienceNext,
    AudienceRefresh,
    AudienceRematched,
    WatchFired,
    WordsHeld,
    WordsSettled,
)
from services.notifier.domain.outage.absence import AbsenceAsked
from services.notifier.domain.outage.informed_promise import InformingRechecked

NAMED_CUSTOMERS = 3
CALLED_FOR = {
    "power-back-cannot-be-proven": "Power is back, and whether nothing else holds the customer cannot be read",
    "power-said-to-be-back-and-not-confirmed": "Power is said to be back, and nobody confirms it",
}


def _touched(e: CustomerTouched, _: Times) -> str:
    how = e.status if e.touched else "not touched any more"
    return f"Outage {e.mrid} for customer {e.customer_id}: {how}{because(', '.join(e.matched_by))}"


def _matched(e: AudienceMatched, _: Times) -> str:
    shown = ", ".join(e.touched[:NAMED_CUSTOMERS]) + (" …" if len(e.touched) > NAMED_CUSTOMERS else "")
    left = f", {len(e.left)} no longer" if e.left else ""
    return f"It touches {len(e.touched)} more key customers{because(shown)}{left}"


def _rematched(e: AudienceRematched, _: Times) -> str:
    told = "told" if e.told else "nothing to tell"
    return f"Customer {e.customer_id} is matched anew after a change of the registry: {told}"


def _upserted(e: CustomerUpserted, _: Times) -> str:
    contacts = ", ".join(str(one.contact_id) for one in e.contacts)
    more = "".join(f"; {part}" for part in (_supplies(e), _device(e), _on_duty(e)) if part)
    return f"Registry: {e.name} ({e.importance}, {e.language}; contacts {contacts}{more})"


def _supplies(e: CustomerUpserted) -> str:
    said = (
        f"{one.id} {one.role}{because(', '.join(filter(None, (one.line, one.transformer, one.usage_point))))}"
        for one in e.supplies
    )
    return f"supplies {', '.join(said)}" if e.supplies else ""


def _device(e: CustomerUpserted) -> str:
    if e.device is None:
        return ""
    minutes = e.device.battery_minutes
    return f"life support {e.device.what}" + (f", battery {minutes} min" if minutes is not None else "")


def _on_duty(e: CustomerUpserted) -> str:
    return {"hours": "reads texts in working hours", "always": "reads texts at any hour"}.get(e.on_duty or "", "")


def _confirmed(e: ContactConfirmed, _: Times) -> str:
    return f"Contact {e.contact_id} confirmed ({e.how}{f', heard by {e.by}' if e.by else ''})"


def _unreached(e: ContactUnreached, _: Times) -> str:
    what = CALLED_FOR.get(e.reason, "Nobody could be told")
    return f"{what}{because(e.explanation)}: a person must act"


CUSTOMERS = catalogue(
    words(CustomerTouched, _touched),
    words(AudienceMatched, _matched),
    words(
        AudienceDenied,
        lambda e, _: (
            f"Where it is denied that power is back has changed: {count(len(e.denied.usage_points), 'usage point')} now"
        ),
    ),
    words(AudienceDue, lambda e, _: f"Whoever it concerns is to be told, version {e.outage_version}"),
    words(AudienceNext, lambda e, _: f"Part {e.number} of the customers is to be told"),
    words(AudienceChunk, lambda e, _: f"Customers gone through, part {e.number}: {e.seen} looked at, {e.told} told"),
    words(AudienceRematched, _rematched),
    words(
        InformingRechecked,
        lambda *_: "Looked once more for late receipts: the promise to key customers stays broken",
    ),
    words(AudienceRefresh, lambda e, _: f"The registry changed: {e.customer_id} is to be matched again"),
    words(CustomerUpserted, _upserted),
    words(CustomerErased, lambda e, _: f"The customer is to be forgotten{because(e.reason)}"),
    words(ContactConfirmed, _confirmed),
    words(Confirmation, lambda e, _: f"Somebody heard that customer {e.customer_id} knows ({e.how})"),
    words(ContactUnreached, _unreached),
    words(WordsSettled, lambda e, t: f"All that was sent by {t.text(e.due_at)} is known"),
    words(WordsHeld, lambda e, _: f"Outages hold them of which no word has come: {', '.join(e.mrids)}"),
    words(
        AbsenceAsked,
        lambda e, t: (
            f"The list lacks it since {t.text(e.missing_at)}, and nobody says whether power is back: texts go on"
        ),
    ),
    words(AlarmRaised, lambda e, _: f"A person is called: {e.kind}"),
    words(AlarmOver, lambda e, _: f"No person is needed any more: {e.kind}"),
    words(WatchFired, lambda e, t: f"The time that was spoken has come, {t.text(e.due_at)}"),
)
