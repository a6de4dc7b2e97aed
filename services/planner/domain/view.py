"""Show a planner's stream to people and audits: its status, the public notice, why a plan was refused."""

from __future__ import annotations

from typing import Any

import msgspec

from services.planner.domain.state import PlanState
from services.plausibility import shown as questions
from services.promises import shown as promise


def view(state: PlanState) -> dict[str, Any]:
    """The state as JSON."""
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
            "promises": [*map(promise, state.promises.by_id())],
        }
    )
    plain: dict[str, Any] = msgspec.json.decode(shown)
    if state.classified is not None:
        plain["reclassifiedAs"] = state.classified.outage_class
        plain["noticeOf"] = state.referred.notice.notice_id if state.referred is not None else None
    if state.doubts.held:
        plain["questions"] = msgspec.to_builtins(questions(state.doubts))
    return plain
