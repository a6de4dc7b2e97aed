"""Bring what is promised to a customer in line with what is owed: made, kept, broken, voided, corrected. Pure.

A word is given when a provider takes its text, or when somebody has told them by telephone; judged on that instant and on
`due_at`. What is owed no longer, before it was due, is voided with the reason. A text that is dropped breaks the promise that it
was to keep. A verdict that turns out otherwise is followed by a correction: the text had gone in time, or power was back by then.
Where a text fails after it was taken, another promise is made, so that the next contact is told in time as well.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from schemas.contracts import messages
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.messages import ContactConfirmed, MessageAccepted, MessageDelivered, MessageExpired
from schemas.contracts.promises import Promise, PromiseMade
from services.kernel.model import NewEvent, TimerFired
from services.notifier.domain.customer.conversation import (
    SUPPLY,
    Customer,
    believe,
    is_claimed,
    is_half_claimed,
    is_perhaps_back,
    spoken_of,
)
from services.notifier.domain.customer.owing.chain import WHY_BROKEN
from services.notifier.domain.customer.owing.rules import WordRules
from services.notifier.domain.customer.owing.state import FIRST_WORD, NEXT_WORD, RESTORED_WORD
from services.notifier.domain.customer.owing.wanted import Wanted, WordOwed
from services.promises import PromiseEvent, PromiseRecord, is_published, name_of, settle, warn

OWED: Final = "owed"
WORDS: Final = (FIRST_WORD, NEXT_WORD, RESTORED_WORD)
TOLD_IN_TIME, TOLD_LATE, BY_TELEPHONE = "told-in-time", "told-late", "told-by-telephone"
DROPPED: Final = "text-dropped"
NOT_TOLD: Final = "no-word-in-time"
WAS_BACK: Final = "power-was-back"


@dataclass(frozen=True, slots=True)
class WordGiven:
    """A word that reached them in this decision: when, and the text or the person."""

    at: datetime
    evidence: str
    by_telephone: bool = False


def balanced(
    before: Customer, after: Customer, recorded: Sequence[NewEvent], wanted: Wanted, heard: datetime, now: datetime
) -> Iterator[PromiseEvent | WordOwed]:
    """Verdicts, and words that begin to be owed. `recorded`: what this decision takes into the log before it.

    `heard`: when what led to it was known here; what was due before that is judged as if nothing had come.
    """
    given, dropped = word_given(after, recorded), _dropped(after, recorded)
    for obligation in WORDS:
        owed, standing = wanted.get(obligation), after.owed.records.get(obligation)
        last = standing or before.owed.records.get(obligation)
        is_same = last is not None and owed is not None and (obligation != NEXT_WORD or owed.due_at == last.due_at)
        verdicts: list[PromiseEvent] = []
        if last is not None and last.standing == "open":
            if not is_same:
                verdicts = [*_ended(last, obligation, before, after, given, heard)]
            elif dropped is not None and obligation != NEXT_WORD:
                verdicts = [*settle(last, "broken", at=now, reason=DROPPED, evidence=(dropped,))]
        elif last is not None and not is_same:
            verdicts = [*_overturned(last, obligation, before, after, given, now)]
        yield from verdicts
        is_due_again = standing is None or (not is_same and (bool(verdicts) or standing.standing == "broken"))
        if (
            owed is not None
            and is_due_again
            and (obligation != NEXT_WORD or owed.due_at > now or _is_said_now(before, given))
        ):
            yield owed


def word_given(after: Customer, recorded: Sequence[NewEvent]) -> WordGiven | None:
    """The word about supply that was given, by the events of one decision."""
    for event in reversed(recorded):
        match event.data:
            case (
                MessageAccepted(message_id=message_id, accepted_at=at)
                | MessageDelivered(message_id=message_id, delivered_at=at)
            ):
                text = after.texts.get(message_id)
                if text is not None and text.meant.thread == SUPPLY:
                    return WordGiven(at, message_id)
            case ContactConfirmed(how=how, confirmed_at=at, by=by) if how not in ("receipt", "reply"):
                # Who answers a text knows what that said, and nothing since: it gave its word when it went.
                return WordGiven(at, f"{how}:{by}" if by else how, by_telephone=True)
    return None


def _is_said_now(before: Customer, given: WordGiven | None) -> bool:
    """Whether a text that says when the next word comes is taken just now: such a promise counts, be its time over already.

    A receipt of one that was taken before, or a call, names no time anew.
    """
    if given is None or given.by_telephone:
        return False
    text = before.texts.get(given.evidence)
    return text is None or not text.settled


def _dropped(after: Customer, recorded: Sequence[NewEvent]) -> str | None:
    """The text about supply that was dropped as of no use any more."""
    for event in recorded:
        if isinstance(event.data, MessageExpired):
            text = after.texts.get(event.data.message_id)
            if text is not None and text.meant.thread == SUPPLY:
                return event.data.message_id
    return None


def _ended(
    last: PromiseRecord,
    obligation: str,
    before: Customer,
    after: Customer,
    given: WordGiven | None,
    heard: datetime,
) -> Iterator[PromiseEvent]:
    if given is not None and (not given.by_telephone or obligation == FIRST_WORD):
        in_time = given.at <= last.due_at
        reason = TOLD_LATE if not in_time else BY_TELEPHONE if given.by_telephone else TOLD_IN_TIME
        yield from settle(last, "kept" if in_time else "broken", at=given.at, reason=reason, evidence=(given.evidence,))
    elif heard > last.due_at and not _was_back(before, after, last.due_at):
        yield from settle(last, "broken", at=last.due_at, reason=obstacle(before))
    else:
        yield from settle(last, "voided", at=heard, reason=_void_reason(obligation, after))


def _overturned(
    last: PromiseRecord,
    obligation: str,
    before: Customer,
    after: Customer,
    given: WordGiven | None,
    now: datetime,
) -> Iterator[PromiseEvent]:
    """What a broken promise turns out to be after all; nothing where it stays broken."""
    if given is not None and not given.by_telephone and given.at <= last.due_at:
        yield from settle(last, "kept", at=now, reason=TOLD_IN_TIME, evidence=(given.evidence,))
    elif obligation == NEXT_WORD and _was_back(before, after, last.due_at):
        yield from settle(last, "voided", at=now, reason=WAS_BACK)


def _was_back(before: Customer, after: Customer, by: datetime) -> bool:
    """Whether all that we said was off had come back by then, as is known now."""
    if after.holding():
        return False
    ends = [one.restored_at for one in spoken_of(after, believe(before))]
    return bool(ends) and all(at is not None and at <= by for at in ends)


def _void_reason(obligation: str, after: Customer) -> str:
    if after.profile is None:
        return "customer-erased"
    if obligation == RESTORED_WORD:
        return "off-again" if after.plight().off else "nothing-to-say"
    if not after.holding():
        return "over-before-told" if obligation == FIRST_WORD else "power-is-back"
    if is_claimed(after) or is_half_claimed(after):
        return "supply-said-to-be-back"
    return "nothing-to-say" if obligation == FIRST_WORD else "told-otherwise"


def made(state: Customer, owed: WordOwed, rules: WordRules, number: int) -> PromiseMade:
    """The promise of a word that begins to be owed; `number`: which of all promises to this customer it is."""
    rule = rules.ref(owed.obligation)
    return PromiseMade(
        promise_id=name_of(state.customer_id, rule.rule_id, episode=number),
        mrid=owed.mrid,
        customer_id=state.customer_id,
        rule=rule,
        due_at=owed.due_at,
        measured_from=owed.since,
        at_risk_at=owed.at_risk_at,
        warn_again_at=owed.warn_again_at,
        obligation=owed.obligation,
    )


def timers(state: Customer) -> dict[str, datetime]:
    """For each open promise its next warning, until all were given, then its deadline."""
    return {
        f"{OWED}/{one.promise_id}": min(one.warned_next_at or one.due_at, one.due_at)
        for one in state.owed.records.values()
        if one.standing == "open"
    }


def fired(state: Customer, timer: TimerFired, now: datetime) -> tuple[Sequence[NewEvent], str]:
    """A deadline, or its warning, has come."""
    record = next((one for one in state.owed.records.values() if f"{OWED}/{one.promise_id}" == timer.name), None)
    if record is None or timers(state).get(timer.name) != timer.due_at:
        return (), "timer-outdated"
    why = WHY_BROKEN.get(record.obligation) or obstacle(state)
    if timer.due_at < record.due_at:
        return [published(state, word) for word in warn(record, why, now)], "promise-at-risk"
    waits = [text.message_id for text in state.thread(SUPPLY) if text.pending]
    words = settle(record, "broken", at=record.due_at, reason=why, evidence=waits, unproven=timer.unproven)
    return [published(state, word) for word in words], "promise-broken"


def obstacle(state: Customer) -> str:
    """What keeps the word from them, by name."""
    if is_claimed(state) or is_half_claimed(state):
        return "held-for-proof"
    if is_perhaps_back(state):
        return "held-while-perhaps-back"
    if "end-unproven" in state.alarms:
        return "end-unproven"
    if "nobody-reached" in state.alarms:
        return "nobody-reached"
    pending = [text for text in state.thread(SUPPLY) if text.pending]
    return "text-not-taken-yet" if pending else NOT_TOLD


def published(state: Customer, word: Promise) -> NewEvent:
    """A word about a promise, on outage.messages under the customer's key; a warning that comes too late only in the log."""
    topic = messages.TOPIC if is_published(word) else None
    return NewEvent(TYPE_OF[type(word)], word, topic=topic, key=state.customer_id)
