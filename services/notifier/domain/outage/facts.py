"""What is known of one outage, whatever order its facts came in.

Each kind of fact has a register that keeps the newest by the fact's own instant (not by arrival), so that any
permutation of the same facts ends in the same state. An empty list says nothing, in every fact.
"""

from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    CauseCleared,
    CrewStatus,
    CurtailmentOrdered,
    ErtChanged,
    ExtentChanged,
    FaultReported,
    OutageReopened,
    OutageStarted,
    SupplyRestored,
)
from schemas.contracts.notices import (
    NoticeAmended,
    NoticeBreached,
    NoticeDeadlineMoved,
    NoticePublished,
    NoticeWithdrawn,
)
from schemas.contracts.restorations import RestorationConfirmed, RestorationPart, RestorationRefused
from services.instants import PLACES, is_stood_by
from services.notifier.domain.outage.newness import Stamp, is_later, is_newer_notice, stamp, text
from services.places import extents
from services.places.extents import says_nothing
from services.plausibility.judging import EXPECTED, HAPPENED

NOWHERE = Extent()
KEPT_STEPS = 50
# Parts said to be back that wait for proof at one time; of more than these the newest count.
KEPT_CLAIMS = 5
# The restorer's word for a confirmation that a late fact overturned.
TAKEN_BACK = "restoration-taken-back"


@dataclass(frozen=True)
class Expected:
    """When power is expected, and if that is not known, when the next word is promised."""

    ert: datetime | None = None
    next_update_at: datetime | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of one outage: one register per kind of fact. The stamp beside a value says how new it is."""

    notice: NoticePublished | NoticeAmended | None = None
    noticed: NoticePublished | NoticeAmended | None = None
    """The newest notice that names places."""
    withdrawn: NoticeWithdrawn | None = None
    curtailment: CurtailmentOrdered | None = None
    started: OutageStarted | None = None
    first_at: datetime | None = None
    """The first start of all: one at the very instant of a restoration is its own only then, else power is off again."""
    predicted: OutageStarted | None = None
    foretold: OutageStarted | None = None
    """The newest predicted start that names places."""
    report: FaultReported | None = None
    reported: Extent = NOWHERE
    ours: bool = False
    """A report says that the fault lies in the utility's own network."""
    not_ours_at: datetime | None = None
    """When the last report came that found it inside a customer's own installation, or the meter at fault."""
    reopened_at: datetime | None = None
    extent: Extent | None = None
    extent_stamp: Stamp | None = None
    part: RestorationPart | None = None
    placed: RestorationPart | None = None
    """The newest part that says what it left."""
    steps: tuple[tuple[datetime, Extent], ...] = ()
    """Parts that came back since the extent was last said, each with its instant."""
    restored: RestorationConfirmed | None = None
    expected: Expected | None = None
    expected_stamp: Stamp | None = None
    crew: CrewStatus | None = None
    cause: str | None = None
    cause_stamp: Stamp | None = None
    claimed_at: datetime | None = None
    part_claims: tuple[tuple[datetime, Extent], ...] = ()
    """Parts that dispatch says are back, each with its instant, until the restorer has answered."""
    refused_at: datetime | None = None
    taken_back: RestorationRefused | None = None
    breaches: tuple[str, ...] = ()
    vouched: datetime | None = None
    """The latest instant of a fact that somebody stands by, however far it lies beyond its record."""


