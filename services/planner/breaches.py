"""Work outside what the public could read: begun without notice, too early, wider, or still going at the noticed end. Pure.

Each kind is said once per outage, with its evidence; the notifier tells the customers, with an apology.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from schemas.base import Extent, RuleRef
from schemas.notices import Finding, NoticeBreached
from services.planner.inside import wider
from services.planner.part import shown
from services.planner.state import InForce, State
from services.policy.model import Inside

Kind = Literal["started-without-notice", "started-early", "wider-than-noticed", "overran"]
WITHOUT: Final = "started-without-notice"
EARLY: Final = "started-early"
WIDER: Final = "wider-than-noticed"
OVERRAN: Final = "overran"
SECOND = timedelta(seconds=1)


def on_start(
    state: State,
    started_at: datetime,
    extent: Extent,
    table: Mapping[str, Inside],
    rule: RuleRef | None,
    zone: ZoneInfo,
) -> Iterator[NoticeBreached]:
    """What is wrong with a start, by the notice in force. `rule`: the one that a finding cites."""
    notice = state.in_force(started_at)
    if notice is None:
        if WITHOUT not in state.breaches:
            given, after = f"start at {shown(started_at, zone)}", state.notice
            if after is not None:
                given += f", notice at {shown(after.published_at, zone)}"
            finding = _finding(rule, WITHOUT, "a notice before the start", given, None)
            yield _breach(state, after, WITHOUT, started_at, finding)
        return
    period = notice.told.period
    if started_at < period.start and EARLY not in state.breaches:
        margin = (started_at - period.start) // SECOND
        required, given = f"start at {shown(period.start, zone)}", f"start at {shown(started_at, zone)}"
        yield _breach(state, notice, EARLY, started_at, _finding(rule, EARLY, required, given, margin))
    if started_at >= period.end and OVERRAN not in state.breaches:
        margin = (period.end - started_at) // SECOND
        required, given = f"done by {shown(period.end, zone)}", f"start at {shown(started_at, zone)}"
        yield _breach(state, notice, OVERRAN, started_at, _finding(rule, OVERRAN, required, given, margin))
    yield from on_extent(state, started_at, extent, table, rule)


def on_extent(
    state: State, at: datetime, extent: Extent, table: Mapping[str, Inside], rule: RuleRef | None
) -> Iterator[NoticeBreached]:
    """Wider than noticed at that time: places nobody was told of."""
    notice = state.in_force(at)
    kinds = wider(extent, notice.told.extent, table) if notice is not None else ()
    if kinds and WIDER not in state.breaches:
        given = f"more than was noticed of: {', '.join(kinds)}"
        yield _breach(state, notice, WIDER, at, _finding(rule, WIDER, "only the places of the notice", given, None))


def on_end(state: State, rule: RuleRef | None, zone: ZoneInfo) -> Iterator[NoticeBreached]:
    """The noticed end has come and power is not back."""
    notice = state.notice
    if notice is not None and OVERRAN not in state.breaches:
        end, again = notice.told.period.end, state.reopened_at
        at = max(end, again) if again is not None else end
        given = "power is not back" if at == end else f"power off again at {shown(at, zone)}"
        finding = _finding(rule, OVERRAN, f"power back by {shown(end, zone)}", given, None)
        yield _breach(state, notice, OVERRAN, at, finding)


def _finding(rule: RuleRef | None, reason: str, required: str, given: str, margin: int | None) -> tuple[Finding, ...]:
    if rule is None:
        return ()
    return (Finding(rule=rule, reason=reason, holds=False, required=required, given=given, margin_seconds=margin),)


def _breach(
    state: State, notice: InForce | None, kind: Kind, at: datetime, findings: tuple[Finding, ...]
) -> NoticeBreached:
    return NoticeBreached(
        mrid=state.mrid,
        kind=kind,
        at=at,
        notice_id=notice.notice_id if notice is not None else None,
        noticed_period=notice.told.period if notice is not None else None,
        findings=findings,
    )
