"""Take over where texts do not reach: the next contact, the account manager, operators; each step a promise. Pure.

Who was told that their power is off has the text on a handset within some minutes, or the next contacts get it, one after the
other by rank, and then people call; of special and first importance, and with life support, somebody there says that they know, or
people call ([settings.answers] of the policy). Of a provider that gives no receipts none is waited for. An answer or a recorded
call ends all of it; so does power that is back. Where texts cannot be answered the call is the answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from schemas.contracts.messages import ContactConfirmed, MessageAccepted, MessageDelivered, MessageUndelivered
from schemas.contracts.promises import PromiseAtRisk, PromiseBroken
from services.kernel.model import NewEvent
from services.notifier.domain.customer.conversation import SUPPLY, Customer, believe
from services.notifier.domain.customer.owing.confirming import has_confirmed
from services.notifier.domain.customer.owing.state import (
    ACCOUNT_MANAGER,
    ANSWERS,
    BESIDE,
    CHAIN,
    OPERATORS,
    REACHED,
    SECOND_CONTACT,
)
from services.notifier.domain.customer.owing.wanted import WordOwed
from services.notifier.domain.customer.quiet_hours import reads_at_night
from services.policy.promised import AnswerTimes, WordTimes
from services.policy.quiet import Nights
from services.promises import PromiseEvent, PromiseRecord, settle

TAKEN: Final = "taken-and-no-receipt-is-given"
ARRIVED, ARRIVED_LATE, CONFIRMED = "text-arrived", "text-arrived-late", "confirmed"
BACK, ERASED, TOLD_ANEW = "power-is-back", "customer-erased", "told-anew"
WHY_BROKEN: Final = {
    REACHED: "no-receipt",
    SECOND_CONTACT: "no-receipt",
    ANSWERS: "no-answer",
    ACCOUNT_MANAGER: "nobody-called",
    OPERATORS: "nobody-called",
}
Step = WordOwed
"""A step that begins: who has to do what, by when."""


class ArrivedText(NamedTuple):
    """A text that a handset has, since when; or one of which nobody will ever say more than that it was taken."""

    message_id: str
    at: datetime
    why: str = ARRIVED


def chained(
    before: Customer,
    after: Customer,
    recorded: Sequence[NewEvent],
    now: datetime,
    times: WordTimes,
    nights: Nights,
) -> Iterator[PromiseEvent | Step]:
    """Verdicts on the step under way, and the step that follows. `recorded`: what else this decision says.

    At night no step is due but of whoever has somebody on duty then: there is nobody whom the next one could reach.
    """
    for word in _chained(before, after, recorded, now, times):
        yield _by_day(after, word, nights) if isinstance(word, WordOwed) else word


def _by_day(state: Customer, step: Step, nights: Nights) -> Step:
    if state.profile is None or reads_at_night(state.profile) == "always":
        return step
    due_at = nights.over(step.due_at)
    return step if due_at == step.due_at else replace(step, due_at=due_at, at_risk_at=due_at)


def _chained(
    before: Customer, after: Customer, recorded: Sequence[NewEvent], now: datetime, times: WordTimes
) -> Iterator[PromiseEvent | Step]:
    standing = under_way(after)
    profile = after.profile
    if profile is None or not after.plight().off:
        if standing is not None:
            yield from settle(standing, "voided", at=now, reason=ERASED if profile is None else BACK)
        return
    answers = times.answers_of(profile.importance, life_support=profile.life_support)
    said = _confirmed(recorded)
    if said is not None:
        if standing is not None:
            yield from _done(standing, said.confirmed_at, CONFIRMED, said.how)
        return
    told, arrived = _told(before, after, recorded), _arrived(after, recorded)
    if told is not None:
        if standing is not None:
            yield from settle(standing, "voided", at=now, reason=TOLD_ANEW)
        awaited = arrived is None and told.no_receipt is None
        yield from _begun(after, answers, told.accepted_at, receipt=awaited)
    elif arrived is not None:
        yield from _reached(before, after, standing, answers, arrived)
    elif any(isinstance(event.data, PromiseBroken) for event in recorded):
        yield from _next_step(before, after, answers, now)


def under_way(state: Customer) -> PromiseRecord | None:
    """The step that waits for its verdict."""
    return next((one for name in CHAIN if (one := state.owed.open(name)) is not None), None)


def next_contacts(state: Customer) -> Sequence[str]:
    """Who is still to have the text, by rank, where the contacts before have given no receipt.

    To nobody twice since power went off: not to whom a text went, nor to whom it could not be brought.
    """
    profile = state.profile
    if profile is None:
        return ()
    last = next((text.requested_at for text in reversed(state.thread(SUPPLY)) if text.settled), None)
    since = min((at for at in (last, state.turned_at) if at is not None), default=None)
    had = {
        text.contact_id
        for text in (*state.thread(SUPPLY), *state.thread(BESIDE))
        if text.state not in ("suppressed", "expired") and (since is None or text.requested_at >= since)
    }
    ranked = sorted(profile.contacts, key=lambda one: (one.rank, one.contact_id))
    return [one.contact_id for one in ranked if one.contact_id not in had | state.untextable]


def turns(before: Customer, after: Customer, recorded: Sequence[NewEvent], *, begins: bool) -> int:
    """How many more contacts have the text with this decision; `begins`: their step does.

    One as the step begins, one halfway (its warning), one for each text to one of them that failed; at its end, when people are
    asked to call, all that are left. So however many there are, nobody calls later for it.
    """
    step = before.owed.open(SECOND_CONTACT)
    more = int(begins)
    for event in recorded:
        match event.data:
            case PromiseAtRisk(promise_id=name) if step is not None and name == step.promise_id:
                more += 1
            case PromiseBroken(promise_id=name) if step is not None and name == step.promise_id:
                return len(next_contacts(after))
            case MessageUndelivered(message_id=name) if SECOND_CONTACT in before.owed.records:
                more += any(text.message_id == name for text in after.thread(BESIDE))
            case _:
                pass
    return more


def _begun(state: Customer, answers: AnswerTimes, told_at: datetime, *, receipt: bool) -> Iterator[Step]:
    """`receipt`: whether one is still to come."""
    if answers.receipt and receipt:
        yield _step(state, REACHED, told_at, told_at, answers.receipt)
    elif answers.answer:
        yield _step(state, ANSWERS, told_at, told_at, answers.answer)


def _reached(
    before: Customer,
    after: Customer,
    standing: PromiseRecord | None,
    answers: AnswerTimes,
    arrived: ArrivedText,
) -> Iterator[PromiseEvent | Step]:
    """A handset has it: of some customers somebody is still to say that they know."""
    steps = before.owed.records.keys() & {*CHAIN}
    if not steps:
        return
    at = arrived.at
    if standing is not None and standing.obligation in (REACHED, SECOND_CONTACT):
        yield from _done(standing, at, arrived.why, arrived.message_id)
    elif standing is not None and standing.obligation != ANSWERS and not answers.answer:
        yield from settle(standing, "voided", at=at, reason=arrived.why, evidence=(arrived.message_id,))
    elif standing is not None:
        return
    if answers.answer and ANSWERS not in after.owed.records and not has_confirmed(after):
        told_at = min(before.owed.records[name].measured_from for name in steps)
        by = max(told_at + answers.answer, at + answers.receipt)
        yield _step(after, ANSWERS, told_at, at, by - at)


def _next_step(before: Customer, after: Customer, answers: AnswerTimes, now: datetime) -> Iterator[Step]:
    """What follows upon a step that nobody has done in time."""
    failed = before.owed.records.keys() & {*CHAIN}
    broken = next((name for name in failed if before.owed.open(name) and after.owed.broken(name)), None)
    if broken is None:
        return
    if broken == REACHED and next_contacts(after):
        yield _step(after, SECOND_CONTACT, now, now, answers.receipt)
    elif broken != OPERATORS and after.owed.records.get(OPERATORS) is None:
        has_manager = after.profile is not None and after.profile.account_manager is not None
        whom = ACCOUNT_MANAGER if has_manager and ACCOUNT_MANAGER not in after.owed.records else OPERATORS
        yield _step(after, whom, now, now, answers.step)


def _done(step: PromiseRecord, at: datetime, reason: str, evidence: str) -> Iterator[PromiseEvent]:
    in_time = at <= step.due_at
    late = ARRIVED_LATE if reason == ARRIVED else reason
    yield from settle(
        step, "kept" if in_time else "broken", at=at, reason=reason if in_time else late, evidence=(evidence,)
    )


def _step(state: Customer, obligation: str, since: datetime, at: datetime, within: timedelta) -> Step:
    due_at = at + within
    dark = state.dark()
    return Step(obligation, since, due_at, due_at - within / 2, dark[0].mrid if dark else None)


def _confirmed(recorded: Sequence[NewEvent]) -> ContactConfirmed | None:
    found = (event.data for event in recorded if isinstance(event.data, ContactConfirmed))
    return next((said for said in found if said.how != "receipt"), None)


def _told(before: Customer, after: Customer, recorded: Sequence[NewEvent]) -> MessageAccepted | None:
    """The word by which whoever took their power to be on was told that it is off."""
    for event in recorded:
        if isinstance(event.data, MessageAccepted):
            text = after.texts.get(event.data.message_id)
            if text is not None and text.meant.thread == SUPPLY and text.meant.believes == "out":
                return event.data if believe(before).kind != "out" else None
    return None


def _arrived(after: Customer, recorded: Sequence[NewEvent]) -> ArrivedText | None:
    for event in recorded:
        if isinstance(event.data, MessageDelivered):
            text = after.texts.get(event.data.message_id)
            if text is not None and text.meant.thread in (SUPPLY, BESIDE):
                return ArrivedText(text.message_id, event.data.delivered_at)
        if isinstance(event.data, MessageAccepted) and event.data.no_receipt is not None:
            text = after.texts.get(event.data.message_id)
            if text is not None and text.meant.thread == BESIDE:
                return ArrivedText(text.message_id, event.data.accepted_at, TAKEN)
    return None
