"""Word what was said to a customer, what is promised to them, and what they answered. For the agent, not for a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from operations.lookup.result import LookupResult
from operations.times import Times
from outagectl.words.parts import because
from outagectl.words.texts import occasion, text_says, waits_for
from outagectl.words.vocabulary import promised
from services.notifier.domain.text_states import RowState

STATES: Mapping[RowState, str] = {
    "ready": "waits to be sent",
    "sending": "is being sent",
    "unknown": "sent or not, not certain yet",
    "carried": "goes with the text to another site on the same telephone",
    "accepted": "sent, no receipt yet",
    "sent": "sent, no receipt yet",
    "delivered": "on the handset",
    "undelivered": "DID NOT ARRIVE",
    "refused": "REFUSED by the provider",
    "expired": "dropped: too late to be of use",
    "suppressed": "not sent: no longer needed",
}


class Said(NamedTuple):
    """One line; `style` is rich's, empty for plain."""

    text: str
    style: str = ""


def owed(found: LookupResult, t: Times) -> Iterator[Said]:
    """What they are promised and have not had, who of them takes no texts, and whether they have said that they know."""
    for one in sorted(found.owed, key=lambda each: each.due_at):
        thing, broken = promised(one.obligation)
        if one.state == "broken":
            yield Said(f"  not kept       {broken} by {t.at(one.due_at)[:16]}", "red")
            continue
        last = " (last warning)" if one.is_last_warning else ""
        risk = f": at risk{last}" if one.state == "atRisk" else ""
        yield Said(f"  promised       {thing} by {t.at(one.due_at)[:16]}{risk}", "yellow" if risk else "")
    for contact, since in sorted(found.no_texts.items()):
        yield Said(f"  takes no texts {contact}, who said STOP {t.at(since)[:16]}: tell them another way", "yellow")
    if found.confirmed_at is None:
        return
    at = t.at(found.confirmed_at)[:16]
    if found.knows_the_latest:
        yield Said(f"  confirmed      they know, since {at}")
    else:
        yield Said(f"  confirmed      nothing since {at}, and more was said or has happened since then")


def told(found: LookupResult, t: Times) -> Iterator[Said]:
    """The texts of the last days, but those that bear the code which is asked for."""
    shown = {text.message_id for text in found.coded}
    texts = [text for text in found.texts if text.message_id not in shown]
    yield Said(f"\n{'Other texts' if shown else 'Texts'} to them in the last 7 days", "bold")
    if not texts:
        yield Said("  none")
    for text in texts:
        about, state = text_says(occasion(text.trigger, text.template_id)), STATES[text.state]
        waits = waits_for(text.state, text.not_before, text.changes_at, found.now, t)
        yield Said(f"  {t.at(text.requested_at)[:16]}  to {text.contact_id}: {about} [{waits or state}]")
        yield Said(f"    “{text.body}”", "dim")


def coded(found: LookupResult, t: Times) -> Iterator[Said]:
    """The texts that bear the code which was read out: what each says, why, and how far it came."""
    owners = [one for one in found.known if one.kind == "text"]
    if len(owners) > 1:
        yield Said(f"\n{len(owners)} customers have texts with this code: ask who calls.", "yellow")
    for one in owners:
        yield Said(f"\nTexts with the code {one.name} {one.note}", "bold")
        for text in (text for text in found.coded if text.customer_id in one.customers):
            about, state = text_says(occasion(text.trigger, text.template_id)), STATES[text.state]
            waits = waits_for(text.state, text.not_before, text.changes_at, found.now, t)
            so = waits or f"{state}{because(text.ended)}"
            yield Said(f"  {t.at(text.requested_at)[:16]}  to {text.contact_id}: {about} [{so}]")
            if text.why:
                yield Said(f"    because of {text.why}")
            yield Said(f"    “{text.body}”", "dim")
