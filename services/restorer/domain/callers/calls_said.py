"""The state after somebody was asked to call back, or need call no more. Pure."""

from __future__ import annotations

from dataclasses import replace

from schemas.contracts.restorations import FollowupDue, FollowupEnded
from services.kernel.values.sortedset import SortedSet
from services.restorer.domain.state import SupplyState


def asked_for(state: SupplyState, due: FollowupDue) -> SupplyState:
    """The state once somebody was asked to call."""
    return _moved(state, due.report_id, due)


def ended(state: SupplyState, word: FollowupEnded) -> SupplyState:
    """The state once nobody need call any more: one reporter, or all who were not called."""
    if word.report_id is not None:
        return _moved(state, word.report_id, word)
    gone = [one for one in state.followups if word.everybody or not state.calls.is_settled(one)]
    left = [] if word.everybody else [one for one in state.followups if state.calls.is_settled(one)]
    callers = SortedSet([*state.reports.callers, *gone])
    return replace(
        state,
        calls=state.calls.without(everybody=word.everybody),
        followups=SortedSet.ascending(left),
        reports=replace(state.reports, callers=callers),
    )


def _moved(state: SupplyState, report_id: str, word: FollowupDue | FollowupEnded) -> SupplyState:
    callers = state.reports.callers.discard(report_id)
    return replace(
        state,
        calls=state.calls.say(word),
        followups=state.followups.add(report_id),
        reports=replace(state.reports, callers=callers),
    )
