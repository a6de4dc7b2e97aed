"""Fold one event into what is known of a customer (conversation.py). Never refuses: what is in the log happened."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from msgspec import structs

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from schemas.contracts.evidence.replies import SupplyDenied
from schemas.contracts.messages import (
    CallbackAnswered,
    ContactConfirmed,
    ContactOptedIn,
    ContactOptedOut,
    MessageAccepted,
    MessageDelivered,
    MessageFact,
    MessageRequested,
    MessageUndelivered,
)
from schemas.contracts.promises import Promise
from services.notifier.domain.customer import awaited_proof, talk_limits
from services.notifier.domain.customer.conversation import RETRY, SUPPLY, Customer, HeldBack, RequestedText
from services.notifier.domain.customer.owing.state import (
    ACCOUNT_MANAGER,
    ANSWERS,
    BESIDE,
    CHAIN,
    FIRST_WORD,
    NEXT_WORD,
    OPERATORS,
    REACHED,
    RESTORED_WORD,
    SECOND_CONTACT,
    after_confirmation,
    after_promise,
    made_good,
)
from services.notifier.domain.customer.past_outages import KEPT_UNSAYABLE, retire, slim
from services.notifier.domain.customer.texts.work_texts import WORK
from services.notifier.domain.events import (
    AlarmOver,
    AlarmRaised,
    TextDoubled,
    TextHushed,
    TextMeant,
    TextUnsayable,
    WatchFired,
    WordsHeld,
    WordsSettled,
)
from services.notifier.domain.provider.codes import rule_for
from services.notifier.domain.replies.answering import last_told
from services.notifier.domain.replies.events import CustomerAsked
from services.notifier.domain.replies.heard import (
    after_answer,
    after_found_out,
    after_opt_in,
    after_opt_out,
    after_registry,
)
from services.notifier.domain.text_states import text_step

# Refusals and receipts that say the contact itself is no good, whatever the text; forgotten when the registry changes it.
OPTED_OUT: Final = "opted-out"
BAD_CONTACT: Final = frozenset({"bad-number", "no-number", "not-a-mobile", "number-unknown", OPTED_OUT})
_TEXT_EVENTS: Final = frozenset(
    {
        "message.accepted.v1",
        "message.delivered.v1",
        "message.undelivered.v1",
        "message.suppressed.v1",
        "message.expired.v1",
    }
)


def evolve(state: Customer, type_: str, data: Any) -> Customer:
    """State after an event of `type_`; events that only tell others change nothing."""
    if type_ in _TEXT_EVENTS:
        return _text_moved(state, type_, data)
    change = _promised if isinstance(data, Promise) else _CHANGES.get(type(data))
    return state if change is None else change(state, data)


def _upserted(state: Customer, data: CustomerUpserted) -> Customer:
    # A number that was put right is no part of this word; so whenever the registry speaks, all may be good again.
    return replace(state, profile=data, bad_contacts=frozenset(), heard=after_registry(state.heard))


def _erased(state: Customer, data: CustomerErased) -> Customer:
    known = replace(state, over_since=None, settled=False, held=0, claimed_since=None)
    known = replace(known, turned_at=None, hushed={}, looked={})
    return replace(known, profile=None, erased_at=data.erased_at, outages={}, bad_contacts=frozenset())


def _touched(state: Customer, data: CustomerTouched) -> Customer:
    return retire(_owes_no_longer(state, awaited_proof.touched(state, slim(data))))


def _owes_no_longer(before: Customer, after: Customer) -> Customer:
    """Nobody waits any more for a word about what is no longer so; what was broken of it stays so in the log."""
    was, present = before.plight(), after.plight()
    over = {FIRST_WORD, NEXT_WORD, *CHAIN} if (was.off and not present.off) or not present.lost else set[str]()
    again = {RESTORED_WORD} if present.off and not was.off else set[str]()
    owed = made_good(after.owed, over | again) if after.owed.records else after.owed
    return after if owed is after.owed else replace(after, owed=owed)


def _settled(state: Customer, _: WordsSettled) -> Customer:
    return replace(state, settled=True)


def _held(state: Customer, data: WordsHeld) -> Customer:
    return replace(state, over_since=data.due_at, held=state.held + 1)


def _alarm_raised(state: Customer, data: AlarmRaised) -> Customer:
    return replace(state, alarms={**state.alarms, data.kind: data.at})


def _alarm_over(state: Customer, data: AlarmOver) -> Customer:
    after = replace(state, alarms={name: at for name, at in state.alarms.items() if name != data.kind})
    return replace(after, tries=0, retried_at=None) if data.kind == "nobody-reached" else after


def _watch_fired(state: Customer, data: WatchFired) -> Customer:
    if data.name.startswith(f"{talk_limits.HUSH}/"):
        hushed = {thread: hush for thread, hush in state.hushed.items() if f"{talk_limits.HUSH}/{thread}" != data.name}
        return replace(state, hushed=hushed)
    if data.name.startswith(f"{WORK}/"):
        return replace(state, looked={**state.looked, data.name.partition("/")[2]: data.due_at})
    if data.name == RETRY:
        return replace(state, tries=state.tries + 1, retried_at=data.due_at)
    return replace(state, watched_until=data.due_at)


def _meant(state: Customer, data: TextMeant) -> Customer:
    # What it shares with other sites is for the sender, and is forgotten one day: nothing is decided by it.
    return replace(state, meaning=structs.replace(data, frame=None))


def _requested(state: Customer, data: MessageRequested) -> Customer:
    if state.meaning is None or state.meaning.message_id != data.message_id:
        return state
    text = RequestedText(
        message_id=data.message_id,
        contact_id=data.contact_id,
        mrids=data.mrids,
        trigger=data.trigger,
        lane=data.lane,
        requested_at=data.requested_at,
        expires_at=data.expires_at,
        meant=state.meaning,
        not_before=data.not_before,
        ref=data.ref,
    )
    hushed = {name: hush for name, hush in state.hushed.items() if name != text.meant.thread}
    # Whoever was told that supply is unstable hears of its end once it has been steady for so long, proven anew.
    settled = state.settled and text.meant.steady_minutes is None
    return retire(replace(_with(state, text), meaning=None, hushed=hushed, settled=settled))


def _denied(state: Customer, _: SupplyDenied) -> Customer:
    told = last_told(state)
    return replace(state, heard=replace(state.heard, denied=told.message_id if told is not None else None))


def _opted_out(state: Customer, data: ContactOptedOut) -> Customer:
    return replace(state, heard=after_opt_out(state.heard, data))


def _opted_in(state: Customer, data: ContactOptedIn) -> Customer:
    # Whoever writes from a number is reached by it.
    bad = state.bad_contacts - {data.contact_id}
    return replace(state, heard=after_opt_in(state.heard, data), bad_contacts=bad)


def _confirmed(state: Customer, data: ContactConfirmed) -> Customer:
    text = state.texts.get(data.message_id) if data.how == "reply" and data.message_id is not None else None
    if text is not None and state.turned_at is not None and text.said_at < state.turned_at:
        return state  # they know what that said, and not what has come since
    owed = after_confirmation(state.owed, data)
    return state if owed is state.owed else replace(state, owed=made_good(owed, {FIRST_WORD, *CHAIN}))


def _answered(state: Customer, data: CallbackAnswered) -> Customer:
    return replace(state, heard=after_answer(state.heard, data))


def _asked(state: Customer, data: CustomerAsked) -> Customer:
    return replace(state, heard=replace(state.heard, asked_at=data.at))


def _unsayable(state: Customer, data: TextUnsayable) -> Customer:
    said = f"{data.thread} {data.says}"
    others = (one for one in state.unsayable if one != said)
    return replace(state, unsayable=(*others, said)[-KEPT_UNSAYABLE:])


def _doubled(state: Customer, data: TextDoubled) -> Customer:
    text = state.texts.get(data.message_id)
    return state if text is None else _with(state, replace(text, other_sids=(*text.other_sids, data.second_sid)))


def _hushed(state: Customer, data: TextHushed) -> Customer:
    return replace(state, hushed={**state.hushed, data.thread: HeldBack(data.says, data.until, data.reason)})


def _promised(state: Customer, data: Promise) -> Customer:
    return replace(state, owed=after_promise(state.owed, data))


def _text_moved(state: Customer, type_: str, data: MessageFact) -> Customer:
    text = state.texts.get(data.message_id)
    moved = text_step(text.state, type_) if text else None
    if text is None or moved is None:
        return state
    if isinstance(data, MessageAccepted):
        taken = _with(state, replace(text, state=moved, provider=data.provider, sid=data.provider_sid))
        if text.meant.thread != SUPPLY or not state.owed.records:
            return taken
        about = RESTORED_WORD if text.meant.believes in ("back", "not-touched") else FIRST_WORD
        return replace(taken, owed=made_good(state.owed, {about, NEXT_WORD}))
    if isinstance(data, MessageDelivered):
        # Carriers correct themselves: what arrived shows that the number is good.
        state = replace(state, bad_contacts=state.bad_contacts - {text.contact_id})
        if text.meant.thread in (SUPPLY, BESIDE) and state.owed.records:
            called = set[str]() if ANSWERS in state.owed.records else {ACCOUNT_MANAGER, OPERATORS}
            state = replace(state, owed=made_good(state.owed, {REACHED, SECOND_CONTACT, *called}))
        # One that was refused, and had gone by an attempt before, has no id yet.
        return _with(state, replace(text, state=moved, sid=text.sid or data.provider_sid))
    if isinstance(data, MessageUndelivered):
        if data.reason in BAD_CONTACT or rule_for(data.code).reason in BAD_CONTACT:
            state = replace(state, bad_contacts=state.bad_contacts | {text.contact_id})
        if OPTED_OUT in (data.reason, rule_for(data.code).reason):
            # Found where it was to be sent: what the number said is known, whoever it was when it said so.
            state = replace(state, heard=after_found_out(state.heard, text.contact_id, data.at))
        return _with(state, replace(text, state=moved, code=data.code, failed_at=data.at))
    return _with(state, replace(text, state=moved))


def _with(state: Customer, text: RequestedText) -> Customer:
    return replace(state, texts={**state.texts, text.message_id: text})


_CHANGES: Final[Mapping[type, Callable[[Customer, Any], Customer]]] = {
    CustomerUpserted: _upserted,
    CustomerErased: _erased,
    CustomerTouched: _touched,
    WordsSettled: _settled,
    WordsHeld: _held,
    AlarmRaised: _alarm_raised,
    AlarmOver: _alarm_over,
    WatchFired: _watch_fired,
    TextMeant: _meant,
    MessageRequested: _requested,
    TextUnsayable: _unsayable,
    TextDoubled: _doubled,
    TextHushed: _hushed,
    SupplyDenied: _denied,
    ContactOptedOut: _opted_out,
    ContactOptedIn: _opted_in,
    ContactConfirmed: _confirmed,
    CallbackAnswered: _answered,
    CustomerAsked: _asked,
}
