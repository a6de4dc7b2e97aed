"""The latest truth about one outage: what follows from its facts (facts.py), for every customer alike.

An outage lies where its notice says until a fact names places, and a part of which nobody said what it leaves takes its own
places from what was known.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from schemas.contracts.base import Extent, OutageClass, Period
from schemas.contracts.notices import NoticeAmended
from schemas.contracts.restorations import RestorationConfirmed
from services.instants import is_over_at
from services.notifier.domain.outage.facts import NOWHERE, Expected, Facts, latest, unanswered
from services.notifier.domain.outage.newness import is_later
from services.places import extents
from services.places.extents import says_nothing

Status = Literal["noticed", "withdrawn", "out", "part-restored", "restored"]
# Work that begins so much before its notice is still the work that was noticed; its being early is told as a breach.
EARLY = timedelta(hours=2)
AT_WORK = frozenset({"assigned", "enroute", "arrived"})


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
    claimed: Extent = NOWHERE
    """Places of parts that dispatch says are back, not yet proven."""
    breaches: tuple[str, ...] = ()
    notice_id: str | None = None
    inform_by: datetime | None = None


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
        claimed=extents.union([places for at, places in unanswered(facts) if dark and _is_since(facts, at, opened)]),
        breaches=facts.breaches,
        notice_id=notice.notice_id if notice else None,
        inform_by=notice.inform_by if notice else None,
    )


_NOTICED = frozenset({"planned", "temporary", "curtailment"})


def begin(facts: Facts) -> datetime | None:
    """When power last went off: start, report of a fault with its place, or reopening, whichever is latest."""
    called = facts.report.reported_at if facts.report and _is_borne_out(facts) and not is_none(facts) else None
    start = facts.started.started_at if facts.started else called
    return start if facts.reopened_at is None else latest(start, facts.reopened_at)


def _opened(facts: Facts) -> datetime | None:
    """The start or reopening that a restoration must not lie before to count; None where only reports tell of the outage.

    Reports open nothing anew: what the restorer confirms it has held against the first of them all, also those that customers'
    own faults or no place stand behind, and against what was only predicted.
    """
    start = facts.started.started_at if facts.started else None
    return start if facts.reopened_at is None else latest(start, facts.reopened_at)


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