def learn(facts: Facts, fact: object) -> Facts:
    """The facts with one more; the same object where it says nothing newer."""
    if is_stood_by(fact):
        told = (getattr(fact, name, None) for name in (HAPPENED[type(fact)], *EXPECTED))
        facts = replace(facts, vouched=max(filter(None, (facts.vouched, *told)), default=None))
    match fact:
        case NoticePublished() | NoticeAmended():
            if is_newer_notice(fact, facts.noticed) and not says_nothing(fact.extent):
                facts = replace(facts, noticed=fact)
            return replace(facts, notice=fact) if is_newer_notice(fact, facts.notice) else facts
        case NoticeWithdrawn():
            return replace(facts, withdrawn=fact) if is_newer_notice(fact, facts.withdrawn) else facts
        case NoticeDeadlineMoved():
            notice = facts.notice
            if notice is None or notice.version != fact.version or notice.inform_by == fact.inform_by:
                return facts
            by, rule, warn = fact.inform_by, fact.inform_rule, fact.inform_warn_at
            return replace(
                facts, notice=msgspec.structs.replace(notice, inform_by=by, inform_rule=rule, inform_warn_at=warn)
            )
        case NoticeBreached(kind=kind):
            return facts if kind in facts.breaches else replace(facts, breaches=tuple(sorted({*facts.breaches, kind})))
        case CurtailmentOrdered():
            known_order = facts.curtailment
            if known_order is not None and stamp(known_order, known_order.ordered_at) >= stamp(fact, fact.ordered_at):
                return facts
            return _extent(
                replace(facts, curtailment=fact), fact.extent, stamp(fact, fact.ordered_at, PLACES[CurtailmentOrdered])
            )
        case OutageStarted():
            return _started(facts, fact)
        case FaultReported():
            return _reported(facts, fact)
        case ExtentChanged():
            return _extent(facts, fact.extent, stamp(fact, fact.changed_at, PLACES[ExtentChanged]))
        case ErtChanged():
            return _expected(facts, Expected(fact.ert, fact.next_update_at), stamp(fact, fact.changed_at, 2))
        case CrewStatus():
            newer = facts.crew is None or stamp(fact, fact.at) > stamp(facts.crew, facts.crew.at)
            return replace(facts, crew=fact) if newer else facts
        case CauseCleared():
            return _cause(facts, fact.cause, stamp(fact, fact.cleared_at, 1))
        case SupplyRestored():
            if fact.test_energisation:
                return facts
            if fact.scope == "part":
                return _part_claimed(facts, fact)
            return replace(facts, claimed_at=latest(facts.claimed_at, fact.restored_at))
        case RestorationRefused():
            facts = replace(facts, refused_at=latest(facts.refused_at, fact.claimed_at))
            known_back = facts.taken_back
            newer = fact.decided_at is not None and (known_back is None or is_later(fact, known_back))
            return replace(facts, taken_back=fact) if fact.reason == TAKEN_BACK and newer else facts
        case OutageReopened():
            facts = replace(facts, reopened_at=latest(facts.reopened_at, fact.reopened_at))
            return _expected(facts, Expected(fact.ert), stamp(fact, fact.reopened_at, 1))
        case RestorationPart():
            return _parted(facts, fact)
        case RestorationConfirmed():
            known_end = facts.restored
            newer = known_end is None or is_later(fact, known_end)
            return replace(facts, restored=fact) if newer else facts
        case _:
            return facts


def _step_at(step: tuple[datetime, Extent]) -> datetime:
    return step[0]


def _parted(facts: Facts, fact: RestorationPart) -> Facts:
    def newer(known: RestorationPart | None) -> bool:
        return known is None or stamp(fact, fact.restored_at, fact.step) > stamp(known, known.restored_at, known.step)

    if newer(facts.part):
        facts = replace(facts, part=fact)
    if not says_nothing(fact.remaining) and newer(facts.placed):
        facts = replace(facts, placed=fact)
    step, worded = (fact.restored_at, fact.restored), facts.extent_stamp
    if step in facts.steps or (worded is not None and fact.restored_at < worded[0]):
        return facts
    # Sorted by instant alone: what comes off an extent comes off in any order, and each may have a megabyte.
    steps = sorted((*facts.steps, step), key=_step_at)
    if len(steps) > KEPT_STEPS:
        # Of two as one the earlier instant counts: rather told dark for too long than back too soon.
        steps[:2] = [(steps[0][0], extents.union([steps[0][1], steps[1][1]]))]
    return replace(facts, steps=tuple(steps))


