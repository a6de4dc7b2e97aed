"""Find what no dispatcher can mean: a start or an end that is a data-entry error, a line that is not there. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from schemas.contracts.base import RuleRef
from schemas.contracts.dispatch import PlanBody
from schemas.contracts.notices import Finding
from services.planner.domain.verdict.findings import NARROWED, Findings, shown
from services.planner.domain.verdict.other_work import PlacesByModel
from services.policy import Policy
from services.policy.calendar import WorkingCalendar

TOO_FAR, TOO_LONG, UNKNOWN_LINE = "too-far-ahead", "period-too-long", "line-unknown"
TOO_LARGE = "plan-too-large"
DATA_ENTRY_ERRORS = frozenset({TOO_FAR, TOO_LONG, UNKNOWN_LINE, TOO_LARGE})
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NAME, WORDS = 200, 1900


def implausible(plan: PlanBody, policy: Policy, calendar: WorkingCalendar, now: datetime) -> Findings:
    """Data-entry errors ([settings.plausible]), each with its figures."""
    part = Findings(now)
    period, settings, zone = plan.planned_period, policy.settings, calendar.zone
    latest = now + settings.furthest_ahead
    if period.start > latest:
        required, given = f"a start by {shown(latest, zone)}", shown(period.start, zone)
        part.findings.append(_slip(policy, "plausible.furthest_ahead", TOO_FAR, required, given))
    if period.end - period.start > settings.longest:
        required, given = f"at most {_days(settings.longest)}", _days(period.end - period.start)
        part.findings.append(_slip(policy, "plausible.longest", TOO_LONG, required, given))
    part.reasons += [error.reason for error in part.findings]
    return part


def contradicted(policy: Policy, network: PlacesByModel | None, now: datetime, *, inside: bool) -> Findings:
    """What the utility's own network model says against the places of a plan (`network`); without a model nothing.

    A plan `inside` the notice in force names only lines that the public was told of: said, but no reason to refuse.
    """
    part = Findings(now)
    if network is None:
        return part
    if network.unknown_lines:
        reason, given = (NARROWED if inside else UNKNOWN_LINE), ", ".join(network.unknown_lines)[:WORDS]
        part.findings.append(_slip(policy, "network", reason, "lines of the network model", given))
        part.reasons += [] if inside else [UNKNOWN_LINE]
    part.warnings += [f"{kind}-not-on-line:{name}"[:NAME] for kind, name in network.elsewhere]
    return part


def is_data_entry_error(reasons: Sequence[str]) -> bool:
    """Whether a plan was refused for data-entry errors alone (also for what it forgot to name): nobody knows what it means.

    So it takes no notice down, other than a plan that says clearly what cannot be done.
    """
    return bool(reasons) and all(reason in DATA_ENTRY_ERRORS or reason.endswith("-missing") for reason in reasons)


def _days(span: timedelta) -> str:
    """`30 days`, or `30 days 20 h` where more than whole days."""
    hours = -(-(span % DAY) // HOUR)
    return f"{span // DAY} days" + (f" {hours} h" if hours else "")


def _slip(policy: Policy, key: str, reason: str, required: str, given: str) -> Finding:
    ref = RuleRef(policy_id=policy.id, policy_version=policy.version, rule_id=f"settings.{key}")
    return Finding(rule=ref, reason=reason, holds=False, required=required, given=given)
