"""One outage as people and audits see it: a JSON object, the same whenever the log is replayed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from schemas.dispatch import (
    ComplaintAnswered,
    ComplaintReceived,
    CrewStatus,
    EnquiryAnswered,
    EnquiryReceived,
    ErtChanged,
    FaultReported,
    FollowupDone,
    FollowupUnreached,
    OutageReopened,
    OutageStarted,
    PlannedAmended,
    PlannedRequested,
)
from schemas.registry import TYPE_OF
from services.places.extents import says_nothing
from services.restorer.announcements import warnings_of
from services.restorer.lifecycle import Course, course_of
from services.restorer.obligations import reported
from services.restorer.state import State

CREW_ORDER = ("awaitingCrewAssignment", "assigned", "enroute", "arrived", "fieldComplete")


class Word(NamedTuple):
    """What was said about the expected time, and when; ert None: not known (any more)."""

    at: datetime
    ert: datetime | None
    next_update_at: datetime | None = None
    source: str | None = None
    confidence: str | None = None


def words(state: State) -> list[Word]:
    """All that was said about the expected time, by the instant of saying it."""

    def said() -> Iterator[Word]:
        for start, _ in state.of(OutageStarted):
            if start.ert is not None or start.next_update_at is not None:
                yield Word(start.started_at, start.ert, start.next_update_at)
        for report, _ in state.of(FaultReported):
            if report.ert is not None:
                yield Word(report.reported_at, report.ert)
        for change, _ in state.of(ErtChanged):
            yield Word(change.changed_at, change.ert, change.next_update_at, change.ert_source, change.ert_confidence)
        for again, _ in state.of(OutageReopened):
            yield Word(again.reopened_at, again.ert)  # what was expected before it went off again holds no more

    return sorted(said(), key=lambda word: (word.at, repr(word)))


def view_of(state: State) -> dict[str, Any]:
    """The outage as a JSON object (instants as RFC 3339 in UTC)."""
    course = course_of(state)
    episode = course.now
    cleared = episode.cleared or episode.ended
    said = words(state)
    told: dict[str, Any] = {
        "mRID": state.mrid,
        "status": course.status,
        "outageClass": course.outage_class,
        "extent": course.extent,
        "remaining": course.remaining,
        "startedAt": course.started.at if course.started is not None else None,
        "reportedAt": min((report.reported_at for report, _ in state.of(FaultReported)), default=None),
        "ert": said[-1].ert if said else None,
        "nextUpdateAt": said[-1].next_update_at if said else None,
        "ertChanges": sum(one.ert != other.ert for one, other in pairwise(said)),
        "ertHistory": [_word(word) for word in said],
        "causeClearedAt": cleared.at if cleared is not None else None,
        "causeClearedImplied": episode.cleared is None and episode.ended is not None,
        "restoredAt": episode.ended.at if episode.ended is not None else None,
        "closedAt": state.closed_at if course.status == "closed" else None,
        "crewStatus": _crew(state, course),
        "episodes": _episodes(course),
        "steps": _steps(course),
        "promises": _promises(state),
        "followups": _followups(state),
        "enquiries": {"received": len(state.of(EnquiryReceived)), "answered": len(state.of(EnquiryAnswered))},
        "complaints": {"received": len(state.of(ComplaintReceived)), "answered": len(state.of(ComplaintAnswered))},
        "refusals": _refusals(state),
        "warnings": _warnings(state, course),
        "heldFacts": [] if course.known else _held(state),
    }
    # Through JSON and back, so that what is shown is what can be stored: lists, not tuples.
    view: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told))
    return view


def _warnings(state: State, course: Course) -> list[str]:
    found = list(warnings_of(course))
    if course.known and says_nothing(course.extent):
        found.append("extent-not-known")
    if reported(state).unexplained:
        found.append("extraordinary-without-reason")
    return found


def _word(word: Word) -> dict[str, Any]:
    return {
        "at": word.at,
        "ert": word.ert,
        "nextUpdateAt": word.next_update_at,
        "source": word.source,
        "confidence": word.confidence,
    }


def _crew(state: State, course: Course) -> str | None:
    """The latest word on the crew in the present episode."""
    began = course.now.began
    known = [
        (crew.at, CREW_ORDER.index(crew.crew_status))
        for crew, _ in state.of(CrewStatus)
        if began is None or crew.at >= began.at
    ]
    return CREW_ORDER[max(known)[1]] if known else None


def _episodes(course: Course) -> list[dict[str, Any]]:
    return [
        {
            "number": episode.number,
            "began": episode.began.at if episode.began is not None else _at(course),
            "restoredAt": episode.ended.at if episode.ended is not None else None,
            "how": episode.how,
        }
        for episode in course.episodes
    ]


def _at(course: Course) -> datetime | None:
    return course.started.at if course.started is not None else None


def _steps(course: Course) -> list[dict[str, Any]]:
    return [
        {
            "episode": episode.number,
            "step": number,
            "restoredAt": step.at.at,
            "restored": step.restored,
            "remaining": step.remaining,
        }
        for episode in course.episodes
        for number, step in enumerate(episode.steps, start=1)
    ]


def _promises(state: State) -> list[dict[str, Any]]:
    return [
        {
            "promiseId": record.promise_id,
            "ruleId": record.rule.rule_id,
            "measuredFrom": record.measured_from,
            "dueAt": record.due_at,
            "atRiskAt": record.at_risk_at,
            "state": "atRisk" if record.standing == "open" and record.at_risk else record.standing,
            "reason": record.reason,
            "corrections": record.corrections,
            "unproven": record.unproven,
            "verified": record.rule.verified,
        }
        for record in state.promises.values()
    ]


def _followups(state: State) -> list[dict[str, Any]]:
    done = {word.report_id: word.outcome for word, _ in state.of(FollowupDone)}
    tries = [word.report_id for word, _ in state.of(FollowupUnreached)]
    return [
        {
            "reportId": report_id,
            "due": report_id in state.followups,
            "outcome": done.get(report_id),
            "unreached": tries.count(report_id),
        }
        for report_id in sorted(state.followups | {r for r in (*done, *tries) if r is not None})
    ]


def _refusals(state: State) -> list[dict[str, Any]]:
    return [{"claimedAt": at, "reason": why} for at, why in sorted(state.refused)]


def _held(state: State) -> list[dict[str, Any]]:
    """Facts of an outage that no fact has made known yet; a plan waits for nothing."""
    return [
        {"type": TYPE_OF[kind], "cause": cause}
        for kind, facts in state.facts.items()
        if kind not in (PlannedRequested, PlannedAmended)
        for cause in facts.values()
    ]
