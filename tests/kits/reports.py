"""What a report of March 2026 is made of, drawn by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from operations.reports.facts import FoundBy, ReportFacts, SilentTime
from operations.reports.form import CustomersServed
from services.policy import load_policy, policy_path
from services.reliability.once import CountedGroup, WholeInterruption
from services.reliability.periods import period_of

ZONE = ZoneInfo("Asia/Shanghai")
POLICY = load_policy(policy_path("cn-service-standard"))
MARCH = period_of("2026-03", ZONE)
SERVED = CustomersServed(customers=1000.0, source="setting", days=31, days_known=31)


def local(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def group(mrid: str, since: datetime, minutes: float | None, customers: int | None) -> CountedGroup:
    until = None if minutes is None else since + timedelta(minutes=minutes)
    return CountedGroup(mrid, 1, since, until, customers, "customersAffected", WholeInterruption(since, until))


def facts(
    groups: Sequence[CountedGroup],
    found_by: Mapping[str, FoundBy] | None = None,
    before: Mapping[date, float] | None = None,
    as_of: datetime = datetime(2026, 5, 1, tzinfo=UTC),
    silences: Sequence[SilentTime] | None = (),
) -> ReportFacts:
    return ReportFacts(
        period=MARCH,
        zone_name="Asia/Shanghai",
        as_of=as_of,
        policy=POLICY,
        groups=groups,
        found_by=found_by or {},
        words=[],
        calls=None,
        silences=silences,
        served=SERVED,
        served_by_area={},
        served_by_line={},
        daily_before=before or {},
        since=date(2021, 1, 1) if before else date(2026, 3, 1),
        unresolved=0,
        not_counted=0,
    )
