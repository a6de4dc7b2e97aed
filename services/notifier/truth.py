"""The latest truth about one outage, whatever order its facts came in.

Each kind of fact has a register that keeps the newest by the fact's own instant (not by arrival), so that any
permutation of the same facts ends in the same truth.

An empty list says nothing, in every fact: an outage lies where its notice says until a fact names places, and a part of
which nobody said what it leaves takes its own places from what was known.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from schemas.base import Extent, OutageClass, Period
from schemas.dispatch import (
    CauseCleared,
    CrewStatus,
    CurtailmentOrdered,
    ErtChanged,
    ExtentChanged,
    FaultReported,
    FieldFact,
    OutageReopened,
    OutageStarted,
    SupplyRestored,
)
from schemas.notices import NoticeAmended, NoticeBreached, NoticeDeadlineMoved, NoticePublished, NoticeWithdrawn
from schemas.restorations import RestorationConfirmed, RestorationPart, RestorationRefused
from services.instants import PLACES, is_over_at
from services.notifier.newness import Stamp, is_later, is_newer_notice, stamp, text
from services.places import extents
from services.places.extents import says_nothing
from services.plausibility.judging import EXPECTED, HAPPENED

Status = Literal["noticed", "withdrawn", "out", "part-restored", "restored"]
NOWHERE = Extent()
KEPT_STEPS = 50
# Work that begins so much before its notice is still the work that was noticed; its being early is told as a breach.
EARLY = timedelta(hours=2)
AT_WORK = frozenset({"assigned", "enroute", "arrived"})


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
    refused_at: datetime | None = None
    taken_back: RestorationRefused | None = None
    breaches: tuple[str, ...] = ()
    vouched: datetime | None = None
    """The latest instant of a fact that somebody stands by, however far it lies beyond its record."""


@dataclass(frozen=True)
class Truth:
    """What follows from the facts, the same for every customer the outage touches. Instants aware, any offset."""

    outage_class: OutageClass
    status: Status
    extent: Extent
    planned_period: Period | None = None
    previous_period: Period | None = None
    started_at: datetime | None = None
    ert: datetime | None = None
    next_update_at: datetime | None = None
    restored_at: datetime | None = None
    crew_assigned: bool = False
    cause: str | None = None
    proof_pending: bool = False
    breaches: tuple[str, ...] = ()
    notice_id: str | None = None
    inform_by: datetime | None = None


def learn(facts: Facts, fact: object) -> Facts:
    """The facts with one more; the same object where it says nothing newer."""
    if isinstance(fact, FieldFact) and fact.confirms is not None:
        told = (getattr(fact, name, None) for name in (HAPPENED[type(fact)], *EXPECTED))
        facts = replace(facts, vouched=max(filter(None, (facts.vouched, *told)), default=None))
    match fact:
        case NoticePublished() | NoticeAmended():
            if is_newer_notice(fact, facts.noticed) and not says_nothing(fact.extent):
                facts = replace(facts, noticed=fact)
            return replace(facts, notice=fact) if is_newer_notice(fact, facts.notice) else facts
        case NoticeWithdrawn():
            known = facts.withdrawn
            newer = known is None or (fact.version, text(fact)) > (known.version, text(known))
            return replace(facts, withdrawn=fact) if newer else facts
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
            if fact.scope == "part" or fact.test_energisation:
                return facts
            return replace(facts, claimed_at=_latest(facts.claimed_at, fact.restored_at))
        case RestorationRefused():
            facts = replace(facts, refused_at=_latest(facts.refused_at, fact.claimed_at))
            known_back = facts.taken_back
            newer = fact.decided_at is not None and (known_back is None or is_later(fact, known_back))
            return replace(facts, taken_back=fact) if fact.reason == TAKEN_BACK and newer else facts
        case OutageReopened():
            facts = replace(facts, reopened_at=_latest(facts.reopened_at, fact.reopened_at))
            return _expected(facts, Expected(fact.ert), stamp(fact, fact.reopened_at, 1))
        case RestorationPart():
            return _parted(facts, fact)
        case RestorationConfirmed():
            known_end = facts.restored
            newer = known_end is None or is_later(fact, known_end)
            return replace(facts, restored=fact) if newer else facts
        case _:
            return facts


def truth(facts: Facts) -> Truth | None:
    """What is so now; None while nothing says what outage this is (facts are held until something does)."""
    outage_class = _class(facts)
    if outage_class is None:
        return None
    planned = _planned(facts)
    began = begin(facts)
    over = facts.restored
    opened = _opened(facts)
    part = facts.part if facts.part and _is_since(facts, facts.part.restored_at, opened) else None
    status: Status
    if over is not None and not _is_taken_back(facts, over) and _is_since(facts, over.restored_at, opened):
        status = "restored"
    elif began is not None:
        status = "part-restored" if part else "out"
    else:
        gone = _is_withdrawn(facts) or (planned is None and is_none(facts))
        status = "withdrawn" if gone else "noticed"
    dark = status in ("out", "part-restored")
    restored_at = over.restored_at if status == "restored" and over else part.restored_at if dark and part else None
    since = began or (over.started_at if over and status == "restored" else None)
    if since is not None and restored_at is not None:
        since = min(since, restored_at)  # the report that bore it out may be from after power was back
    noticed = planned is not None and outage_class in _NOTICED and (began is None or as_noticed(began, planned))
    expected = facts.expected or Expected(planned.end if planned is not None and noticed else None)
    # A time that lies before the power (last) went off was said of an earlier cut.
    ert = expected.ert if dark and expected.ert and (began is None or expected.ert > began) else None
    notice = facts.notice
    return Truth(
        outage_class=outage_class,
        status=status,
        extent=_where(facts, began, opened),
        planned_period=planned,
        previous_period=notice.previous_period if isinstance(notice, NoticeAmended) else None,
        started_at=since,
        ert=ert,
        next_update_at=expected.next_update_at if dark else None,
        restored_at=restored_at,
        crew_assigned=dark and facts.crew is not None and facts.crew.crew_status in AT_WORK,
        cause=facts.cause,
        proof_pending=dark and _is_claimed(facts, opened),
        breaches=facts.breaches,
        notice_id=notice.notice_id if notice else None,
        inform_by=notice.inform_by if notice else None,
    )


_NOTICED = frozenset({"planned", "temporary", "curtailment"})


def begin(facts: Facts) -> datetime | None:
    """When power last went off: start, report of a fault with its place, or reopening, whichever is latest."""
    called = facts.report.reported_at if facts.report and _is_borne_out(facts) and not is_none(facts) else None
    start = facts.started.started_at if facts.started else called
    return start if facts.reopened_at is None else _latest(start, facts.reopened_at)


def _opened(facts: Facts) -> datetime | None:
    """The start or reopening that a restoration must not lie before to count; None where only reports tell of the outage.

    Reports open nothing anew: what the restorer confirms it has held against the first of them all, also those that customers'
    own faults or no place stand behind, and against what was only predicted.
    """
    start = facts.started.started_at if facts.started else None
    return start if facts.reopened_at is None else _latest(start, facts.reopened_at)


def _is_borne_out(facts: Facts) -> bool:
    """Whether more than calls speaks for an outage: one call about one meter is told to nobody as the street's outage.

    Dispatch bears it out by starting it, by saying that the fault is the utility's, how far it reaches, when power is
    expected, what the cause was; or by ending it, for who was told of it must hear of that.
    """
    said = (facts.started, facts.extent, facts.expected, facts.cause, facts.reopened_at, facts.part, facts.restored)
    return facts.ours or any(one is not None for one in said)


def is_none(facts: Facts) -> bool:
    """Whether what was reported turned out to be no outage: a meter, or somebody's own installation.

    One that dispatch has started is not ended by it, nor one that was since said to reach somewhere: one of those who are
    out may have a fault of their own beside it. One word that the fault is the utility's outweighs any that it is the
    customer's, as in the restorer's promises.
    """
    report, end = facts.report, facts.not_ours_at
    if facts.started is not None or facts.ours or report is None or end is None:
        return False
    reaches_at = facts.extent_stamp[0] if facts.extent_stamp else end
    return end >= max(report.reported_at, reaches_at)


def as_noticed(began: datetime, noticed: Period) -> bool:
    """Whether a cut that began then is the one noticed for that period: what goes off days before is another story."""
    return began >= noticed.start - EARLY


def _is_since(facts: Facts, at: datetime, opened: datetime | None) -> bool:
    """Whether power back at that instant is of the cut that `opened`, and not of one before it."""
    return is_over_at(at, opened, facts.first_at, facts.reopened_at)


def _is_taken_back(facts: Facts, over: RestorationConfirmed) -> bool:
    """Whether the restorer has since found that this restoration was not one; a later confirmation counts again."""
    back = facts.taken_back
    return back is not None and back.claimed_at == over.restored_at and not is_later(over, back)


def _class(facts: Facts) -> OutageClass | None:
    if facts.started is not None:
        return facts.started.outage_class
    if facts.report is not None and _is_borne_out(facts):
        return "fault"
    if facts.notice is not None:
        return facts.notice.outage_class
    return "curtailment" if facts.curtailment is not None else None


def _planned(facts: Facts) -> Period | None:
    if facts.notice is not None:
        return facts.notice.planned_period
    return facts.curtailment.planned_period if facts.curtailment else None


def _is_withdrawn(facts: Facts) -> bool:
    gone, notice = facts.withdrawn, facts.notice
    return gone is not None and notice is not None and gone.version >= notice.version


def _is_claimed(facts: Facts, opened: datetime | None) -> bool:
    claimed, refused = facts.claimed_at, facts.refused_at
    return claimed is not None and (refused is None or refused < claimed) and _is_since(facts, claimed, opened)


def _where(facts: Facts, began: datetime | None, opened: datetime | None) -> Extent:
    noticed = facts.noticed.extent if facts.noticed else facts.notice.extent if facts.notice else NOWHERE
    if began is None:
        return noticed if facts.notice else facts.extent or NOWHERE
    known, since = facts.extent, facts.extent_stamp[0] if facts.extent_stamp else None
    if known is None and facts.foretold is not None:
        known = facts.foretold.extent
    if known is None:
        # Reports only show where somebody is dark; they count until dispatch says how far the outage reaches.
        known = facts.reported if facts.notice is None else extents.union([noticed, facts.reported])
    left = facts.placed
    if says_nothing(known) and left is not None and _is_since(facts, left.restored_at, opened):
        known, since = left.remaining, left.restored_at
    # What a part leaves is said as far as the restorer knew the extent then: power is back only where it was restored.
    for at, restored in facts.steps:
        if _is_since(facts, at, opened) and (since is None or at >= since):
            known = extents.minus(known, restored)
    return known


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
        return replace(facts, not_ours_at=_latest(facts.not_ours_at, fact.reported_at))
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


def _latest(known: datetime | None, new: datetime) -> datetime:
    return new if known is None else max(known, new)