def _part_claimed(facts: Facts, fact: SupplyRestored) -> Facts:
    if says_nothing(fact.extent):
        return facts
    claims = {(fact.restored_at, fact.extent), *unanswered(facts)}
    return replace(facts, part_claims=tuple(sorted(claims, key=lambda one: (one[0], text(one[1])))[-KEPT_CLAIMS:]))


def unanswered(facts: Facts) -> tuple[tuple[datetime, Extent], ...]:
    """Parts said to be back of which nobody has said more since: the restorer, or dispatch on where the outage is."""
    said = [
        facts.refused_at,
        facts.part.restored_at if facts.part else None,
        facts.extent_stamp[0] if facts.extent_stamp else None,
        *(at for at, _ in facts.steps),
    ]
    last = max(filter(None, said), default=None)
    return tuple(claim for claim in facts.part_claims if last is None or claim[0] > last)


def _started(facts: Facts, fact: OutageStarted) -> Facts:
    known = facts.started if fact.confirmed else facts.predicted
    told = facts.foretold
    if not (fact.confirmed or says_nothing(fact.extent)) and (
        told is None or stamp(told, told.started_at) < stamp(fact, fact.started_at)
    ):
        facts = replace(facts, foretold=fact)
    newer = known is None or stamp(known, known.started_at) < stamp(fact, fact.started_at)
    if not fact.confirmed:
        return replace(facts, predicted=fact) if newer else facts
    facts = replace(facts, first_at=min(fact.started_at, facts.first_at or fact.started_at))
    if newer:
        facts = replace(facts, started=fact)
    # An older start may say what a newer one leaves out, whichever comes first.
    facts = _extent(facts, fact.extent, stamp(fact, fact.started_at, PLACES[OutageStarted]))
    if fact.ert or fact.next_update_at:
        facts = _expected(facts, Expected(fact.ert, fact.next_update_at), stamp(fact, fact.started_at))
    return _cause(facts, fact.cause, stamp(fact, fact.started_at))


def _reported(facts: Facts, fact: FaultReported) -> Facts:
    if fact.fault_side == "customer" or fact.meter_fault:
        return replace(facts, not_ours_at=latest(facts.not_ours_at, fact.reported_at))
    if says_nothing(fact.extent):
        return facts
    facts = replace(facts, ours=facts.ours or fact.fault_side == "utility")
    # The first report is when power went off; a later one adds nothing but, perhaps, a time.
    first = facts.report is None or stamp(fact, fact.reported_at) < stamp(facts.report, facts.report.reported_at)
    if first:
        facts = replace(facts, report=fact)
    facts = replace(facts, reported=extents.union([facts.reported, fact.extent]))
    return _expected(facts, Expected(fact.ert), stamp(fact, fact.reported_at, 1)) if fact.ert else facts


def _extent(facts: Facts, extent: Extent, stamp: Stamp) -> Facts:
    if says_nothing(extent) or (facts.extent_stamp is not None and facts.extent_stamp >= stamp):
        return facts
    later = tuple(step for step in facts.steps if step[0] >= stamp[0])
    return replace(facts, extent=extent, extent_stamp=stamp, steps=later)


def _expected(facts: Facts, expected: Expected, stamp: Stamp) -> Facts:
    if facts.expected_stamp is not None and facts.expected_stamp >= stamp:
        return facts
    return replace(facts, expected=expected, expected_stamp=stamp)


def _cause(facts: Facts, cause: str | None, stamp: Stamp) -> Facts:
    if not cause or (facts.cause_stamp is not None and facts.cause_stamp >= stamp):
        return facts
    return replace(facts, cause=cause, cause_stamp=stamp)


def latest(known: datetime | None, new: datetime) -> datetime:
    """The later of the two."""
    return new if known is None else max(known, new)
