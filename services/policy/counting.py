"""Count as a rule does: from an instant to its deadline, from a notice to the first lawful start, and back.

Hours, minutes and seconds are elapsed time. Days are days of the calendar's zone, counted as the rule's day_count says;
for N days from an instant on day D they end

- `same clock time`: on day D+N at the clock time of the instant,
- `start of day`: when day D+N begins, so D counts as a whole day however late in it,
- `publication day excluded`: when day D+N+1 begins: D does not count and N whole days follow it. An instant exactly at
  midnight is the 24:00 of the day before,
- `end of day`: when day D+N is over.

Working days count the N-th working day after D in the same way (publication day excluded: N whole working days follow
D, and the start may be on the next day). At the same clock time what comes at a weekend can end before what came on the
Friday: so the standard says it (第2篇 第十条(二)9); for notices it is refused at load. Right across daylight saving and
month ends, because days are counted as dates and only then made instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from services.kernel.clock import utc
from services.policy.calendar import At, WorkingCalendar
from services.policy.model import DAYS, SPANS, PolicyError, Rule

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due, when it is called at risk, and whether a calendar year not yet announced was needed."""

    due_at: datetime
    at_risk_at: datetime
    calendar_version: str
    provisional: bool


def deadline(rule: Rule, start: datetime, calendar: WorkingCalendar) -> Deadline:
    """When the thing that `rule` promises from `start` on is due. Its tolerance is not added: that is for verdicts.

    Raises:
        PolicyError: the rule has no span of time (a rate, a count, a plain duty).
        ValueError: `start` has no zone.

    """
    due_at, provisional = _after(rule, utc(start), calendar)
    at_risk_at = max(utc(start), due_at - rule.at_risk_before)
    return Deadline(due_at, at_risk_at, calendar.version, provisional)


def earliest_start(rule: Rule, told: datetime, calendar: WorkingCalendar) -> tuple[datetime, bool]:
    """The first instant at which work may begin under a notice rule when its audience was told at `told`.

    The tolerance is in the work's favour. The second value says whether a provisional calendar was used. Raises as
    deadline does.
    """
    start, provisional = _after(rule, utc(told), calendar)
    return start - rule.tolerance, provisional


def notice_by(rule: Rule, start: datetime, calendar: WorkingCalendar) -> datetime:
    """The latest instant at which the audience of a notice rule may be told of work that begins at `start`.

    Told then, `start` is lawful: earliest_start(rule, notice_by(rule, start)) <= start. Raises as deadline does.
    """
    start = utc(start) + rule.tolerance
    if rule.unit not in DAYS:
        return start - _elapsed(rule)
    latest = _days_before(rule, start, calendar)
    # Only an hour that daylight saving skips or repeats can make the way back end later than the way there began.
    surplus = _after(rule, latest, calendar)[0] - start
    return latest - max(surplus, timedelta(0))


def _after(rule: Rule, start: datetime, calendar: WorkingCalendar) -> tuple[datetime, bool]:
    if rule.unit not in DAYS:
        return start + _elapsed(rule), False
    days = _whole(rule)
    match rule.day_count:
        case "same clock time":
            return _count(rule, start, days, "same-clock-time", calendar)
        case "start of day":
            return _count(rule, start, days, "start-of-day", calendar)
        case _ if rule.day_count == "publication day excluded" and _is_midnight(start, calendar):
            return _count(rule, start - MICROSECOND, days, "end-of-day", calendar)
        case _:
            return _count(rule, start, days, "end-of-day", calendar)


def _days_before(rule: Rule, start: datetime, calendar: WorkingCalendar) -> datetime:
    """The way back of _after, but for the hours of daylight saving: just before the first day that is counted."""
    days = _whole(rule)
    if rule.day_count == "same clock time":
        return _count(rule, start, -days, "same-clock-time", calendar)[0]
    reached = rule.day_count == "start of day" and (
        # The day of the start is itself the last one counted.
        rule.unit == "calendar-days" or bool(calendar.is_working_day(start.astimezone(calendar.zone).date()))
    )
    first = _count(rule, start, 1 - days if reached else -days, "start-of-day", calendar)[0]
    return first if rule.day_count == "publication day excluded" else first - MICROSECOND


def _count(rule: Rule, start: datetime, days: int, at: At, calendar: WorkingCalendar) -> tuple[datetime, bool]:
    add = calendar.add_working_days if rule.unit == "working-days" else calendar.add_calendar_days
    reckoned = add(start, days, at)
    return reckoned.at, reckoned.provisional


def _is_midnight(instant: datetime, calendar: WorkingCalendar) -> bool:
    return instant.astimezone(calendar.zone).time() == time.min


def _whole(rule: Rule) -> int:
    if rule.amount is None:
        raise _no_span(rule)
    return int(rule.amount)


def _elapsed(rule: Rule) -> timedelta:
    if rule.amount is None or rule.unit not in SPANS:
        raise _no_span(rule)
    return timedelta(**{rule.unit: float(rule.amount)})


def _no_span(rule: Rule) -> PolicyError:
    return PolicyError(
        f"rule {rule.id} has no span of time (unit {rule.unit}): ask for a deadline only where unit is "
        f"{', '.join(sorted(SPANS))}"
    )
