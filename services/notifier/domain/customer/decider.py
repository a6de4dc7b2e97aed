"""One key customer's conversation: told once, in time, and only what is so.

Streams customer/<id>. Pure. Inputs: the registry, customer.touched from outage streams, and the sender's words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from schemas.contracts import messages
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from schemas.contracts.messages import (
    ContactUnreached,
    MessageAccepted,
    MessageDelivered,
    MessageExpired,
    MessageFact,
    MessageRequested,
    MessageUndelivered,
)
from schemas.contracts.receipts import ReceiptReceived
from services.kernel.model import TIMER_FIRED, Decision, Event, Message, NewEvent, TimerFired
from services.kernel.values.keeping import Keeper
from services.notifier.domain.customer import talking, waiting
from services.notifier.domain.customer.conversation import RETRY, Customer, Hush, Text, watch
from services.notifier.domain.customer.doubting import believed
from services.notifier.domain.customer.lanes import EXPIRY_BACKSTOP
from services.notifier.domain.customer.receipts import doubled, receipt_events
from services.notifier.domain.customer.reconcile import reconcile, suppress_all
from services.notifier.domain.customer.retiring import KEPT_UNSAYABLE, is_past, retire, slim
from services.notifier.domain.customer.waiting import alarms_over
from services.notifier.domain.events import (
    ALARM_OVER,
    ALARM_RAISED,
    TEXT_DOUBLED,
    TEXT_HUSHED,
    TEXT_MEANT,
    TEXT_UNSAYABLE,
    WATCH_FIRED,
    WORDS_HELD,
    WORDS_SETTLED,
    AlarmOver,
    AlarmRaised,
    AttemptAccepted,
    AttemptRefused,
    SendingExpired,
    SendingReceipt,
    TextDoubled,
    TextHushed,
    TextMeant,
    TextUnsayable,
    WatchFired,
    WordsHeld,
    WordsSettled,
)
from services.notifier.domain.provider.twilio_codes import rule_for
from services.notifier.domain.text_states import text_step
from services.notifier.domain.wording.templates import UtilityVoice
from services.plausibility import FIGURES, Figures
from services.policy.model import Telling

# Refusals and receipts that say the contact itself is no good, whatever the text; forgotten when the registry speaks anew.
BAD_CONTACT: Final = frozenset({"bad-number", "no-number", "not-a-mobile", "number-unknown", "opted-out"})
_TEXT_EVENTS: Final = frozenset(
    {
        "message.accepted.v1",
        "message.delivered.v1",
        "message.undelivered.v1",
        "message.suppressed.v1",
        "message.expired.v1",
    }
)
_NOT_SHOWN: Final = frozenset({"past", "texts_needed"})
_keeper: Keeper[Customer] = Keeper(Customer)
CLOCK_AHEAD = timedelta(minutes=10)
"""As for facts (policies, plausibility): a registry's clock may be this far ahead."""
Recorded = tuple[Sequence[NewEvent], str]


