"""Say what a text says only where it is so and fits: a cause, and that nothing is cut on the day first said. Pure."""

from collections.abc import Mapping
from datetime import tzinfo
from typing import Final

from schemas.contracts.base import Period
from services.wording.speakers import Speaker, has_han

CAUSE_LIMIT: Final = 12
CAUSE_LIMIT_LATIN: Final = 30


def cause_said(cause: str | None, *, chinese: bool) -> str:
    """The confirmed cause, if it fits: short enough, and in the script the reader reads."""
    if not cause:
        return ""
    fits = len(cause) <= (CAUSE_LIMIT if chinese else CAUSE_LIMIT_LATIN) and has_han(cause) == chinese
    said = cause.strip().rstrip("。.") if fits else ""
    # Feeds write causes as headings; here they stand within a sentence. "RCMP request" keeps its capitals.
    return said[:1].lower() + said[1:] if said[1:2].islower() else said


def not_then(
    phrases: Mapping[str, str], say: Speaker, previous: Period | None, period: Period | None, zone: tzinfo
) -> str:
    """Whether nothing is cut on the old day, in words: only where it is so, and the old time lay within one day."""
    if previous is None or period is None:
        return ""
    days = [(one.start.astimezone(zone).date(), one.end.astimezone(zone).date()) for one in (previous, period)]
    apart = days[0][1] < days[1][0] or days[1][1] < days[0][0]
    if not apart or days[0][0] != days[0][1]:
        return ""
    return phrases["not-then"].format(day=say.day(previous.start, zone))
