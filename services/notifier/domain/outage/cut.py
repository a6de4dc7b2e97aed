"""Conclude the cut that an outage's facts speak of: whether power is off, since when, and what of it is over. Pure.

Facts of an earlier cut, and calls that nothing bears out, move nothing here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from schemas.contracts.base import Period
from schemas.contracts.restorations import RestorationConfirmed
from services.instants import is_over_at
from services.notifier.domain.outage.facts import FactRegisters, latest
from services.notifier.domain.outage.newness import is_later

Status = Literal["noticed", "withdrawn", "out", "part-restored", "restored"]


@dataclass(frozen=True, slots=True)
class Cut:
    """One cut: before it (noticed, withdrawn), in it (out, part-restored) or after it (restored)."""

    status: Status
    began: datetime | None = None
    """When power last went off, as far as facts say."""
    opened: datetime | None = None
    """The instant that a restoration must not lie before to count (opened_at)."""
    started_at: datetime | None = None
    """When it went off as people are told: not after power came back, though the report that bore it out may be."""
    restored_at: datetime | None = None
    """When all of it, or the part that came back last, was restored."""
    no_outage: bool = False
    """Dispatch says that there was none."""

    @property
    def dark(self) -> bool:
        """Whether power is off, at least for some."""
        return self.status in ("out", "part-restored")


def cut_of(facts: FactRegisters) -> Cut:
    """The cut as the facts show it now."""
    began, opened, over, part = begin(facts), opened_at(facts), facts.restored, facts.part
    if (none_at := withdrawn_at(facts)) is not None:
        notice = facts.notice
        anew = notice is not None and notice.published_at > none_at and not _is_withdrawn(facts)
        return Cut("noticed" if anew else "withdrawn", opened=opened, no_outage=not anew)
    if over is not None and not _is_taken_back(facts, over) and is_since(facts, over.restored_at, opened):
        since = began or over.started_at
        return Cut("restored", began, opened, min(since, over.restored_at) if since else None, over.restored_at)
    if began is None:
        gone = _is_withdrawn(facts) or (planned(facts) is None and is_none(facts))
        return Cut("withdrawn" if gone else "noticed", opened=opened)
    if part is not None and is_since(facts, part.restored_at, opened):
        return Cut("part-restored", began, opened, min(began, part.restored_at), part.restored_at)
    return Cut("out", began, opened, began)


def planned(facts: FactRegisters) -> Period | None:
    """The period that was noticed, or ordered."""
    if facts.notice is not None:
        return facts.notice.planned_period
    return facts.curtailment.planned_period if facts.curtailment else None


def begin(facts: FactRegisters) -> datetime | None:
    """When power last went off: start, report of a fault with its place, or reopening, whichever is latest."""
    called = facts.report.reported_at if facts.report and is_borne_out(facts) and not is_none(facts) else None
    start = facts.started.started_at if facts.started else called
    return start if facts.reopened_at is None else latest(start, facts.reopened_at)


def opened_at(facts: FactRegisters) -> datetime | None:
    """The start or reopening that a restoration must not lie before to count; None where only reports tell of the outage.

    Reports open nothing again: what the restorer confirms it has held against the first of them all, also those that customers'
    own faults or no place stand behind, and against what was only predicted.
    """
    start = facts.started.started_at if facts.started else None
    return start if facts.reopened_at is None else latest(start, facts.reopened_at)


def is_borne_out(facts: FactRegisters) -> bool:
    """Whether more than calls speaks for an outage: one call about one meter is told to nobody as the street's outage.

    Dispatch bears it out by starting it, by saying that the fault is the utility's, how far it reaches, when power is
    expected, what the cause was, that it is another thing or one with another; or by ending it, for who was
    told of it must hear of that.
    """
    named = (facts.extent, facts.expected, facts.cause, facts.reclassified, facts.merged)
    said = (facts.started, *named, facts.reopened_at, facts.part, facts.restored)
    return facts.ours or bool(facts.joined) or any(one is not None for one in said)


def is_none(facts: FactRegisters) -> bool:
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


def withdrawn_at(facts: FactRegisters) -> datetime | None:
    """When dispatch found that there was no outage; None where that does not hold.

    It takes back what was said up to then: a start or reopening of a later instant is power off all the same. Where power
    went off only after it, it does not count before somebody stands by it, as in the restorer.
    """
    none = facts.none
    if none is None:
        return None
    first, again = _first_said(facts), [facts.reopened_at] if facts.reopened_at else []
    at = none.withdrawn_at if none.confirms is None or first is None else max(none.withdrawn_at, first)
    if facts.started is not None and facts.started.started_at != first:
        again.append(facts.started.started_at)
    is_off_again = any(off >= at for off in again)
    return None if is_off_again or (first is not None and first > at) else at


def _first_said(facts: FactRegisters) -> datetime | None:
    """When there came to be something to withdraw: the first start, or with none the first report, or the order."""
    if facts.started is not None:
        return facts.first_at
    told = [facts.predicted.started_at] if facts.predicted else [facts.report.reported_at] if facts.report else []
    return max((*told, *([facts.curtailment.ordered_at] if facts.curtailment else [])), default=None)


def is_since(facts: FactRegisters, at: datetime, opened: datetime | None) -> bool:
    """Whether power back at that instant is of the cut that `opened`, and not of one before it."""
    return is_over_at(at, opened, facts.first_at, facts.reopened_at)


def missing_since(facts: FactRegisters, cut: Cut) -> datetime | None:
    """Since when its list lacks an outage of which power is off; None where it does not, or a claim of that was refused since."""
    return facts.absence.since(facts.disproved_at, cut.opened) if cut.dark else None


def _is_taken_back(facts: FactRegisters, over: RestorationConfirmed) -> bool:
    """Whether the restorer has since found that this restoration was not one; a later confirmation counts again."""
    back = facts.taken_back
    return back is not None and back.claimed_at == over.restored_at and not is_later(over, back)


def _is_withdrawn(facts: FactRegisters) -> bool:
    gone, notice = facts.withdrawn, facts.notice
    return gone is not None and notice is not None and gone.version >= notice.version
