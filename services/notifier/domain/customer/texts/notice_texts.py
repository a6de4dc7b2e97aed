"""Choose the notice text that is due: planned or temporary work announced, moved, cancelled; and what is due around it. Pure."""

from datetime import UTC, datetime

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Period
from schemas.contracts.messages import Trigger
from services.notifier.domain.customer.conversation import NOT_BEGUN, Customer, DueText, notice_thread, noticed_period
from services.notifier.domain.customer.texts.work_texts import (
    NOT_DONE,
    REMINDER,
    WorkWatch,
    due_around,
    useful_until,
)

BEGUN = frozenset({"out", "part-restored", "restored"})
CURTAILMENT = "curtailment"
REASONS = {REMINDER: "work-is-near", NOT_BEGUN: "not-reported-begun", NOT_DONE: "its-time-is-over"}


def notice_saying(state: Customer, outage: CustomerTouched, now: datetime, watch: WorkWatch) -> DueText | None:
    """Against the period the customer was last told: announced again, moved, cancelled, or nothing.

    Work that has begun is the supply thread's, but for another day that was told meanwhile; a period that has passed is
    nobody's.
    """
    told = noticed_period(state, outage.mrid)
    if outage.status == "noticed" and outage.touched:
        period = outage.planned_period
        if period is not None and period == told:
            kind = due_around(state, outage, now, watch)
            return _around(outage, kind, period, now, watch) if kind is not None else None
        if period is None or period.start <= now:
            return None
        if told is None or told.end <= now:
            return _announce(outage, period)
        return _say(outage, trigger="moved", period=period, previous=told, until=min(told.start, period.start), now=now)
    gone = outage.status == "withdrawn" or (outage.status == "noticed" and not outage.touched)
    # Told of another day, and then the work was found to be under way: on that other day there is none.
    elsewhere = outage.status in BEGUN and told is not None and told.start > now and told != outage.planned_period
    if (gone or elsewhere) and told is not None and told.end > now:
        return _say(outage, trigger="cancelled", period=None, previous=told, until=told.end, now=now)
    return None


def _announce(outage: CustomerTouched, period: Period) -> DueText:
    planned = outage.outage_class == "planned"
    return DueText(
        thread=notice_thread(outage.mrid),
        trigger="planned-notice" if planned else "temporary-notice",
        mrids=(outage.mrid,),
        version=outage.outage_version,
        says=f"noticed {span(period)}",
        believes="noticed",
        lead=outage,
        reason="notice-in-force",
        period=period,
        due_by=outage.inform_by,
        useful_until=period.start,
        template=CURTAILMENT if outage.outage_class == "curtailment" else None,
    )


def _around(outage: CustomerTouched, kind: str, period: Period, now: datetime, watch: WorkWatch) -> DueText:
    """A word about work of which the customer knows."""
    trigger: Trigger = {REMINDER: "planned-notice", NOT_BEGUN: "moved"}.get(kind, "cancelled")  # type: ignore[assignment]
    over = kind == NOT_DONE
    return DueText(
        thread=notice_thread(outage.mrid),
        trigger=trigger,
        mrids=(outage.mrid,),
        version=outage.outage_version,
        says=f"{kind} {span(period)}",
        believes="cancelled" if over else "noticed",
        lead=outage,
        reason=REASONS[kind],
        period=None if over else period,
        previous=period if over else None,
        useful_until=useful_until(kind, period, now, watch),
        template=kind,
    )


def _say(
    outage: CustomerTouched,
    *,
    trigger: str,
    period: Period | None,
    previous: Period,
    until: datetime,
    now: datetime,
) -> DueText:
    moved = trigger == "moved"
    return DueText(
        thread=notice_thread(outage.mrid),
        trigger="moved" if moved else "cancelled",
        mrids=(outage.mrid,),
        version=outage.outage_version,
        says=f"{trigger} {span(previous)} {span(period) if period else ''}".strip(),
        believes="noticed" if moved else "cancelled",
        lead=outage,
        reason="notice-moved" if moved else "notice-no-longer-holds",
        period=period,
        previous=previous,
        due_by=outage.inform_by if moved else None,
        # Work about to begin at the old time: late is better than never until it would have been over.
        useful_until=until if until > now else previous.end,
    )


def span(period: Period) -> str:
    """A period as part of a content's name."""
    return f"{stamp(period.start)}/{stamp(period.end)}"


def stamp(at: datetime | None) -> str:
    """An instant as part of a content's name, the same whatever offset it was written with."""
    return at.astimezone(UTC).isoformat() if at else "unknown"
