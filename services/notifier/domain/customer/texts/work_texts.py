"""Choose what is said around noticed work beside its notice: a reminder, that it has not begun, that its time is over. Pure.

Reminded is, on the afternoon of the working day before, whoever was told at least a day earlier, while the reminder helps: it
is not sent late. That work has not begun is said once, and only as that nobody has reported it: power may go off at any time
until its end, and where it does, the first word of that says since when. Whoever was told so hears, too, that its time is over.
Dispatch that reports no starts turns both off (`not_begun = "0 minutes"`). Load that is shed by order begins without a report.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Period
from services.kernel.model import NewEvent, TimerFired
from services.notifier.domain.customer.conversation import NOT_BEGUN, Customer, RequestedText, notice_thread
from services.notifier.domain.events import WATCH_FIRED, WatchFired
from services.policy.calendar import WorkingCalendar
from services.policy.model import Telling
from services.policy.promised import WordTimes
from services.policy.quiet import Nights

WORK: Final = "work"
REMINDER, NOT_DONE = "reminder", "not-done"
REMINDED_BEFORE: Final = timedelta(hours=24)
"""Whoever was told so shortly before is not reminded."""
REMINDER_HELPS: Final = timedelta(hours=5)
"""A reminder of the afternoon is of no use later in the evening."""
REPORTED: Final = frozenset({"planned", "temporary"})
"""Work whose beginning somebody reports."""


@dataclass(frozen=True, slots=True)
class WorkWatch:
    """What is needed to know when something is due around noticed work: figures of the policy, clocks, and days worked."""

    telling: Telling
    nights: Nights
    calendar: WorkingCalendar | None = None
    """Where there is none every day is a working day."""
    times: WordTimes | None = None
    """Of whom an answer is wanted, where anything is promised to customers."""

    def remind_at(self, period: Period) -> datetime:
        """The afternoon of the working day before."""
        zone = self.nights.zone
        day = period.start.astimezone(zone).date() - timedelta(days=1)
        if self.calendar is not None:
            while not self.calendar.is_working_day(day):
                day -= timedelta(days=1)
        return datetime.combine(day, self.telling.remind, zone).astimezone(period.start.tzinfo)

    def begun_by(self, period: Period) -> datetime | None:
        """From when on it is worth a word that work has not begun; None where that is not said, or there is no time for it."""
        by = period.start + self.telling.not_begun
        return by if self.telling.not_begun and by < period.end else None

    def over_at(self, period: Period) -> datetime:
        """When its time is over for certain: a spoken end is about."""
        return period.end + self.telling.about


def last_heard(state: Customer, mrid: str) -> RequestedText | None:
    """The last word of one plan that reached the customer."""
    heard = [text for text in state.thread(notice_thread(mrid)) if text.settled]
    return heard[-1] if heard else None


def says_not_begun(text: RequestedText | None) -> bool:
    """Whether a word of a plan said that it had not begun."""
    return text is not None and text.meant.says.startswith(NOT_BEGUN)


def due_around(state: Customer, outage: CustomerTouched, now: datetime, watch: WorkWatch) -> str | None:
    """Which of the texts is due to whoever knows this plan as it stands; None where none is."""
    last, period = last_heard(state, outage.mrid), outage.planned_period
    if last is None or period is None or not _stands(outage, last):
        return None
    if says_not_begun(last):
        return NOT_DONE if now >= watch.over_at(period) else None
    by = watch.begun_by(period)
    if by is not None and outage.outage_class in REPORTED and by <= now < period.end:
        return NOT_BEGUN
    at = watch.remind_at(period)
    return REMINDER if _is_to_be_reminded(last, at) and at <= now < _helps_until(at, period) else None


def _stands(outage: CustomerTouched, last: RequestedText) -> bool:
    known = last.meant.believes == "noticed" and last.meant.period == outage.planned_period
    return known and outage.touched and outage.status == "noticed"


def _is_to_be_reminded(last: RequestedText, at: datetime) -> bool:
    return not last.meant.says.startswith(REMINDER) and last.said_at <= at - REMINDED_BEFORE


def _helps_until(at: datetime, period: Period) -> datetime:
    return min(at + REMINDER_HELPS, period.start)


def useful_until(kind: str, period: Period, now: datetime, watch: WorkWatch) -> datetime:
    """Until when one of the texts is of use."""
    if kind == REMINDER:
        return _helps_until(watch.remind_at(period), period)
    return period.end if kind == NOT_BEGUN else now + timedelta(hours=12)


def timers(state: Customer, watch: WorkWatch) -> dict[str, datetime]:
    """When each plan that the customer knows is looked at next; never twice for one instant."""
    if state.profile is None:
        return {}
    found: dict[str, datetime] = {}
    for mrid, outage in state.outages.items():
        if outage.status != "noticed" or outage.planned_period is None:
            continue
        last = last_heard(state, mrid)
        if last is None or not _stands(outage, last):
            continue
        looked = state.looked.get(mrid)
        left = [at for at in _instants(outage, outage.planned_period, last, watch) if looked is None or at > looked]
        if left:
            found[f"{WORK}/{mrid}"] = min(left)
    return found


def _instants(outage: CustomerTouched, period: Period, last: RequestedText, watch: WorkWatch) -> list[datetime]:
    if says_not_begun(last):
        return [watch.over_at(period)]
    at = watch.remind_at(period)
    by = watch.begun_by(period) if outage.outage_class in REPORTED else None
    reminder = [at] if _is_to_be_reminded(last, at) else []
    return [*reminder, *([by] if by is not None else [])]


def fired(state: Customer, timer: TimerFired, watch: WorkWatch) -> tuple[list[NewEvent], str]:
    """A plan is looked at: what is due around it may be said."""
    if timers(state, watch).get(timer.name) != timer.due_at:
        return [], "timer-outdated"
    word = WatchFired(customer_id=state.customer_id, name=timer.name, due_at=timer.due_at)
    return [NewEvent(WATCH_FIRED, word)], "nothing-to-say"
