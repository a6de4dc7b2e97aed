"""Show one complaint to people and audits, without the customer's words: a JSON object, the same whenever the log is replayed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from services.promises import shown_in_full
from services.restorer.domain.complaints.state import ComplaintState


def view_of(state: ComplaintState, early: timedelta) -> dict[str, Any]:
    """The complaint as a JSON object (instants as RFC 3339 in UTC)."""
    since, answer = state.since, state.answered(early)
    told: dict[str, Any] = {
        "complaintId": state.complaint_id,
        "kind": state.kind,
        "status": state.status(early),
        "receivedAt": since.at if since is not None else None,
        "answeredAt": answer.at if answer is not None else None,
        "answeredBy": answer.by or None if answer is not None else None,
        "answers": len(state.answers),
        "withdrawnAt": state.withdrawn.at if state.withdrawn is not None else None,
        "aboutOutages": state.outages,
        "warnings": [*_warnings(state, early)],
        "promises": [*map(shown_in_full, state.promises.values())],
    }
    view: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(told))
    return view


def _warnings(state: ComplaintState, early: timedelta) -> list[str]:
    found = []
    if len(state.received) > 1:
        found.append("told-as-complaint-and-report")
    if state.since is None and state.answers:
        found.append("answered-and-never-received")
    elif state.answers and state.answered(early) is None:
        found.append("answered-before-received")
    return found
