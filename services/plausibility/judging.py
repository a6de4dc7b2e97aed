"""Judge what of a fact cannot be so, and why: a pure function of fact, known times, record time and figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from schemas.contracts.dispatch import (
    CauseCleared,
    ComplaintAnsweredV1,
    ComplaintReceivedV1,
    CrewStatus,
    CurtailmentOrdered,
    EnquiryAnswered,
    EnquiryReceived,
    ErtChanged,
    ExtentChanged,
    FaultReported,
    FieldFact,
    FollowupDone,
    FollowupUnreached,
    GuidanceGiven,
    MeterFault,
    MeterMended,
    OutageCorrected,
    OutageListedAgain,
    OutageMerged,
    OutageReclassified,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    SupplyPerhapsRestored,
    SupplyRestored,
)
from services.plausibility.figures import Figures

IN_THE_FUTURE = "happened-in-the-future"
TOO_FAR_BACK = "start-too-far-back"
ERT_TOO_FAR = "ert-too-far"
RESTORED_BEFORE = "restored-before-start"
ARRIVED_BEFORE = "arrived-before-report"
CLEARED_BEFORE = "cleared-before-start"
WITHDRAWN_BEFORE = "withdrawn-before-start"
AFTER_WITHDRAWAL = "said-after-withdrawal"
STILL_MISSING = "perhaps-restored-unanswered"
AFTER_MERGING = "withdrawn-after-merging"
AS_OF_RECORD = "taken-as-of-its-record"

# When it happened, by the fact's own word.
HAPPENED: Mapping[type[FieldFact], str] = {
    OutageStarted: "started_at",
    FaultReported: "reported_at",
    CurtailmentOrdered: "ordered_at",
    ExtentChanged: "changed_at",
    CrewStatus: "at",
    ErtChanged: "changed_at",
    CauseCleared: "cleared_at",
    SupplyRestored: "restored_at",
    SupplyPerhapsRestored: "missing_at",
    OutageListedAgain: "listed_at",
    OutageReopened: "reopened_at",
    OutageWithdrawn: "withdrawn_at",
    OutageMerged: "merged_at",
    OutageCorrected: "corrected_at",
    OutageReclassified: "reclassified_at",
    MeterFault: "found_at",
    MeterMended: "mended_at",
    GuidanceGiven: "given_at",
    EnquiryReceived: "received_at",
    EnquiryAnswered: "answered_at",
    ComplaintReceivedV1: "received_at",
    ComplaintAnsweredV1: "answered_at",
    FollowupDone: "done_at",
    FollowupUnreached: "tried_at",
}
BEGINS = (OutageStarted, FaultReported, OutageReopened)
EXPECTED = ("ert", "next_update_at")
ARRIVED = frozenset({"arrived", "fieldComplete"})


@dataclass(frozen=True, slots=True)
class Doubt:
    """What cannot be so: the field (as in the struct), what it says, and the instant that it does not fit."""

    reason: str
    field: str
    given: datetime
    against: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """What may be taken of a fact (None: nothing of it), and what cannot be so.

    With both, the rest of the fact is taken without the doubtful field. `note` names what was done to the fact otherwise.
    """

    fact: FieldFact | None
    doubt: Doubt | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class KnownTimes:
    """What else is known of the outage: when it began, and its first word of any kind (start or report)."""

    began_at: datetime | None = None
    first_at: datetime | None = None
    said_at: datetime | None = None
    """Since when there is something to withdraw: it began, or load was ordered to be shed."""


NOTHING_KNOWN = KnownTimes()


def judge(fact: FieldFact, known: KnownTimes, recorded_at: datetime, figures: Figures) -> Judgement:
    """What of `fact`, whose record came to the broker at `recorded_at`, can be so beside what is `known`."""
    name = HAPPENED[type(fact)]
    happened: datetime = getattr(fact, name)
    if happened > recorded_at + figures.ahead_most:
        return Judgement(None, Doubt(IN_THE_FUTURE, name, happened, recorded_at))
    note = None
    if happened > recorded_at + figures.ahead:
        fact, note = msgspec.structs.replace(fact, **{name: recorded_at}), AS_OF_RECORD
    earliest = recorded_at - figures.start_back
    if isinstance(fact, BEGINS) and happened < earliest:
        return Judgement(None, Doubt(TOO_FAR_BACK, name, happened, recorded_at))
    if isinstance(fact, CurtailmentOrdered) and fact.planned_period.start < earliest:
        return Judgement(None, Doubt(TOO_FAR_BACK, "planned_period", fact.planned_period.start, recorded_at))
    if isinstance(fact, OutageCorrected) and fact.started_at is not None:
        if fact.started_at > recorded_at + figures.ahead_most:
            return Judgement(None, Doubt(IN_THE_FUTURE, "started_at", fact.started_at, recorded_at))
        if fact.started_at < earliest:
            return Judgement(None, Doubt(TOO_FAR_BACK, "started_at", fact.started_at, recorded_at))
    contradiction = against(fact, known, figures)
    if contradiction is not None:
        return Judgement(None, contradiction)
    far = [*_too_far(fact, recorded_at, figures)]
    if far:
        rest = msgspec.structs.replace(fact, **{doubt.field: None for doubt in far})
        return Judgement(rest, far[0], note)
    return Judgement(fact, note=note)


def against(fact: FieldFact, known: KnownTimes, figures: Figures) -> Doubt | None:
    """What of `fact` contradicts the beginning of its outage; None where nothing does, or no beginning is known.

    Power cannot be back before it was off, by whatever skew of clocks: the one rule for all services is that such a
    restoration is not believed until somebody stands by it, and that it then counts as of the beginning. So it is with a
    withdrawal: said before power went off, it may have been meant of another time.
    """
    match fact:
        case SupplyRestored(test_energisation=False, restored_at=at) if known.began_at is not None:
            return Doubt(RESTORED_BEFORE, "restored_at", at, known.began_at) if at < known.began_at else None
        case CrewStatus(at=at, crew_status=status) if known.first_at is not None and status in ARRIVED:
            early = at < known.first_at - figures.early
            return Doubt(ARRIVED_BEFORE, "at", at, known.first_at) if early else None
        case CauseCleared(cleared_at=at) if known.first_at is not None:
            early = at < known.first_at - figures.early
            return Doubt(CLEARED_BEFORE, "cleared_at", at, known.first_at) if early else None
        case OutageWithdrawn(withdrawn_at=at) if known.said_at is not None:
            return Doubt(WITHDRAWN_BEFORE, "withdrawn_at", at, known.said_at) if at < known.said_at else None
        case _:
            return None


def _too_far(fact: Any, recorded_at: datetime, figures: Figures) -> Iterator[Doubt]:
    """Expected times that nobody can mean: a date in 2099 stands for "not known"."""
    for name in EXPECTED:
        expected: datetime | None = getattr(fact, name, None)
        if expected is not None and expected > recorded_at + figures.ert_ahead:
            yield Doubt(ERT_TOO_FAR, name, expected, recorded_at)
