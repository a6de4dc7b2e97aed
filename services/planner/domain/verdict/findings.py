"""Collect what one kind of rule finds about a plan, in terms that all kinds share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.contracts.notices import Finding

HOLDS, SET_ASIDE, NARROWED = "rule-met", "set-aside-by-exception", "inside-notice-in-force"


@dataclass(slots=True)
class Findings:
    """Findings, reasons to refuse, warnings, and the first start that would do."""

    earliest: datetime
    findings: list[Finding] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def shown(instant: datetime, zone: ZoneInfo) -> str:
    """`instant` in the utility's zone, to the minute or as exact as it is."""
    local = instant.astimezone(zone)
    exact = local.second or local.microsecond
    return local.isoformat(timespec="milliseconds" if exact else "minutes")
