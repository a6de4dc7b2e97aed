"""Choose the notice text that is due: planned or temporary work announced, moved, cancelled. Pure."""

from datetime import UTC, datetime

from schemas.contracts.audience import CustomerTouched
from schemas.contracts.base import Period
from services.notifier.domain.customer.conversation import Customer, DueText, notice_thread, noticed_period

BEGUN = frozenset({"out", "part-restored", "restored"})


def notice_saying(state: Customer, outage: CustomerTouched, now: datetime) -> DueText | None:
    """Against the period the customer was last told: announced again, moved, cancelled, or nothing.

    Work that has begun is the supply thread's, but for another day that was told meanwhile; a period that has passed is
    nobody's.
    """
    told = noticed_period(state, outage.mrid)
    if outage.status == "noticed" and outage.touched:
        period = outage.planned_period
        if period is None or period.start <= now or period == told:
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
