"""Decide what one key customer is told: once, in time, and only what is so.

Streams customer/<id>. Pure. Inputs: the registry, customer.touched from outage streams, and the sender's words.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import structs

from schemas.contracts import messages
from schemas.contracts.audience import CustomerReplied, CustomerTouched
from schemas.contracts.customers import CustomerErased, CustomerUpserted, type_of
from schemas.contracts.messages import (
    ContactUnreached,
    MessageAccepted,
    MessageExpired,
    MessageFact,
    MessageUndelivered,
)
from schemas.contracts.receipts import ReceiptReceived
from services.kernel.model import TIMER_FIRED, Decision, Event, Message, NewEvent, Review, TimerFired
from services.kernel.values.keeping import Keeper
from services.notifier.domain.customer import awaited_proof, talk_limits
from services.notifier.domain.customer.awaited_proof import alarms_over
from services.notifier.domain.customer.conversation import Customer, RequestedText, is_perhaps_back
from services.notifier.domain.customer.evolve import evolve
from services.notifier.domain.customer.lanes import EXPIRY_BACKSTOP
from services.notifier.domain.customer.owing import balance
from services.notifier.domain.customer.owing.confirming import confirm
from services.notifier.domain.customer.owing.promising import promised, reviewed
from services.notifier.domain.customer.owing.rules import WordRules
from services.notifier.domain.customer.owing.watching import watch
from services.notifier.domain.customer.owing.words import Confirmation
from services.notifier.domain.customer.past_outages import is_past
from services.notifier.domain.customer.patience.full_handset import found_none
from services.notifier.domain.customer.receipts import as_sent, can_be, doubled, receipt_events, text_with
from services.notifier.domain.customer.reconcile import reconcile, suppress_all
from services.notifier.domain.customer.texts import work_texts
from services.notifier.domain.customer.texts.work_texts import WorkWatch
from services.notifier.domain.doubting import believed, dated, no_later
from services.notifier.domain.events import (
    TEXT_GOES_ON,
    WATCH_FIRED,
    AttemptAccepted,
    AttemptRefused,
    SendingExpired,
    SendingGivenUp,
    SendingGoesOn,
    SendingNoRoom,
    SendingReceipt,
    TextGoesOn,
    WatchFired,
)
from services.notifier.domain.replies.answering import called_back, replied
from services.notifier.domain.replies.events import CalledBack
from services.notifier.domain.text_states import text_step
from services.notifier.domain.wording.templates import UtilityVoice
from services.plausibility import FIGURES, Figures
from services.policy.calendar import WorkingCalendar
from services.policy.model import Telling
from services.policy.quiet import QUIET, Nights, QuietHours
from services.promises import PromiseRecord
from services.promises import shown as promise_shown

ANOTHERS_MESSAGE: Final = "anothers-message"
PROVIDER_GONE: Final = "provider-gone"
"""Nobody can say whether a text went: the settings of the provider that may have it were taken away."""
_NOT_SHOWN: Final = frozenset({"merged", "owed", "past", "texts_needed"})
_keeper: Keeper[Customer] = Keeper(Customer)
Recorded = tuple[Sequence[NewEvent], str]


class NotifierCustomer:
    """Decider of streams customer/<id>. `voice` is the utility's settings: texts are frozen when they are requested.

    `telling` and `quiet`: how patient the words are, and what is not for the night, from the policy; `calendar`: days worked;
    `regime` names that policy, with its version: it stands with each text. `rules`: what is promised to them of our words, and
    under which rules; without, nothing is. `silent`: providers that give no receipts.
    """

    category = "customer"
    reviews = True

    def __init__(
        self,
        voice: UtilityVoice,
        telling: Telling | None = None,
        figures: Figures = FIGURES,
        quiet: QuietHours | None = None,
        calendar: WorkingCalendar | None = None,
        regime: str = "",
        rules: WordRules | None = None,
        silent: Collection[str] = (),
    ) -> None:
        self._rules = rules
        self._silent = frozenset(silent)
        self._voice = voice
        self._regime = regime
        self._telling = telling or Telling()
        self._watch = WorkWatch(
            self._telling, Nights(quiet or QUIET, voice.zone), calendar, rules.times if rules else None
        )
        self._figures = figures
        self._judges: Mapping[type, Callable[[Customer, Any, datetime], Recorded]] = {
            CustomerUpserted: _upserted,
            CustomerErased: _erased,
            CustomerTouched: self._touched,
            AttemptAccepted: _accepted,
            AttemptRefused: _refused,
            SendingExpired: _expired,
            SendingReceipt: receipt_events,
            SendingGoesOn: _goes_on,
            SendingGivenUp: _given_up,
            SendingNoRoom: found_none,
            ReceiptReceived: receipt_events,
            Confirmation: confirm,
            CustomerReplied: replied,
            CalledBack: called_back,
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

    def decide(self, state: Customer, facts: Sequence[str] | str | None, message: Message, now: datetime) -> Decision:
        """Record what is new, then bring the texts under way in line with it.

        `facts`, for an end that is to be told: the outages that by the tables hold the customer; of a text that a
        provider took: what was sent, where that spoke for several.
        Named no-ops: `not-for-customers`, `older-than-known`, `already-known`, `customer-erased`, `erased-since`,
        `its-times-cannot-be`, `unknown-message`, `will-be-tried-again`, `already-settled`, `on-its-way`, `lower-in-rank`,
        `timer-outdated`, `anothers-message`, `confirmed-before`, `nothing-to-confirm`, `customer-not-known`,
        `taken-back-before-it-went`; those of answers: replies/answering.py.
        Recorded and silent: `held-until-known`, `nothing-to-say`, `settled`, `end-unproven`, `claim-unproven`,
        `an-untold-outage-holds-them`, `promise-at-risk`, `promise-broken`, `talked-enough`,
        `next-word` and `no-change-tonight` (said in the morning),
        `held-while-perhaps-back` (the lists lack what holds them),
        `handset-full`, `handset-spent` (no room on the telephone in this hour),
        `promised-by-review` (what a version before had left unpromised).
        """
        if isinstance(message.data, Review):
            owed = reviewed(state, now, self._watch, self._rules) if self._rules is not None else ()
            return Decision("promised-by-review", owed) if owed else Decision("nothing-to-review")
        judge = self._judges.get(type(message.data))
        if message.type == TIMER_FIRED and isinstance(message.data, TimerFired):
            recorded, reason = self._timer(state, message.data, facts or (), now)
        elif judge is not None and message.type != TIMER_FIRED:
            recorded, reason = judge(state, dated(message.data, message.recorded_at), now)
            recorded = as_sent(recorded, facts, self._silent)
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
        following, said = reconcile(after, now, self._voice, self._watch, self._regime)
        if said is None and reason == "nothing-to-say" and is_perhaps_back(after):
            reason = "held-while-perhaps-back"
        events = (*recorded, *over, *following)
        if self._rules is not None:
            for event in following:
                after = evolve(after, event.type, event.data)
            rules, voice = self._rules, self._voice
            said_of = promised(state, after, events, message, now, self._watch, rules, voice, self._regime)
            events = (*events, *said_of)
        return Decision(said or reason, events)

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
        armed.update(awaited_proof.timers(state, self._telling))
        armed.update(talk_limits.timers(state))
        armed.update(work_texts.timers(state, self._watch))
        armed.update(balance.timers(state))
        watched = watch(state, self._telling)
        return armed if watched is None else {**armed, watched[0]: watched[1]}

    def _timer(self, state: Customer, data: TimerFired, found: Sequence[str], now: datetime) -> Recorded:
        kind, _, name = data.name.partition("/")
        if kind == "expire":
            text = state.texts.get(name)
            return (
                _expire(state, text, now, "nobody-took-it-in-time") if text and text.pending else ((), "timer-outdated")
            )
        if kind == talk_limits.HUSH:
            return talk_limits.fired(state, data)
        if kind == work_texts.WORK:
            return work_texts.fired(state, data, self._watch)
        if kind == balance.OWED:
            return balance.fired(state, data, now)
        waited = awaited_proof.fired(state, data, found, self._telling, now)
        if waited is not None:
            return waited
        if watch(state, self._telling) != (data.name, data.due_at):
            return (), "timer-outdated"
        fired = WatchFired(customer_id=state.customer_id, name=data.name, due_at=data.due_at)
        return [NewEvent(WATCH_FIRED, fired)], "nothing-to-say"

    def promises_of(self, state: Customer) -> Sequence[PromiseRecord]:
        """Those that wait for their verdict, and what was broken and not made good."""
        return [*state.owed.records.values()]

    def view(self, state: Customer) -> dict[str, Any]:
        """The conversation as far as it is not over; of what is over, how many outages there were."""
        present = {f.name: getattr(state, f.name) for f in fields(state) if f.name not in _NOT_SHOWN}
        told = {**present, "past": len(state.past)}
        if state.owed.records:
            told["promises"] = [{**promise_shown(one), "obligation": one.obligation} for one in self.promises_of(state)]
        if state.owed.confirmed_at is not None:
            told["confirmedAt"] = state.owed.confirmed_at
        shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told, order="deterministic"))
        return shown


def _on_topic(state: Customer, type_: str, data: MessageFact | ContactUnreached) -> NewEvent:
    return NewEvent(type_, data, topic=messages.TOPIC, key=state.customer_id)


def _upserted(state: Customer, data: CustomerUpserted, now: datetime) -> Recorded:  # noqa: ARG001 - one shape for all
    if state.erased_at is not None and data.updated_at <= state.erased_at:
        return (), "erased-since"
    known = state.profile
    if known is not None and data.updated_at <= known.updated_at and not _says_where(data, known):
        return (), "already-known" if data == known else "older-than-known"
    return [NewEvent(type_of(data), data)], "nothing-to-say"


def _says_where(word: CustomerUpserted, known: CustomerUpserted) -> bool:
    """Whether it is the word that is known, which a version before has read without where the customer is."""
    return known.position is None and word.position is not None and structs.replace(word, position=None) == known


def _erased(state: Customer, data: CustomerErased, now: datetime) -> Recorded:
    if state.erased_at is not None and data.erased_at <= state.erased_at:
        return (), "already-known"
    if state.profile is not None and data.erased_at < state.profile.updated_at:
        return (), "older-than-known"
    return [*suppress_all(state, "customer-erased", now), NewEvent("customer.erased.v1", data)], "customer-erased"


def _accepted(state: Customer, data: AttemptAccepted, now: datetime) -> Recorded:
    text = state.texts.get(data.message_id)
    if text is None:
        return (), "unknown-message"
    if text_with(state, data.provider_sid) not in (None, text):
        return (), ANOTHERS_MESSAGE
    if text_step(text.state, "message.accepted.v1") is None:
        return doubled(text, state.customer_id, data.provider_sid, data.at) or ((), "already-settled")
    accepted = MessageAccepted(
        message_id=text.message_id,
        customer_id=state.customer_id,
        attempt=data.attempt,
        provider=data.provider,
        provider_sid=data.provider_sid,
        accepted_at=can_be(text, data.at, now),
        found_by=data.found_by,
        carried_by=data.carried_by,
        body=data.body,
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


def _goes_on(state: Customer, data: SendingGoesOn, now: datetime) -> Recorded:  # noqa: ARG001 - one shape for all
    text = state.texts.get(data.message_id)
    if text is None:
        return (), "unknown-message"
    if not text.pending:
        return (), "already-settled"
    return [NewEvent(TEXT_GOES_ON, TextGoesOn(**structs.asdict(data)))], "goes-by-another-provider"


def _given_up(state: Customer, data: SendingGivenUp, now: datetime) -> Recorded:  # noqa: ARG001 - one shape for all
    """Not to be sent to this contact again, who may have it: the next one is told, or a person."""
    text = state.texts.get(data.message_id)
    if text is None:
        return (), "unknown-message"
    if not text.pending:
        return (), "already-settled"
    failed = MessageUndelivered(
        message_id=text.message_id, customer_id=state.customer_id, reason=PROVIDER_GONE, at=data.at
    )
    return [_on_topic(state, "message.undelivered.v1", failed)], PROVIDER_GONE


def _expired(state: Customer, data: SendingExpired, now: datetime) -> Recorded:  # noqa: ARG001 - one shape for all
    text = state.texts.get(data.message_id)
    if text is None:
        return (), "unknown-message"
    return _expire(state, text, data.at, data.reason) if text.pending else ((), "already-settled")


SEND_REFUSED: Final = "send-refused"
"""An operator refused the send that the text belonged to: nobody need be called for it."""


def _expire(state: Customer, text: RequestedText, at: datetime, reason: str) -> Recorded:
    """Dropped, not sent late; a person hears of it, and what is so now is said instead (reconcile).

    Not of a reminder: what it reminds of was said; nor of what somebody refused to have sent.
    """
    expired = MessageExpired(message_id=text.message_id, customer_id=state.customer_id, at=at, reason=reason)
    if text.meant.says.startswith(work_texts.REMINDER) or reason == SEND_REFUSED:
        return [_on_topic(state, "message.expired.v1", expired)], "text-expired"
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