class NotifierCustomer:
    """Decider of streams customer/<id>. `voice` is the utility's settings: texts are frozen when they are requested.

    `telling`: how patient the words are, from the policy.
    """

    category = "customer"

    def __init__(self, voice: UtilityVoice, telling: Telling | None = None, figures: Figures = FIGURES) -> None:
        self._voice = voice
        self._telling = telling or Telling()
        self._figures = figures
        self._judges: Mapping[type, Callable[[Customer, Any, datetime], Recorded]] = {
            CustomerUpserted: _upserted,
            CustomerErased: _erased,
            CustomerTouched: self._touched,
            AttemptAccepted: _accepted,
            AttemptRefused: _refused,
            SendingExpired: _expired,
            SendingReceipt: receipt_events,
            ReceiptReceived: receipt_events,
        }

    def initial(self, stream_id: str) -> Customer:
        """Nobody known yet."""
        return Customer(customer_id=stream_id.partition("/")[2])

    def evolve(self, state: Customer, event: Event) -> Customer:
        """The conversation after one more event."""
        return evolve(state, event.type, no_later(event.data, event.decided_at))

    def dump(self, state: Customer) -> bytes:
        """The conversation as bytes, for the kernel's snapshots."""
        return _keeper.dump(state)

    def restore(self, stream_id: str, data: bytes) -> Customer:
        """The conversation again."""
        del stream_id
        return _keeper.restore(data)

    def decide(self, state: Customer, facts: Sequence[str] | None, message: Message, now: datetime) -> Decision:
        """Record what is new, then bring the texts under way in line with it.

        `facts`, for an end that is to be told: the outages that by the tables hold the customer.
        Named no-ops: `not-for-customers`, `older-than-known`, `already-known`, `customer-erased`, `erased-since`,
        `its-times-cannot-be`, `unknown-message`, `will-be-tried-again`, `already-settled`, `on-its-way`, `lower-in-rank`,
        `timer-outdated`.
        Recorded and silent: `held-until-known`, `nothing-to-say`, `settled`, `end-unproven`, `claim-unproven`,
        `an-untold-outage-holds-them`, `talked-enough`.
        """
        judge = self._judges.get(type(message.data))
        if message.type == TIMER_FIRED and isinstance(message.data, TimerFired):
            recorded, reason = self._timer(state, message.data, facts or (), now)
        elif judge is not None and message.type != TIMER_FIRED:
            recorded, reason = judge(state, no_later(message.data, message.recorded_at), now)
        else:
            return Decision("not-for-customers")
        if not recorded:
            return Decision(reason)
        after = state
        for event in recorded:
            after = evolve(after, event.type, event.data)
        over = alarms_over(after, now)
        for event in over:
            after = evolve(after, event.type, event.data)
        following, said = reconcile(after, now, self._voice, self._telling)
        return Decision(said or reason, (*recorded, *over, *following))

    def _touched(self, state: Customer, data: CustomerTouched, now: datetime) -> Recorded:  # noqa: ARG002 - one shape
        if state.erased_at is not None and state.profile is None:
            return (), "customer-erased"
        known = state.outages.get(data.mrid)
        if known is not None and data.outage_version <= known.outage_version:
            return (), "older-than-known" if data.outage_version < known.outage_version else "already-known"
        if is_past(state, data):
            return (), "older-than-known"
        word = believed(data, self._figures)
        if word is None:
            return (), "its-times-cannot-be"
        return [
            NewEvent("customer.touched.v1", word)
        ], "held-until-known" if state.profile is None else "nothing-to-say"

    def timers(self, state: Customer) -> Mapping[str, datetime]:
        """The watch over the last spoken time, and a backstop for the expiry of each text under way."""
        armed = {
            f"expire/{text.message_id}": text.expires_at + EXPIRY_BACKSTOP
            for text in state.texts.values()
            if text.pending
        }
        armed.update(waiting.timers(state, self._telling))
        armed.update(talking.timers(state))
        watched = watch(state, self._telling)
        return armed if watched is None else {**armed, watched[0]: watched[1]}

    def _timer(self, state: Customer, data: TimerFired, found: Sequence[str], now: datetime) -> Recorded:
        kind, _, name = data.name.partition("/")
        if kind == "expire":
            text = state.texts.get(name)
            return (
                _expire(state, text, now, "nobody-took-it-in-time") if text and text.pending else ((), "timer-outdated")
            )
        if kind == talking.HUSH:
            return talking.fired(state, data)
        waited = waiting.fired(state, data, found, self._telling, now)
        if waited is not None:
            return waited
        if watch(state, self._telling) != (data.name, data.due_at):
            return (), "timer-outdated"
        fired = WatchFired(customer_id=state.customer_id, name=data.name, due_at=data.due_at)
        return [NewEvent(WATCH_FIRED, fired)], "nothing-to-say"

    def view(self, state: Customer) -> dict[str, Any]:
        """The conversation as far as it is not over; of what is over, how many outages there were."""
        present = {f.name: getattr(state, f.name) for f in fields(state) if f.name not in _NOT_SHOWN}
        told = {**present, "past": len(state.past)}
        shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told, order="deterministic"))
        return shown


