"""Choose the text that is due to a customer who has power while one of several supplies is lost, or was. Pure.

A lost supply is told at once: that asks to check the change-over, and names no time, so that nothing more need be said until
the supply is back. Noticed work on one has named a time: where that passes, a text owns up to it. That a supply is back is told
as "power is back" is: proven, and settled (awaited_proof.py). Where another is said to be back and not proven yet, one text for
both waits; where proof does not come in time, it tells what is sure.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.messages import Trigger
from services.concerned.supplies import Plight, hit_by, ways
from services.notifier.domain.customer.conversation import (
    SUPPLY,
    Belief,
    Customer,
    DueText,
    is_half_claimed,
    spoken_of,
)
from services.notifier.domain.customer.lanes import RESTORED_STALE
from services.notifier.domain.customer.talk_limits import IS_BACK, NOT_LOST
from services.notifier.domain.customer.texts.notice_texts import stamp
from services.policy.model import Telling

LOST: Final = "supply-lost"
BACK: Final = "supply-back"
STILL: Final = "one-still-lost"
CORRECTED: Final = "supply-corrected"


def partial_saying(state: Customer, present: Plight, belief: Belief, now: datetime, telling: Telling) -> DueText | None:
    """The text about single supplies that is due while the customer has power; None where none is."""
    # Of what dispatch says is back, proven or not, nobody is told first that it is off.
    sure = present.ids - present.claimed
    if belief.kind == "supply-lost":
        if new := sure - belief.lost:
            return _lost(present, new, belief)
        gone = belief.lost - present.ids
        if gone:
            return _back(state, present, sure, belief, gone, now) if _is_sayable(state) else None
        late = belief.ert is not None and now >= belief.ert + telling.about
        # A missed time is told by the clock: not of what the lists lack.
        listed = sure - present.unsure
        return _lost(present, listed, belief, belief.ert) if late and listed else None
    if belief.kind == "out":
        # Off is who had lost them all; where nothing is lost any more the words are those of any customer.
        if not present.lost or not _is_sayable(state):
            return None
        all_of_them = frozenset(way.id for way in ways(state.profile)) if state.profile is not None else frozenset()
        return _back(state, present, sure, belief, all_of_them - present.ids, now)
    return _lost(present, sure, Belief()) if sure else None


def _is_sayable(state: Customer) -> bool:
    """Whether it is settled what is back, and proof of what else may be has come, or been waited for long enough."""
    return state.settled and (not is_half_claimed(state) or "claim-unproven" in state.alarms)


def _lost(present: Plight, new: frozenset[str], belief: Belief, told: datetime | None = None) -> DueText:
    """These are lost, be it longer than was noticed (`told`: the end that was)."""
    words = _once(word for one in sorted(new) for word in present.lost[one])
    since = min(one.started_at or one.at for one in words)
    lead = max(words, key=lambda one: (one.at, one.mrid))
    return DueText(
        thread=SUPPLY,
        trigger="fault",
        # With those that took what is told to be lost already: by their end it is told to be back.
        mrids=tuple(sorted(belief.mrids.union(word.mrid for theirs in present.lost.values() for word in theirs))),
        version=lead.outage_version,
        says=f"{LOST} {' '.join(sorted(new))} {stamp(since)}{f' {stamp(told)}' if told else ''}",
        believes="supply-lost",
        lead=lead,
        reason="told-time-has-passed" if told else "one-supply-is-off",
        since=since,
        told=told,
        template=LOST,
        about=tuple(sorted(new)),
        lost=tuple(sorted(belief.lost | new)),
    )


def _back(
    state: Customer, present: Plight, sure: frozenset[str], belief: Belief, gone: frozenset[str], now: datetime
) -> DueText | None:
    """Power is back on a supply that was said to be lost, or, where all were, on one at least. `sure`: those that are lost."""
    still = tuple(sorted(sure))
    proven, stepped = ended(state, belief)
    # An outage that holds another supply all the same may have given this one back by a step.
    parted = [one for one in spoken_of(state, belief) if one.status == "part-restored" and not _held(state, one) & gone]
    over = [*proven, *stepped, *(one for one in parted if one.restored_at is not None and one not in stepped)]
    of_these = [one for one in over if _held(state, one) & gone] or over
    if of_these:
        lead = max(of_these, key=lambda one: (one.restored_at or one.at, one.mrid))
        restored_at = lead.restored_at or lead.at
        if now - max(restored_at, belief.said_at or restored_at) > RESTORED_STALE:
            return None
        trigger: Trigger = "part-restored" if still else "restored"
        template = STILL if still else BACK
        reason = IS_BACK
    else:
        # No end of an outage: it was found not to be one, or the registry has another word on their supplies.
        dropped = [one for one in spoken_of(state, belief) if not one.touched or one.status == "withdrawn"]
        held = [word for words in present.lost.values() for word in words]
        known = [*(dropped or spoken_of(state, belief)), *held]
        if not known:
            return None
        lead, restored_at = known[0], None
        template, trigger, reason = CORRECTED, "correction", NOT_LOST
    theirs = _once((*spoken_of(state, belief), lead, *(word for words in present.lost.values() for word in words)))
    return DueText(
        thread=SUPPLY,
        trigger=trigger,
        mrids=tuple(sorted(one.mrid for one in theirs)),
        version=lead.outage_version,
        says=f"{template} {' '.join(sorted(gone))} {stamp(restored_at)} {' '.join(still)}".rstrip(),
        believes="supply-lost" if present.lost else "back",
        lead=lead,
        reason=reason,
        since=lead.started_at or lead.at,
        restored_at=restored_at,
        template=template,
        about=tuple(sorted(gone)),
        lost=tuple(sorted(present.ids)),
        still=still,
    )


def ended(state: Customer, belief: Belief) -> tuple[list[CustomerTouched], list[CustomerTouched]]:
    """Of the outages that the customer was told of those that are over, and those that a step ended for them.

    An outage that came upon the told one and held them longer counts for when power came back.
    """
    later = [
        one
        for mrid, one in sorted(state.outages.items())
        if mrid not in belief.mrids and one.restored_at and belief.said_at and one.restored_at >= belief.said_at
    ]
    found = [one for one in (*spoken_of(state, belief), *later) if one.restored_at is not None]
    holding = {one.mrid for one in state.holding()}
    return (
        [one for one in found if one.status == "restored"],
        [one for one in found if one.status == "part-restored" and one.mrid not in holding],
    )


def _held(state: Customer, one: CustomerTouched) -> frozenset[str]:
    return hit_by(state.profile, one) if state.profile is not None else frozenset()


def _once(words: Iterable[CustomerTouched]) -> list[CustomerTouched]:
    return list({one.mrid: one for one in words}.values())
