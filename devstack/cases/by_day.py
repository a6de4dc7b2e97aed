"""Let it be day where cases are played: a notice that waits for the morning would be looked for in vain at night."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from devstack.cases.form import ZONE
from services.policy.quiet import QUIET

LONGEST_CASE: Final = timedelta(minutes=30)


def zone_by_day(now: datetime) -> ZoneInfo:
    """The zone a system lives in: the utility's own, or while it is night there, one where it is about noon."""
    begins, ends = now.astimezone(ZONE), (now + LONGEST_CASE).astimezone(ZONE)
    if begins.time() >= QUIET.ends and begins.date() == ends.date() and ends.time() < QUIET.begins:
        return ZONE
    east = 12 - now.astimezone(UTC).hour
    # Names of these zones say how far west they lie.
    return ZoneInfo(f"Etc/GMT{-east:+d}" if east else "Etc/GMT")