def no_later(data: Any, recorded_at: datetime) -> Any:
    """A word of the registry dated no later than its record and `CLOCK_AHEAD`: a date of 2199 would shut out all after it.

    `recorded_at`: when the broker had it; for what is in the log, when it was decided, which is later still.
    """
    limit = recorded_at + CLOCK_AHEAD
    if isinstance(data, CustomerErased) and data.erased_at > limit:
        return msgspec.structs.replace(data, erased_at=limit)
    if isinstance(data, CustomerUpserted) and data.updated_at > limit:
        return msgspec.structs.replace(data, updated_at=limit)
    return data


def evolve(state: Customer, type_: str, data: Any) -> Customer:
    """State after an event of `type_`; events that only tell others change nothing."""
    if type_ in _TEXT_EVENTS:
        return _text_moved(state, type_, data)
    match data:
        case CustomerUpserted():
            # A number that was put right is no part of this word; so whenever the registry speaks, all may be good again.
            return replace(state, profile=data, bad_contacts=frozenset())
        case CustomerErased():
            known = replace(state, over_since=None, settled=False, held=False, claimed_since=None)
            known = replace(known, turned_at=None, hushed={})
            return replace(known, profile=None, erased_at=data.erased_at, outages={}, bad_contacts=frozenset())
        case CustomerTouched():
            return retire(waiting.touched(state, slim(data)))
        case WordsSettled() if type_ == WORDS_SETTLED:
            return replace(state, settled=True)
        case WordsHeld() if type_ == WORDS_HELD:
            return replace(state, over_since=data.due_at, held=True)
        case AlarmRaised(kind=kind, at=at) if type_ == ALARM_RAISED:
            return replace(state, alarms={**state.alarms, kind: at})
        case AlarmOver(kind=kind) if type_ == ALARM_OVER:
            after = replace(state, alarms={name: at for name, at in state.alarms.items() if name != kind})
            return replace(after, tries=0, retried_at=None) if kind == "nobody-reached" else after
        case TextMeant() if type_ == TEXT_MEANT:
            return replace(state, meaning=data)
        case MessageRequested() if state.meaning is not None and state.meaning.message_id == data.message_id:
            text = Text(
                message_id=data.message_id,
                contact_id=data.contact_id,
                mrids=data.mrids,
                trigger=data.trigger,
                lane=data.lane,
                requested_at=data.requested_at,
                expires_at=data.expires_at,
                meant=state.meaning,
                not_before=data.not_before,
            )
            hushed = {name: hush for name, hush in state.hushed.items() if name != text.meant.thread}
            texts = {**state.texts, text.message_id: text}
            return retire(replace(state, texts=texts, meaning=None, hushed=hushed))
        case TextUnsayable() if type_ == TEXT_UNSAYABLE:
            said = f"{data.thread} {data.says}"
            others = (one for one in state.unsayable if one != said)
            return replace(state, unsayable=(*others, said)[-KEPT_UNSAYABLE:])
        case TextDoubled() if type_ == TEXT_DOUBLED and data.message_id in state.texts:
            text = state.texts[data.message_id]
            return _with(state, replace(text, other_sids=(*text.other_sids, data.second_sid)))
        case TextHushed() if type_ == TEXT_HUSHED:
            return replace(state, hushed={**state.hushed, data.thread: Hush(data.says, data.until)})
        case WatchFired(name=name) if name.startswith(f"{talking.HUSH}/"):
            hushed = {thread: hush for thread, hush in state.hushed.items() if f"{talking.HUSH}/{thread}" != name}
            return replace(state, hushed=hushed)
        case WatchFired(name=name) if name == RETRY:
            return replace(state, tries=state.tries + 1, retried_at=data.due_at)
        case WatchFired() if type_ == WATCH_FIRED:
            return replace(state, watched_until=data.due_at)
        case _:
            return state


