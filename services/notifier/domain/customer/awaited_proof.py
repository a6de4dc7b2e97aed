"""Tell what a conversation waits for beside its deadlines: proof that nothing else holds the customer, and people. Pure.

That power is back, or was never off, is true only if no other outage holds the customer; its words may lie unread on any
partition of any input. So the end settles first: a timer of its own, due some time after the end was recorded, fires only
when everything that anybody had sent by then is known (the kernel's watermarks over all partitions, Notifier.patience),
and never without that proof. Where proof does not come, a person is called, and the customer gets the next word instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts import messages
from schemas.contracts.audience import CustomerTouched
from schemas.contracts.messages import ContactUnreached
from services.kernel.model import NewEvent, TimerFired
from services.notifier.domain.customer.conversation import (
    DARK,
    SUPPLY,
    Customer,
    believe,
    is_better,
    is_claimed,
    is_half_claimed,
)
from services.notifier.domain.customer.merged_outages import united
from services.notifier.domain.customer.patience import unsteady
from services.notifier.domain.customer.talk_limits import calm, last_unstable
from services.notifier.domain.events import (
    ALARM_OVER,
    ALARM_RAISED,
    WORDS_HELD,
    WORDS_SETTLED,
    AlarmKind,
    AlarmOver,
    AlarmRaised,
    WordsHeld,
    WordsSettled,
)
from services.policy.model import Telling

SETTLE: Final = f"settle/{SUPPLY}"
UNSETTLED: Final = f"unsettled/{SUPPLY}"
CLAIM: Final = f"claim/{SUPPLY}"
# After the settling itself, so that where both are proven at once the settling comes first.
AFTER: Final = timedelta(seconds=1)
# What a person reads, by kind of alarm (contact.unreached, reason).
CALLS: Final[Mapping[AlarmKind, str]] = {
    "end-unproven": "power-back-cannot-be-proven",
    "claim-unproven": "power-said-to-be-back-and-not-confirmed",
    "nobody-reached": "all-contacts-failed",
}


def touched(state: Customer, word: CustomerTouched) -> Customer:
    """The conversation after one more word about an outage; an end that is news settles again."""
    known = state.outages.get(word.mrid)
    after = united(replace(state, outages={**state.outages, word.mrid: word}))
    if after.plight().off != state.plight().off:
        after = unsteady.turned(state, replace(after, turned_at=word.at), word)
    if after.plight().off:
        claimed = (state.claimed_since or word.at) if is_claimed(after) else None
        return replace(after, over_since=None, settled=False, held=0, claimed_since=claimed)
    after = replace(after, claimed_since=(state.claimed_since or word.at) if is_half_claimed(after) else None)
    news = known is None or (known.touched, known.status, known.restored_at) != (
        word.touched,
        word.status,
        word.restored_at,
    )
    if not _is_end(word) or not news:
        # What they take to be off may be so no more for another reason: of two supplies the outage holds one only by now, or
        # the registry has another word on them.
        new = is_better(after) and (not is_better(state) or (after.over_since is None and not after.settled))
        return replace(after, over_since=word.at, settled=False, held=0) if new else after
    # The last of all ends counts, whichever word comes last.
    last = max(one.at for one in after.outages.values() if _is_end(one))
    return replace(after, over_since=last, settled=False, held=0)


def _is_end(word: CustomerTouched) -> bool:
    """Whether it says that an outage holds them no longer; a notice of work to come says nothing of the kind."""
    if word.touched and word.status in DARK:
        return False
    return word.status != "noticed" or not word.touched


def timers(state: Customer, telling: Telling) -> Mapping[str, datetime]:
    """When the end of what the customer believes may be said, and how long a claim may hold their texts."""
    if state.profile is None:
        return {}
    found: dict[str, datetime] = {}
    if state.claimed_since is not None and "claim-unproven" not in state.alarms and _waits_for_proof(state):
        found[CLAIM] = state.claimed_since + telling.claim_limit
    if state.over_since is None or state.settled or not is_better(state):
        return found
    found[SETTLE] = due = state.over_since + (
        _next_look(state.held, telling) if state.held else settling_time(state, telling)
    )
    if "end-unproven" not in state.alarms:
        found[UNSETTLED] = due + AFTER
    return found


def _waits_for_proof(state: Customer) -> bool:
    """Whether dispatch says that power is back, all of it or one supply, and the customer is to hear it once it is proven."""
    return is_claimed(state) or is_half_claimed(state)


def _next_look(looks: int, telling: Telling) -> timedelta:
    """How long after so many looks that found an outage of which no word has come: mostly its word comes within seconds."""
    return min(telling.settling * float(2 ** min(looks - 1, 10)), telling.settling_limit)


def settling_time(state: Customer, telling: Telling) -> timedelta:
    """How long an end settles: where we said that supply is unstable, as long as we said it must be steady."""
    shaky = last_unstable(state, with_pending=True)
    return telling.settling if shaky is None else max(telling.settling, calm(shaky))


def fired(
    state: Customer, timer: TimerFired, found: Sequence[str], telling: Telling, now: datetime
) -> tuple[Sequence[NewEvent], str] | None:
    """What follows from one of these timers, with its reason; None where it is none of them, or no longer holds.

    `found`: the outages that by the tables of the fan-out hold the customer. One of which no word has come (its fan-out is
    under way, or waits for a person) holds them all the same: it is looked at again, and from the second time a person is called.
    """
    if timers(state, telling).get(timer.name) != timer.due_at:
        return None
    if timer.name == CLAIM:
        return call(state, "claim-unproven", tuple(one.mrid for one in state.holding()), timer.due_at), "claim-unproven"
    if timer.name == UNSETTLED and timer.unproven:
        mrids = tuple(sorted(believe(state).mrids))
        return call(state, "end-unproven", mrids, now), "end-unproven"
    untold = tuple(sorted(set(found) - {one.mrid for one in state.holding()}))
    if untold:
        held = WordsHeld(customer_id=state.customer_id, due_at=timer.due_at, mrids=untold)
        is_known = not state.held or "end-unproven" in state.alarms
        calls = [] if is_known else call(state, "end-unproven", untold, now)
        return [NewEvent(WORDS_HELD, held), *calls], "an-untold-outage-holds-them"
    settled = WordsSettled(customer_id=state.customer_id, due_at=timer.due_at)
    return [NewEvent(WORDS_SETTLED, settled)], "settled"


def call(state: Customer, kind: AlarmKind, mrids: tuple[str, ...], at: datetime) -> Sequence[NewEvent]:
    """An open alarm, and the word to people who watch."""
    raised = AlarmRaised(customer_id=state.customer_id, kind=kind, at=at, mrids=mrids)
    unreached = ContactUnreached(customer_id=state.customer_id, at=at, reason=CALLS[kind], mrids=mrids)
    said = NewEvent("contact.unreached.v1", unreached, topic=messages.TOPIC, key=state.customer_id)
    return [NewEvent(ALARM_RAISED, raised), said]


def alarms_over(state: Customer, at: datetime) -> Sequence[NewEvent]:
    """Alarms whose cause is gone."""
    stands: Mapping[AlarmKind, bool] = {
        "end-unproven": state.over_since is not None and not state.settled and is_better(state),
        "claim-unproven": _waits_for_proof(state),
        "nobody-reached": bool(state.dark()) and not any(text.settled for text in state.thread(SUPPLY)[-1:]),
    }
    return [
        NewEvent(ALARM_OVER, AlarmOver(customer_id=state.customer_id, kind=kind, at=at))
        for kind in sorted(state.alarms)
        if not stands[kind]
    ]
