"""When a fact is said to have happened, by its kind; a decision happens when it is decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from schemas.contracts import dispatch as d
from schemas.contracts import notices as n
from schemas.contracts import restorations as r

E = TypeVar("E")
Moment = Callable[[Any], datetime | None]


def _of(kind: type[E], moment: Callable[[E], datetime | None]) -> tuple[type, Moment]:
    return kind, moment


HAPPENED: Mapping[type, Moment] = dict(
    (
        _of(d.PlannedRequested, lambda e: e.requested_at),
        _of(d.PlannedAmended, lambda e: e.requested_at),
        _of(d.PlannedCancelled, lambda e: e.cancelled_at),
        _of(d.OutageStarted, lambda e: e.started_at),
        _of(d.FaultReported, lambda e: e.reported_at),
        _of(d.CurtailmentOrdered, lambda e: e.ordered_at),
        _of(d.ExtentChanged, lambda e: e.changed_at),
        _of(d.CrewStatus, lambda e: e.at),
        _of(d.ErtChanged, lambda e: e.changed_at),
        _of(d.CauseCleared, lambda e: e.cleared_at),
        _of(d.SupplyRestored, lambda e: e.restored_at),
        _of(d.SupplyPerhapsRestored, lambda e: e.missing_at),
        _of(d.OutageListedAgain, lambda e: e.listed_at),
        _of(d.OutageReopened, lambda e: e.reopened_at),
        _of(d.OutageWithdrawn, lambda e: e.withdrawn_at),
        _of(d.OutageMerged, lambda e: e.merged_at),
        _of(d.OutageCorrected, lambda e: e.corrected_at),
        _of(d.OutageReclassified, lambda e: e.reclassified_at),
        _of(d.MeterFault, lambda e: e.found_at),
        _of(d.MeterMended, lambda e: e.mended_at),
        _of(d.NoticeShown, lambda e: e.shown_at),
        _of(d.NoticeUnreadable, lambda e: e.since),
        _of(d.EnquiryReceived, lambda e: e.received_at),
        _of(d.EnquiryAnswered, lambda e: e.answered_at),
        _of(d.EnquiryAsked, lambda e: e.received_at),
        _of(d.EnquiryExplained, lambda e: e.answered_at),
        _of(d.ComplaintReceivedV1, lambda e: e.received_at),
        _of(d.ComplaintAnsweredV1, lambda e: e.answered_at),
        _of(d.ComplaintReceived, lambda e: e.received_at),
        _of(d.ComplaintAnswered, lambda e: e.answered_at),
        _of(d.ComplaintWithdrawn, lambda e: e.withdrawn_at),
        _of(d.GuidanceGiven, lambda e: e.given_at),
        _of(d.CallsAnswered, lambda e: e.hour),
        _of(d.FollowupDone, lambda e: e.done_at),
        _of(d.FollowupUnreached, lambda e: e.tried_at),
        _of(n.NoticePublished, lambda e: e.published_at),
        _of(n.NoticeAmended, lambda e: e.published_at),
        _of(n.NoticeWithdrawn, lambda e: e.withdrawn_at),
        _of(n.NoticeDeadlineMoved, lambda e: e.at),
        _of(n.NoticeBreached, lambda e: e.at),
        _of(n.NoticeClosed, lambda e: e.started_at or e.restored_at),
        _of(r.RestorationPart, lambda e: e.restored_at),
        _of(r.RestorationConfirmed, lambda e: e.started_at or e.restored_at),
        _of(r.RestorationChecked, lambda e: e.checked_at),
        _of(r.RestorationRefused, lambda e: e.claimed_at),
    )
)


def happened_at(event: object) -> datetime | None:
    """The instant; None for what is no fact, or says no time of its own."""
    moment = HAPPENED.get(type(event))
    return moment(event) if moment else None
