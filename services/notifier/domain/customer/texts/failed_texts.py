"""Decide what follows a failed text: the same contact again, the next contact, or a person. Pure.

Only what is the contact's own turns from them. A fault of the provider's side is nobody's: the same is asked for again
and waits behind the provider's circuit; but not for ever, for a text that keeps failing is a person's business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts.customers import Contact, CustomerUpserted
from services.notifier.domain.customer.conversation import Customer, DueText, RequestedText
from services.notifier.domain.provider.code_rules import Resend
from services.notifier.domain.provider.codes import rule_for

# Domain time until a failed text is said again to the same contact, and how often it is. A handset that was off may be on
# again in a few minutes; of "now" the pause is the provider's circuit.
PAUSE: Final[Mapping[Resend, timedelta]] = {"later": timedelta(minutes=5), "now": timedelta(0)}
MOST: Final[Mapping[Resend, int]] = {"later": 1, "now": 3}


@dataclass(frozen=True, slots=True)
class NextContact:
    """Who is told next, and not before when."""

    contact: Contact
    earliest: datetime | None = None


def next_turn(state: Customer, profile: CustomerUpserted, saying: DueText) -> NextContact | None:
    """The first contact, by rank, whom this may reach; None where only a person can."""
    failed = [
        text
        for text in state.thread(saying.thread)
        if text.state == "undelivered"
        and text.meant.says == saying.says
        # Whoever is tried again is tried with all contacts.
        and (state.retried_at is None or text.requested_at >= state.retried_at)
    ]
    if any(_ours(text) for text in failed):
        return None
    for contact in sorted(profile.contacts, key=lambda one: (one.rank, one.contact_id)):
        if contact.contact_id in state.untextable:
            continue
        theirs = [text for text in failed if text.contact_id == contact.contact_id and not _before_start(state, text)]
        if not theirs:
            return NextContact(contact)
        earliest = _again(theirs)
        if earliest is not None and (saying.useful_until is None or earliest < saying.useful_until):
            return NextContact(contact, earliest)
    return None


def _before_start(state: Customer, text: RequestedText) -> bool:
    """Whether it failed before its contact asked for texts again."""
    since = state.heard.opted_in.get(text.contact_id)
    return since is not None and text.requested_at <= since


def _ours(text: RequestedText) -> bool:
    """Nobody can send this text: our own mistake, which another contact's number does not mend."""
    return text.code is not None and rule_for(text.code).scope == "message"


def _again(failed: list[RequestedText]) -> datetime | None:
    """From when the contact may be tried again after these failures, oldest first; None: their turn is over."""
    last = failed[-1]
    rule = rule_for(last.code)
    if last.failed_at is None or any(_final(text) for text in failed):
        return None
    again = PAUSE.get(rule.resend)
    return last.failed_at + again if again is not None and len(failed) <= MOST[rule.resend] else None


def _final(text: RequestedText) -> bool:
    """Nothing was said of why; or refused, for contact or text, by the sender, which has tried again what it would."""
    if text.code is None:
        return True
    return text.sid is None and rule_for(text.code).scope in ("contact", "message", "doubtful")
