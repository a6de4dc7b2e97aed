"""Take one fact into what is known of an outage (facts.py): each kind moves its own registers, by its own instant."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    CauseCleared,
    CrewStatus,
    CurtailmentOrdered,
    ErtChanged,
    ExtentChanged,
    FaultReported,
    MeterFault,
    OutageCorrected,
    OutageListedAgain,
    OutageReclassified,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    SupplyPerhapsRestored,
    SupplyRestored,
)
from schemas.contracts.notices import (
    NoticeAmended,
    NoticeBreached,
    NoticeDeadlineMoved,
    NoticePublished,
    NoticeWithdrawn,
)
from schemas.contracts.restorations import (
    FactRefused,
    MergeConfirmed,
    RestorationChecked,
    RestorationConfirmed,
    RestorationPart,
    RestorationRefused,
)
from services.instants import PLACES, is_stood_by
from services.merging.words import is_of_survivor
from services.notifier.domain.outage.absence import AbsenceAsked
from services.notifier.domain.outage.facts import Expected, FactRegisters, PartBack, latest, unanswered
from services.notifier.domain.outage.joined import TruthJoins, with_joined
from services.notifier.domain.outage.newness import Stamp, is_later, is_newer_notice, stamp, text
from services.places import extents
from services.places.extents import says_nothing
from services.plausibility.judging import EXPECTED, HAPPENED

KEPT_STEPS = 50
# Parts said to be back that wait for proof at one time; of more than these the newest count.
KEPT_CLAIMS = 5
# The restorer's words for a confirmation, and for a part, that a late fact overturned.
TAKEN_BACK = "restoration-taken-back"
PART_TAKEN_BACK = "part-taken-back"


def learn(facts: FactRegisters, fact: object) -> FactRegisters:
    """The facts with one more; the same object where it says nothing newer, or speaks of the outage as which this one goes on."""
    if facts.merged is not None and is_of_survivor(fact, facts.merged.merged_at):
        return facts
    if is_stood_by(fact):
        told = (getattr(fact, name, None) for name in (HAPPENED[type(fact)], *EXPECTED))
        facts = replace(facts, vouched=max(filter(None, (facts.vouched, *told)), default=None))
    take = _TAKEN.get(type(fact))
    return facts if take is None else take(facts, fact)


def _noticed(facts: FactRegisters, fact: NoticePublished | NoticeAmended) -> FactRegisters:
    if is_newer_notice(fact, facts.noticed) and not says_nothing(fact.extent):
        facts = replace(facts, noticed=fact)
    return replace(facts, notice=fact) if is_newer_notice(fact, facts.notice) else facts


def _withdrawn(facts: FactRegisters, fact: NoticeWithdrawn) -> FactRegisters:
    return replace(facts, withdrawn=fact) if is_newer_notice(fact, facts.withdrawn) else facts


def _deadline_moved(facts: FactRegisters, fact: NoticeDeadlineMoved) -> FactRegisters:
    notice = facts.notice
    if notice is None or notice.version != fact.version or notice.inform_by == fact.inform_by:
        return facts
    by, rule, warn_at = fact.inform_by, fact.inform_rule, fact.inform_warn_at
    moved = msgspec.structs.replace(
        notice,
        inform_by=by,
        inform_rule=rule,
        inform_warn_at=warn_at,
        inform_warn_again_at=fact.inform_warn_again_at,
    )
    return replace(facts, notice=moved)


def _breached(facts: FactRegisters, fact: NoticeBreached) -> FactRegisters:
    if fact.kind in facts.breaches:
        return facts
    return replace(facts, breaches=tuple(sorted({*facts.breaches, fact.kind})))


def _ordered(facts: FactRegisters, fact: CurtailmentOrdered) -> FactRegisters:
    known = facts.curtailment
    if known is None or stamp(known, known.ordered_at) < stamp(fact, fact.ordered_at):
        facts = replace(facts, curtailment=fact)
    # An older order may say where, and a newer one leave it out, whichever comes first.
    return _extent(facts, fact.extent, stamp(fact, fact.ordered_at, PLACES[CurtailmentOrdered]))


def _widened(facts: FactRegisters, fact: ExtentChanged) -> FactRegisters:
    return _extent(facts, fact.extent, stamp(fact, fact.changed_at, PLACES[ExtentChanged]))


def _expected_anew(facts: FactRegisters, fact: ErtChanged) -> FactRegisters:
    low = fact.ert is not None and fact.ert_confidence == "low"
    return _expected(facts, Expected(fact.ert, fact.next_update_at, low), stamp(fact, fact.changed_at, 2))


def _crew_moved(facts: FactRegisters, fact: CrewStatus) -> FactRegisters:
    newer = facts.crew is None or stamp(fact, fact.at) > stamp(facts.crew, facts.crew.at)
    return replace(facts, crew=fact) if newer else facts


def _cleared(facts: FactRegisters, fact: CauseCleared) -> FactRegisters:
    return _cause(facts, fact.cause, stamp(fact, fact.cleared_at, 1))


def _claimed(facts: FactRegisters, fact: SupplyRestored) -> FactRegisters:
    """Dispatch says that power is back: a hint, until the restorer has said so."""
    if fact.test_energisation:
        return facts
    if fact.scope == "part":
        return _part_claimed(facts, fact)
    return replace(facts, claimed_at=latest(facts.claimed_at, fact.restored_at))


def _missed(facts: FactRegisters, fact: SupplyPerhapsRestored | OutageListedAgain | FactRefused) -> FactRegisters:
    absence = facts.absence.hear(fact)
    return facts if absence is facts.absence else replace(facts, absence=absence)


def _asked(facts: FactRegisters, asked: AbsenceAsked) -> FactRegisters:
    return replace(facts, asked_for=latest(facts.asked_for, asked.missing_at))


def _refused(facts: FactRegisters, fact: RestorationRefused) -> FactRegisters:
    facts = replace(facts, refused_at=latest(facts.refused_at, fact.claimed_at))
    if fact.reason == PART_TAKEN_BACK and fact.step is not None:
        undone = tuple(sorted({*facts.steps_undone, fact.step}))
        facts = replace(facts, steps=_without(facts.steps, undone), steps_undone=undone)
    if fact.reason != PART_TAKEN_BACK:
        facts = replace(facts, disproved_at=latest(facts.disproved_at, fact.claimed_at))
    known = facts.taken_back
    newer = fact.decided_at is not None and (known is None or is_later(fact, known))
    return replace(facts, taken_back=fact) if fact.reason == TAKEN_BACK and newer else facts


def _reopened(facts: FactRegisters, fact: OutageReopened) -> FactRegisters:
    facts = replace(facts, reopened_at=latest(facts.reopened_at, fact.reopened_at))
    return _expected(facts, Expected(fact.ert), stamp(fact, fact.reopened_at, 1))


def _none(facts: FactRegisters, fact: OutageWithdrawn) -> FactRegisters:
    known = facts.none
    newer = known is None or stamp(known, known.withdrawn_at) < stamp(fact, fact.withdrawn_at)
    return replace(facts, none=fact) if newer else facts


def _corrected(facts: FactRegisters, fact: OutageCorrected) -> FactRegisters:
    def newer(known: OutageCorrected | None) -> bool:
        return known is None or stamp(known, known.corrected_at) < stamp(fact, fact.corrected_at)

    if fact.started_at is not None and newer(facts.corrected):
        facts = replace(facts, corrected=fact)
    if fact.cause and newer(facts.cause_corrected):
        facts = replace(facts, cause_corrected=fact)
    return _cause(facts, fact.cause, stamp(fact, fact.corrected_at, 2))


def _reclassified(facts: FactRegisters, fact: OutageReclassified) -> FactRegisters:
    known = facts.reclassified
    newer = known is None or stamp(known, known.reclassified_at) < stamp(fact, fact.reclassified_at)
    return replace(facts, reclassified=fact) if newer else facts


def _confirmed(facts: FactRegisters, fact: RestorationConfirmed) -> FactRegisters:
    newer = facts.restored is None or is_later(fact, facts.restored)
    return replace(facts, restored=fact) if newer else facts


def _merged(facts: FactRegisters, fact: MergeConfirmed) -> FactRegisters:
    return facts if facts.merged is not None else replace(facts, merged=fact)


def _joins(facts: FactRegisters, fact: TruthJoins) -> FactRegisters:
    joined = with_joined(facts.joined, fact)
    return facts if joined == facts.joined else replace(facts, joined=joined)


def _step_at(step: PartBack) -> datetime:
    return step.at


def _without(steps: Iterable[PartBack], undone: Collection[int]) -> tuple[PartBack, ...]:
    return tuple(step for step in steps if step.step not in undone)


def _parted(facts: FactRegisters, fact: RestorationPart) -> FactRegisters:
    def newer(known: RestorationPart | None) -> bool:
        return known is None or stamp(fact, fact.restored_at, fact.step) > stamp(known, known.restored_at, known.step)

    if newer(facts.part):
        facts = replace(facts, part=fact)
    if not says_nothing(fact.remaining) and newer(facts.placed):
        facts = replace(facts, placed=fact)
    step, worded = PartBack(fact.restored_at, fact.restored, fact.step), facts.extent_stamp
    if step in facts.steps or fact.step in facts.steps_undone or (worded is not None and fact.restored_at < worded[0]):
        return facts
    # Sorted by instant alone: what comes off an extent comes off in any order, and each may have a megabyte.
    steps = sorted((*facts.steps, step), key=_step_at)
    if len(steps) > KEPT_STEPS:
        # Of two as one the earlier instant counts: rather told dark for too long than back too soon.
        steps[:2] = [PartBack(steps[0].at, extents.union([steps[0].places, steps[1].places]), 0)]
    return replace(facts, steps=tuple(steps))


def _part_claimed(facts: FactRegisters, fact: SupplyRestored) -> FactRegisters:
    if says_nothing(fact.extent):
        return facts
    claims = {(fact.restored_at, fact.extent), *unanswered(facts)}
    return replace(facts, part_claims=tuple(sorted(claims, key=lambda one: (one[0], text(one[1])))[-KEPT_CLAIMS:]))


def _started(facts: FactRegisters, fact: OutageStarted) -> FactRegisters:
    known = facts.started if fact.confirmed else facts.predicted
    told = facts.foretold
    if not (fact.confirmed or says_nothing(fact.extent)) and (
        told is None or stamp(told, told.started_at) < stamp(fact, fact.started_at)
    ):
        facts = replace(facts, foretold=fact)
    newer = known is None or stamp(known, known.started_at) < stamp(fact, fact.started_at)
    if not fact.confirmed:
        return replace(facts, predicted=fact) if newer else facts
    if newer:
        facts = replace(facts, started=fact)
    # An older start may say what a newer one leaves out, whichever comes first.
    facts = _start_placed(facts, fact)
    if fact.ert or fact.next_update_at:
        facts = _expected(facts, Expected(fact.ert, fact.next_update_at), stamp(fact, fact.started_at))
    return _cause(facts, fact.cause, stamp(fact, fact.started_at))


def _start_placed(facts: FactRegisters, fact: OutageStarted) -> FactRegisters:
    """The first start of all keeps its places apart from other words on them: it may be moved among these (as_corrected)."""
    place = stamp(fact, fact.started_at, PLACES[OutageStarted])
    if facts.first_at is not None and facts.first_at < fact.started_at:
        return _extent(facts, fact.extent, place)
    if facts.first_at is None or fact.started_at < facts.first_at:
        first, facts = facts.first_extent, replace(facts, first_at=fact.started_at, first_extent=None)
        facts = facts if first is None else _extent(facts, *first)
    known = facts.first_extent
    if says_nothing(fact.extent) or (known is not None and known[1] >= place):
        return facts
    return replace(facts, first_extent=(fact.extent, place))


def _reported(facts: FactRegisters, fact: FaultReported) -> FactRegisters:
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


def _meter_at_fault(facts: FactRegisters, fact: MeterFault) -> FactRegisters:
    """What was reported under this mRID is a meter, and no outage."""
    return replace(facts, not_ours_at=latest(facts.not_ours_at, fact.found_at))


def _checked(facts: FactRegisters, fact: RestorationChecked) -> FactRegisters:
    known = facts.checked
    return replace(facts, checked=fact) if known is None or known.number < fact.number else facts


def _extent(facts: FactRegisters, extent: Extent, stamp: Stamp) -> FactRegisters:
    if says_nothing(extent) or (facts.extent_stamp is not None and facts.extent_stamp >= stamp):
        return facts
    later = tuple(step for step in facts.steps if step.at >= stamp[0])
    return replace(facts, extent=extent, extent_stamp=stamp, steps=later)


def _expected(facts: FactRegisters, expected: Expected, stamp: Stamp) -> FactRegisters:
    if facts.expected_stamp is not None and facts.expected_stamp >= stamp:
        return facts
    return replace(facts, expected=expected, expected_stamp=stamp)


def _cause(facts: FactRegisters, cause: str | None, stamp: Stamp) -> FactRegisters:
    if not cause or (facts.cause_stamp is not None and facts.cause_stamp >= stamp):
        return facts
    return replace(facts, cause=cause, cause_stamp=stamp)


_TAKEN: Mapping[type, Callable[[FactRegisters, Any], FactRegisters]] = {
    NoticePublished: _noticed,
    NoticeAmended: _noticed,
    NoticeWithdrawn: _withdrawn,
    NoticeDeadlineMoved: _deadline_moved,
    NoticeBreached: _breached,
    CurtailmentOrdered: _ordered,
    OutageStarted: _started,
    FaultReported: _reported,
    ExtentChanged: _widened,
    ErtChanged: _expected_anew,
    CrewStatus: _crew_moved,
    CauseCleared: _cleared,
    SupplyRestored: _claimed,
    SupplyPerhapsRestored: _missed,
    OutageListedAgain: _missed,
    FactRefused: _missed,
    AbsenceAsked: _asked,
    OutageReopened: _reopened,
    OutageWithdrawn: _none,
    OutageCorrected: _corrected,
    OutageReclassified: _reclassified,
    RestorationPart: _parted,
    RestorationConfirmed: _confirmed,
    RestorationChecked: _checked,
    MeterFault: _meter_at_fault,
    RestorationRefused: _refused,
    MergeConfirmed: _merged,
    TruthJoins: _joins,
}
"""What each kind of fact moves; one that is not here is no fact for customers."""