def _text_moved(state: Customer, type_: str, data: MessageFact) -> Customer:
    text = state.texts.get(data.message_id)
    moved = text_step(text.state, type_) if text else None
    if text is None or moved is None:
        return state
    if isinstance(data, MessageAccepted):
        return _with(state, replace(text, state=moved, provider=data.provider, sid=data.provider_sid))
    if isinstance(data, MessageDelivered):
        # Carriers correct themselves: what arrived shows that the number is good.
        state = replace(state, bad_contacts=state.bad_contacts - {text.contact_id})
    if isinstance(data, MessageUndelivered):
        if data.reason in BAD_CONTACT or rule_for(data.code).reason in BAD_CONTACT:
            state = replace(state, bad_contacts=state.bad_contacts | {text.contact_id})
        return _with(state, replace(text, state=moved, code=data.code, failed_at=data.at))
    return _with(state, replace(text, state=moved))


def _with(state: Customer, text: Text) -> Customer:
    return replace(state, texts={**state.texts, text.message_id: text})


def _on_topic(state: Customer, type_: str, data: MessageFact | ContactUnreached) -> NewEvent:
    return NewEvent(type_, data, topic=messages.TOPIC, key=state.customer_id)


def _upserted(state: Customer, data: CustomerUpserted, now: datetime) -> Recorded:  # noqa: ARG001 - one shape for all
    if state.erased_at is not None and data.updated_at <= state.erased_at:
        return (), "erased-since"
    if state.profile is not None and data.updated_at <= state.profile.updated_at:
        return (), "already-known" if data == state.profile else "older-than-known"
    return [NewEvent("customer.upserted.v1", data)], "nothing-to-say"


def _erased(state: Customer, data: CustomerErased, now: datetime) -> Recorded:
    if state.erased_at is not None and data.erased_at <= state.erased_at:
        return (), "already-known"
    if state.profile is not None and data.erased_at < state.profile.updated_at:
        return (), "older-than-known"
    return [*suppress_all(state, "customer-erased", now), NewEvent("customer.erased.v1", data)], "customer-erased"


def _accepted(state: Customer, data: AttemptAccepted, now: datetime) -> Recorded:  # noqa: ARG001 - one shape for all
    text = state.texts.get(data.message_id)
    if text is None:
        return (), "unknown-message"
    if text_step(text.state, "message.accepted.v1") is None:
        return doubled(text, state.customer_id, data.provider_sid, data.at) or ((), "already-settled")
    accepted = MessageAccepted(
        message_id=text.message_id,
        customer_id=state.customer_id,
        attempt=data.attempt,
        provider=data.provider,
        provider_sid=data.provider_sid,
        accepted_at=data.at,
        found_by=data.found_by,
    )
    reason = "accepted" if text.pending else "accepted-too-late-to-stop"
    return [_on_topic(state, "message.accepted.v1", accepted)], reason


def _refused(state: Customer, data: AttemptRefused, now: datetime) -> Recorded:  # noqa: ARG001 - one shape for all
    text = state.texts.get(data.message_id)
    if text is None:
        return (), "unknown-message"
    if not data.permanent:
        return (), "will-be-tried-again"
    if not text.pending:
        return (), "already-settled"
    failed = MessageUndelivered(
        message_id=text.message_id, customer_id=state.customer_id, reason=data.reason, code=data.code, at=data.at
    )
    return [_on_topic(state, "message.undelivered.v1", failed)], "refused-for-good"


def _expired(state: Customer, data: SendingExpired, now: datetime) -> Recorded:  # noqa: ARG001 - one shape for all
    text = state.texts.get(data.message_id)
    if text is None:
        return (), "unknown-message"
    return _expire(state, text, data.at, data.reason) if text.pending else ((), "already-settled")


def _expire(state: Customer, text: Text, at: datetime, reason: str) -> Recorded:
    """Dropped, not sent late; a person hears of it, and what is so now is said instead (reconcile)."""
    expired = MessageExpired(message_id=text.message_id, customer_id=state.customer_id, at=at, reason=reason)
    unreached = ContactUnreached(
        customer_id=state.customer_id,
        contact_id=text.contact_id,
        at=at,
        reason="text-expired",
        mrids=text.mrids,
        explanation=text.trigger,
    )
    return [
        _on_topic(state, "message.expired.v1", expired),
        _on_topic(state, "contact.unreached.v1", unreached),
    ], "text-expired"
