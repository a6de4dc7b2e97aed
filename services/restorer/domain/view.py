"""Show one outage to people and audits: a JSON object, the same whenever the log is replayed."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.dispatch import (
    CrewStatus,
    EnquiryAnswered,
    EnquiryReceived,
    MeterFault,
    MeterMended,
    PlannedAmended,
    PlannedRequested,
)
from services.places.extents import says_nothing
from services.promises import episode_of, shown_in_full
from services.restorer.domain.announcements import warnings_of
from services.restorer.domain.callers.chatter import ExpectedTime
from services.restorer.domain.course.absence import missing_since
from services.restorer.domain.course.cause import confirmed_cause
from services.restorer.domain.course.durations import point_minutes
from services.restorer.domain.course.territory import known
from services.restorer.domain.episodes import RestorationStep
from services.restorer.domain.figures.outage import figures_of
from services.restorer.domain.lifecycle import Course, course_of, latest_plan
from services.restorer.domain.merging.judging import waiting
from services.restorer.domain.owed.excuses import reported
from services.restorer.domain.owed.said_times import is_time
from services.restorer.domain.state import SupplyState

CREW_ORDER = ("awaitingCrewAssignment", "assigned", "enroute", "arrived", "fieldComplete")


POINTS_SHOWN = 50
CALLS_SHOWN = 50
"""So many of the calls back are named, by report id; the log, the topic and table followup have all."""
COMPLAINTS_SHOWN = 20
"""So many complaints are named (outagectl show complaint); the count is of all."""
WORDS_SHOWN = 50
"""So many of the last words on the expected time are shown; the log has all."""


def view_of(state: SupplyState) -> dict[str, Any]:
    """The outage as a JSON object (instants as RFC 3339 in UTC)."""
    course = course_of(state)
    episode = course.now
    cleared = episode.cleared or episode.ended
    said, reported_first = state.words.last(), state.reports.after(None)
    told: dict[str, Any] = {
        "mRID": state.mrid,
        "status": course.status,
        "outageClass": course.outage_class,
        "extent": course.extent,
        "remaining": course.remaining,
        "remainingBut": course.but,
        "startedAt": course.started.at if course.started is not None else None,
        "reportedAt": reported_first.at if reported_first is not None else None,
        "ert": said.ert if said is not None else None,
        "nextUpdateAt": said.next_update_at if said is not None else None,
        "ertChanges": state.words.changes,
        "ertHistory": [_word(word) for word in state.words.latest(WORDS_SHOWN)],
        "causeClearedAt": cleared.at if cleared is not None else None,
        "causeClearedImplied": episode.cleared is None and episode.ended is not None,
        "restoredAt": episode.ended.at if episode.ended is not None and episode.withdrawn is None else None,
        "perhapsRestoredSince": missing_since(state, course),
        "withdrawnAt": episode.withdrawn.at if episode.withdrawn is not None else None,
        "closedAt": state.closed_at if course.status == "closed" else None,
        "crewStatus": _crew(state, course),
        "episodes": _episodes(course),
        "steps": _steps(course),
        "promises": _promises(state),
        "followups": _followups(state),
        "enquiries": {
            "received": state.chatter.count(EnquiryReceived),
            "answered": state.chatter.count(EnquiryAnswered),
        },
        "complaints": {
            "received": len(state.chatter.complained),
            "answered": len(state.chatter.answered),
            "ids": [*islice(state.chatter.complained, COMPLAINTS_SHOWN)],
        },
        "guidance": _guidance(state),
        "refusals": _refusals(state),
        "warnings": _warnings(state, course),
        **_cause(state, course),
        **_dispatched(course),
        **_reclassified(state, course),
        **_by_model(state, course),
        **_territory(state),
        **_merging(state),
        "heldFacts": [] if course.known else _held(state),
        "questions": _questions(state),
        **_evidence(state),
        "figures": figures_of(state),
    }
    # Through JSON and back, so that what is shown is what can be stored: lists, not tuples.
    view: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told))
    return view


def _cause(state: SupplyState, course: Course) -> dict[str, Any]:
    """Its confirmed cause; nothing where there is none, so that views without one stay as they were."""
    cause = confirmed_cause(state, course)
    return {} if cause is None else {"cause": cause}


def _dispatched(course: Course) -> dict[str, Any]:
    """When a crew was first sent, and how long after the report: measured, for 第1篇 4.2.3 names no time."""
    sent, report = course.now.dispatched, course.now.reported
    if sent is None:
        return {}
    told: dict[str, Any] = {"dispatchedAt": sent.at}
    if report is not None:
        told["minutesToDispatch"] = max(0, round((sent.at - report.at).total_seconds() / 60))
    return told


def _reclassified(state: SupplyState, course: Course) -> dict[str, Any]:
    """What it was said to be first, where dispatch has said anew what it is; nothing of others."""
    word = state.reclassified()
    if word is None or not course.known:
        return {}
    return {
        "reclassifiedAt": word[0].reclassified_at,
        "wasClass": course.was,
        "planMRID": word[0].plan_mrid,
    }


def _evidence(state: SupplyState) -> dict[str, Any]:
    """What meters and customers say of a restoration, and the meter fault that this is about."""
    known = state.checked
    named = tuple(known.points[form] for form in sorted(known.points))
    told: dict[str, Any] = {
        "evidence": {
            "denied": named[:POINTS_SHOWN],
            "deniedPoints": len(named),
            "meters": known.meters,
            "proven": known.proven,
        }
    }
    for fault, _ in sorted(state.of(MeterFault), key=lambda one: one[0].found_at):
        mended = [word.mended_at for word, _ in state.of(MeterMended) if word.mended_at >= fault.found_at]
        told["meterFault"] = {
            "usagePoint": fault.usage_point,
            "foundAt": fault.found_at,
            "reason": fault.reason,
            "mendedAt": min(mended, default=None),
        }
    return told


def _by_model(state: SupplyState, course: Course) -> dict[str, Any]:
    """What the network model says of the outage; nothing where it was never asked, or knows nothing of it."""
    word = state.network
    if word is None or not word.points:
        return {}
    return {
        "points": word.points,
        "customers": word.customers,
        "pointMinutes": point_minutes(course),
        "networkModels": word.network_models,
    }


def _territory(state: SupplyState) -> dict[str, Any]:
    """Where it lies, if dispatch or the network model says so; else promises go by what the policy says."""
    where = known(state)
    if where is None:
        return {}
    return {"territories": where.names, "territoryFrom": where.source, "territoryModels": where.models}


def _merging(state: SupplyState) -> dict[str, Any]:
    """As what it goes on, and what goes on as it."""
    told: dict[str, Any] = {
        "mergedInto": state.merged.into if state.merged is not None else None,
        "mergedAt": state.merged.merged_at if state.merged is not None else None,
        "joined": [
            {"mRID": one.mrid, "mergedAt": one.merged_at, "began": one.began_at, "extent": one.extent}
            for one in sorted(state.joined.values(), key=lambda one: (one.merged_at, one.mrid))
        ],
    }
    if waits := [fact.into for fact, _ in waiting(state)]:
        told["mergeWaitsFor"] = waits
    if latest_plan(state) is not None:
        told["planned"] = True
    return told


def _warnings(state: SupplyState, course: Course) -> list[str]:
    found = list(warnings_of(course))
    if course.known and says_nothing(course.extent):
        found.append("extent-not-known")
    if state.network is not None and course.known:
        found.extend(f"not-in-network-any-more:{name}" for name in state.network.gone)
    if reported(state).unexplained:
        found.append("extraordinary-without-reason")
    return found


def _word(word: ExpectedTime) -> dict[str, Any]:
    return {
        "at": word.at,
        "ert": word.ert,
        "nextUpdateAt": word.next_update_at,
        "source": word.source,
        "confidence": word.confidence,
    }


def _crew(state: SupplyState, course: Course) -> str | None:
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
            "how": episode.how if episode.withdrawn is None else "withdrawn",
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
            **_step_by_model(step),
        }
        for episode in course.episodes
        for number, step in enumerate(episode.steps, start=1)
    ]


def _step_by_model(step: RestorationStep) -> dict[str, Any]:
    word = step.by_model
    if word is None:
        return {}
    return {"remainingBut": step.but, "pointsRestored": word.restored, "pointsRemaining": word.remaining}


def _promises(state: SupplyState) -> list[dict[str, Any]]:
    """All of them; of times that were said, and that other times replaced, `ertHistory` tells: there may be hundreds."""
    return [
        shown_in_full(record)
        for record in state.promises.values()
        if not (record.standing == "voided" and is_time(episode_of(record.promise_id)))
    ]


def _followups(state: SupplyState) -> list[dict[str, Any]]:
    return [
        {"reportId": report_id, "due": report_id in state.followups, "outcome": outcome, "unreached": tries}
        for report_id, outcome, tries in state.calls.latest(state.followups, CALLS_SHOWN)
    ]


def _guidance(state: SupplyState) -> list[dict[str, Any]]:
    return [
        {"givenAt": one.at, "by": one.by, "reportId": one.report_id or None, "outcome": one.outcome}
        for one in state.chatter.guidance
    ]


def _refusals(state: SupplyState) -> list[dict[str, Any]]:
    return [{"claimedAt": at, "reason": why} for at, why in sorted(state.refused)]


def _questions(state: SupplyState) -> list[dict[str, Any]]:
    """What dispatch was asked and has not answered, oldest first."""
    asked = sorted(state.questions.values(), key=lambda one: (one.asked_at, one.question_id))
    return [
        {
            "questionId": one.question_id,
            "factType": one.fact_type,
            "reason": one.reason,
            "field": one.field,
            "given": one.given,
            "held": one.held,
            "askedAt": one.asked_at,
        }
        for one in asked
    ]


def _held(state: SupplyState) -> list[dict[str, Any]]:
    """Facts of an outage that no fact has made known yet; a plan waits for nothing, nor does a meter."""
    kept = [
        (TYPE_OF[kind], cause)
        for kind, facts in state.facts.items()
        if kind not in (PlannedRequested, PlannedAmended, MeterFault, MeterMended)
        for cause in facts.values()
    ]
    return [{"type": kind, "cause": cause} for kind, cause in (*kept, *state.chatter.held)]
