"""Show a planner's stream to people and audits: its status, the public notice, why a plan was refused."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from services.planner.domain.shown import standing
from services.planner.domain.shown.spans import Spans
from services.planner.domain.shown.told import TOLD_IN_TIME
from services.planner.domain.state import InForce, PlanState
from services.plausibility import shown as questions
from services.policy.model import PUBLISHED, PublicNoticePolicy
from services.promises import PromiseRecord
from services.promises import shown as promise

MOST_SPANS: Final = 20


def view(state: PlanState, figures: PublicNoticePolicy) -> dict[str, Any]:
    """The state as JSON. `figures`: how the public's reading is counted."""
    notice = state.notice
    shown = msgspec.json.encode(
        {
            "mRID": state.mrid,
            "standing": state.standing,
            "revisionNumber": state.latest[0],
            "startedAt": state.started_at,
            "restoredAt": state.restored_at,
            "withdrawnAt": state.withdrawal.withdrawn_at if state.withdrawal is not None else None,
            "reasons": state.reasons,
            "breaches": sorted(state.breaches),
            "outcome": state.outcome,
            "noticeVersion": state.version,
            "notice": None
            if notice is None
            else {
                "noticeId": notice.notice_id,
                "version": notice.version,
                "publishedAt": notice.published_at,
                "outageClass": notice.told.outage_class,
                "plannedPeriod": notice.told.period,
                "extent": notice.told.extent,
                "safetyCut": notice.told.safety_cut,
            },
            "curtailment": None
            if state.order is None
            else {"schemeId": state.order.scheme_id, "schemeStep": state.order.scheme_step},
            "promises": [*map(_promise, state.promises.by_id())],
        }
    )
    plain: dict[str, Any] = msgspec.json.decode(shown)
    if state.classified is not None:
        plain["reclassifiedAs"] = state.classified.outage_class
        plain["noticeOf"] = state.referred.notice.notice_id if state.referred is not None else None
    if notice is not None and (read := _public(state, notice, figures)) is not None:
        plain["public"] = msgspec.to_builtins(read)
    if state.doubts.held:
        plain["questions"] = msgspec.to_builtins(questions(state.doubts))
    return plain


def _promise(record: PromiseRecord) -> dict[str, Any]:
    """A promise; that to tell the public says what it rests on."""
    if record.obligation != TOLD_IN_TIME:
        return promise(record)
    return promise(record) | {"reason": record.reason, "countedBy": record.counted_by or (PUBLISHED,)}


def _public(state: PlanState, notice: InForce, figures: PublicNoticePolicy) -> dict[str, Any] | None:
    """How the public could read the notice in force, as far as is known; None where no channel counts and none was heard of.

    `unread`: within the time for which it is owed, up to the last proof. `unreadableFrom`: unless a proof comes before.
    """
    showing = state.showing(notice.notice_id)
    if not figures.channels and not showing.first:
        return None
    known = standing.proven_until(showing, figures)
    spans: Spans = standing.unread(state, notice, figures, known) if known is not None else ()
    other = showing.otherwise(figures.channels)
    return {
        "noticeId": notice.notice_id,
        "digest": notice.digest,
        "countedBy": figures.counted_by,
        "shown": [
            {"channel": channel, "at": proof.at, "lastAt": showing.last[channel], "by": proof.cause}
            for channel, proof in sorted(showing.first.items())
        ],
        "otherWordsSince": other.at if other is not None else None,
        "provenUntil": known,
        "unread": [{"since": since, "until": until} for since, until in spans[-MOST_SPANS:]],
        "unreadSeconds": standing.unread_seconds(spans),
        "unreadableFrom": standing.unreadable_from(state, notice, figures),
    }
