"""Decide what a customer's answer does in their conversation: heard at once, asked on, answered, or handed to a person. Pure.

Who says that power is not back is heard as a question to dispatch, within seconds. Where texts cannot be answered (+86) the call
centre's reports, and whoever calls after a repair, say the same.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from schemas.contracts import messages
from schemas.contracts.audience import CustomerReplied, CustomerTouched
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.evidence import replies
from schemas.contracts.evidence.replies import SupplyDenied
from schemas.contracts.messages import CallbackAnswered, ContactOptedIn, ContactOptedOut
from services.concerned.matching import places_of
from services.concerned.supplies import hit_by, several
from services.kernel.model import NewEvent
from services.notifier.domain.customer.conversation import (
    SUPPLY,
    Belief,
    Customer,
    RequestedText,
    believe,
    is_claimed,
    is_perhaps_back,
)
from services.notifier.domain.customer.lanes import RESTORED_STALE
from services.notifier.domain.customer.owing.confirming import CONFIRMED_BEFORE, confirm
from services.notifier.domain.customer.owing.words import Confirmation
from services.notifier.domain.replies.addressing import MOST_OUTAGES
from services.notifier.domain.replies.events import (
    CUSTOMER_ASKED,
    REPLY_TO_READ,
    CalledBack,
    CustomerAsked,
    ReplyToRead,
)

Recorded = tuple[Sequence[NewEvent], str]
SAYS_OFF: Final = "customer-says-off"
SAID_BEFORE: Final = "denied-before"
OTHER_OUTAGE: Final = "says-off-of-another-outage"
NOTHING_KNOWN: Final = "says-off-and-nothing-is-known"
UNPROVEN: Final = "says-off-while-it-is-perhaps-back"
ONE_LEFT: Final = "says-off-and-one-supply-is-left"
SAYS_ON: Final = "customer-says-on"
TAKES_BACK: Final = "takes-back-that-it-is-off"
ON_WHILE_OFF: Final = "says-on-while-it-is-off"
ASKED: Final = "customer-asks"
TOLD_JUST_NOW: Final = "told-just-now"
QUESTION: Final = "asks-what-nobody-said"
CONFIRMED: Final = "confirmed-by-reply"
OPTED_OUT, OPTED_IN, UNCHANGED = "opted-out", "opted-in", "was-so-before"
NOTHING_TOLD: Final = "was-not-told-that-it-is-back"
JUST_NOW: Final = timedelta(minutes=5)
"""Whoever asks so soon after a text has sent it before they read that."""


def replied(state: Customer, reply: CustomerReplied, now: datetime) -> Recorded:
    """What follows from an answer.

    Reasons: `customer-says-off` (dispatch is asked), `customer-says-on`, `customer-asks` (the present truth is said again),
    `confirmed-by-reply`, `opted-out`, `opted-in`; read by a person: `denied-before`, `says-off-…`, `says-on-while-it-is-off`,
    `takes-back-that-it-is-off`, `asks-what-nobody-said`. Named no-ops: `confirmed-before`, `told-just-now`, `was-so-before`,
    `customer-erased`.
    """
    if state.profile is None:
        return (), "customer-erased"
    match reply.meaning:
        case "stop" | "start":
            return _switched(state, reply)
        case "says-off":
            return _says_off(state, state.profile, reply, now)
        case "says-on":
            return _says_on(state, reply, now)
        case "asks":
            return _asks(state, reply, now)
        case "confirms":
            events = _confirmed(state, reply, now)
            return events, CONFIRMED if events else CONFIRMED_BEFORE


def called_back(state: Customer, call: CalledBack, now: datetime) -> Recorded:
    """What follows from a call after a repair: the answer is on record, and where power is off dispatch is asked.

    Reasons: `customer-says-on`, `customer-says-off`. Named no-ops: `was-not-told-that-it-is-back`, `customer-erased`.
    """
    if state.profile is None:
        return (), "customer-erased"
    told = told_back(state, min(call.at, now))
    if told is None:
        return (), NOTHING_TOLD
    answer = _answer(told, call.power, "call", call.at, customer_id=state.customer_id, by=call.by, opinion=call.opinion)
    if call.power == "back" or state.heard.denied == told.message_id:
        return [answer], SAYS_ON if call.power == "back" else SAYS_OFF
    return [answer, *_denied(state, state.profile, believe(state), call.at, ())], SAYS_OFF


def told_back(state: Customer, at: datetime) -> RequestedText | None:
    """The text by which they believe, at an instant, that power is back; None where they do not, or it is long ago."""
    belief, told = believe(state), last_told(state)
    if belief.kind != "back" or told is None or belief.said_at is None or at - belief.said_at > RESTORED_STALE:
        return None
    return told


def last_told(state: Customer) -> RequestedText | None:
    """The text that made them believe what they do of their supply."""
    settled = [text for text in state.thread(SUPPLY) if text.settled]
    return settled[-1] if settled else None


def _says_off(state: Customer, profile: CustomerUpserted, reply: CustomerReplied, now: datetime) -> Recorded:
    belief, told = believe(state), told_back(state, reply.received_at)
    about = frozenset(reply.about)
    if told is not None:
        if about and about.isdisjoint(belief.mrids):
            return [_to_read(state, reply, OTHER_OUTAGE)], OTHER_OUTAGE
        if state.heard.denied == told.message_id:
            return [_to_read(state, reply, SAID_BEFORE)], SAID_BEFORE
        answer = _answer(
            told, "off", "reply", reply.received_at, customer_id=state.customer_id, contact_id=reply.contact_id
        )
        denied = _denied(state, profile, belief, reply.received_at, tuple(about & belief.mrids))
        # By its meter's point the answer comes by itself; of others a person tells them what dispatch says.
        named = any(isinstance(one.data, SupplyDenied) and one.data.extent.usage_points for one in denied)
        return [answer, *denied, *([] if named else [_to_read(state, reply, SAYS_OFF)])], SAYS_OFF
    if belief.kind == "out" and state.dark():
        if is_claimed(state) or is_perhaps_back(state):
            return [_to_read(state, reply, UNPROVEN)], UNPROVEN
        return _asked(state, reply, now)
    reason = ONE_LEFT if belief.kind == "supply-lost" else NOTHING_KNOWN
    return [_to_read(state, reply, reason)], reason


def _says_on(state: Customer, reply: CustomerReplied, now: datetime) -> Recorded:
    confirmed, told = _confirmed(state, reply, now), told_back(state, reply.received_at)
    if told is not None:
        before = state.heard.called_back.get(told.message_id)
        answer = _answer(
            told, "back", "reply", reply.received_at, customer_id=state.customer_id, contact_id=reply.contact_id
        )
        taken_back = [_to_read(state, reply, TAKES_BACK)] if state.heard.denied == told.message_id else []
        return [*confirmed, *([answer] if before != "back" else []), *taken_back], TAKES_BACK if taken_back else SAYS_ON
    if state.dark():
        return [*confirmed, _to_read(state, reply, ON_WHILE_OFF)], ON_WHILE_OFF
    return confirmed, SAYS_ON if confirmed else CONFIRMED_BEFORE


def _asks(state: Customer, reply: CustomerReplied, now: datetime) -> Recorded:
    if believe(state).kind == "out" and state.dark() and not (is_claimed(state) or is_perhaps_back(state)):
        return _asked(state, reply, now)
    return [_to_read(state, reply, QUESTION)], QUESTION


def _asked(state: Customer, reply: CustomerReplied, now: datetime) -> Recorded:
    told, confirmed = last_told(state), _confirmed(state, reply, now)
    # What is about to go says how it stands, and needs no second text beside it; what waits for the morning is no answer.
    under_way = any(one.pending and one.said_at - now < JUST_NOW for one in state.thread(SUPPLY))
    if under_way or (told is not None and reply.received_at - told.said_at < JUST_NOW):
        return confirmed, TOLD_JUST_NOW
    asked = CustomerAsked(customer_id=state.customer_id, reply_id=reply.reply_id, at=now)
    return [*confirmed, NewEvent(CUSTOMER_ASKED, asked)], ASKED


def _confirmed(state: Customer, reply: CustomerReplied, now: datetime) -> Sequence[NewEvent]:
    """That they know what was said to them last: to this contact, or by the code that they name."""
    texts = [
        text
        for text in state.texts.values()
        if text.settled
        and text.contact_id == reply.contact_id
        and text.said_at <= reply.received_at
        and (text.ref == reply.code if reply.code is not None else reply.received_at - text.said_at <= RESTORED_STALE)
    ]
    last = max(texts, key=lambda text: text.said_at, default=None)
    if last is None:
        return ()
    said = Confirmation(
        customer_id=state.customer_id,
        how="reply",
        at=reply.received_at,
        contact_id=reply.contact_id,
        message_id=last.message_id,
    )
    return confirm(state, said, now)[0]


def _switched(state: Customer, reply: CustomerReplied) -> Recorded:
    contact, out = reply.contact_id, state.heard.opted_out
    if reply.meaning == "stop":
        if contact in out:
            return (), UNCHANGED
        said = ContactOptedOut(
            customer_id=state.customer_id, contact_id=contact, reply_id=reply.reply_id, at=reply.received_at
        )
        return [_on_topic(state, "contact.opted-out.v1", said)], OPTED_OUT
    if contact not in out and contact not in state.bad_contacts:
        return (), UNCHANGED
    back = ContactOptedIn(
        customer_id=state.customer_id, contact_id=contact, reply_id=reply.reply_id, at=reply.received_at
    )
    return [_on_topic(state, "contact.opted-in.v1", back)], OPTED_IN


def _denied(
    state: Customer, profile: CustomerUpserted, belief: Belief, at: datetime, about: Sequence[str]
) -> Sequence[NewEvent]:
    """The question to dispatch, of each outage that it may be: of those `about` which it is, if that is known."""
    words = [
        SupplyDenied(
            mrid=mrid,
            customer_id=state.customer_id,
            said_at=at,
            restored_at=belief.restored_at,
            extent=_where(profile, state.outages.get(mrid)),
        )
        for mrid in sorted(about or belief.mrids)[:MOST_OUTAGES]
    ]
    return [NewEvent("supply.denied.v1", word, topic=replies.TOPIC, key=word.mrid) for word in words]


def _answer(
    told: RequestedText,
    power: Literal["back", "off"],
    how: Literal["reply", "call"],
    at: datetime,
    *,
    customer_id: str,
    contact_id: str | None = None,
    by: str | None = None,
    opinion: str | None = None,
) -> NewEvent:
    said = CallbackAnswered(
        customer_id=customer_id,
        mrids=told.mrids,
        power=power,
        how=how,
        answered_at=at,
        contact_id=contact_id,
        message_id=told.message_id,
        by=by,
        opinion=opinion,
    )
    return NewEvent("callback.answered.v1", said, topic=messages.TOPIC, key=customer_id)


def _to_read(state: Customer, reply: CustomerReplied, reason: str) -> NewEvent:
    mrids = reply.about or tuple(sorted(believe(state).mrids))
    said = ReplyToRead(
        reply_id=reply.reply_id,
        reason=reason,
        customer_id=state.customer_id,
        mrids=mrids,
        received_at=reply.received_at,
    )
    return NewEvent(REPLY_TO_READ, said)


def _where(profile: CustomerUpserted, known: CustomerTouched | None) -> Extent:
    """Where they take power; of several supplies those that the outage had taken."""
    if known is None or not several(profile):
        return places_of(profile)
    taken = [one for one in profile.supplies if one.id in hit_by(profile, known)]
    if not taken:
        return places_of(profile)
    return Extent(
        lines=tuple(one.line for one in taken if one.line),
        transformers=tuple(one.transformer for one in taken if one.transformer),
        usage_points=tuple(one.usage_point for one in taken if one.usage_point),
    )


def _on_topic(state: Customer, type_: str, data: ContactOptedOut | ContactOptedIn) -> NewEvent:
    return NewEvent(type_, data, topic=messages.TOPIC, key=state.customer_id)
