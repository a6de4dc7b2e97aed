"""Judge the promise that key customers hear of a notice in time (第2篇 第十条(二)10), by receipts. Pure.

The planner says by when and under which rule (informBy, informRule); only here is it known who had to be told and what
became of each text. Told is whoever has the notice's time by the last word on their handset, whichever notice that word was
sent for and whenever: a notice for the same time at more places, or for less of it, says nothing new to them. Whom no such
text reached by then was not told, whatever was sent.

Of work that leaves time to prepare in the morning nobody is told at night (customer/quiet_hours.py): where such a notice is
published at night, the promise is due in the morning plus the time it left, two hours at most, and the verdict says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from schemas.contracts.base import Wire
from schemas.contracts.notices import Notice, NoticeDeadlineMoved, NoticeWithdrawn
from schemas.contracts.promises import Promise, PromiseMade
from services.policy.quiet import Nights
from services.promises import (
    PromiseEvent,
    PromiseRecord,
    after,
    count_of,
    name_of,
    record_of,
    settle,
    subject_of,
    void_open,
    warn,
)

OBLIGATION: Final = "key-customers-informed"
WARN, DUE, AGAIN = "informed-warn/", "informed-due/", "informed-again/"
# Receipts trail behind: a verdict "broken" is looked at once more after this, and corrected if all had it in time.
LATE_RECEIPTS = timedelta(hours=1)
IN_THE_MORNING: Final = timedelta(hours=2)
"""What waited for the morning reaches everybody so soon after it, or in the time that the notice left, if that is less."""
MOVED: Final = "due-moved:quiet-hours"

NO_OUTAGE: Final = "withdrawn"
"""The planner's reason: the outage itself was withdrawn, so nothing was promised of it."""
INFORMING_RECHECKED: Final = "informing.rechecked.v1"


class InformingRechecked(Wire, frozen=True, kw_only=True):
    """A broken promise was looked at once more, and stays broken."""

    promise_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NoticeReach:
    """Whom a notice had to reach and whom it reached, by receipts."""

    expected: int
    reached: int
    last_at: datetime | None
    unreached: tuple[str, ...] = ()
    """The first few who have no receipt yet."""
    complete: bool = True
    """Whether everyone who had to be told has been found: the fan-out is done."""

    def all_by(self, instant: datetime) -> bool:
        """Whether everyone had it by `instant`."""
        return self.complete and self.reached == self.expected and (self.last_at is None or self.last_at <= instant)


@dataclass(frozen=True, slots=True)
class Informing:
    """The promise of the notice in force, as published so far."""

    record: PromiseRecord
    rechecked: bool = False
    """A broken one was looked at once more."""

    @property
    def notice_id(self) -> str:
        """The notice that key customers are to hear of."""
        return subject_of(self.record.promise_id, self.record.rule.rule_id)

    @property
    def count(self) -> int:
        """Which promise of this notice it is: its deadline may have moved."""
        return count_of(self.record.promise_id, self.record.rule.rule_id)


def on_fact(
    informing: Informing | None, fact: Any, notice: Notice | None = None, nights: Nights | None = None
) -> Iterator[PromiseEvent]:
    """What a word about the notice promises, moves, or ends. `notice`: the one in force before it."""
    open_ = [informing.record] if informing is not None else []
    match fact:
        case NoticeDeadlineMoved():
            yield from _moved(informing, fact, notice, nights)
        case NoticeWithdrawn(reason=reason) if reason == NO_OUTAGE:
            for record in open_:
                yield from settle(record, "voided", at=fact.withdrawn_at, reason=NO_OUTAGE)
        case NoticeWithdrawn():
            yield from void_open(open_, at=fact.withdrawn_at, reason="notice-withdrawn")
        case Notice():
            yield from void_open(open_, at=fact.published_at, reason="notice-superseded")
            yield from _made(fact, fact.published_at, fact, nights)
        case _:
            return


def _made(
    fact: Notice | NoticeDeadlineMoved,
    since: datetime,
    notice: Notice | None,
    nights: Nights | None,
    count: int = 1,
) -> Iterator[PromiseMade]:
    """The promise that a notice, or its moved deadline, makes; none where no rule stands behind it."""
    if fact.inform_by is None or fact.inform_rule is None:
        return
    due_at = _by_morning(fact.inform_by, since, notice, nights)
    warn_at, moved = min(fact.inform_by, fact.inform_warn_at or fact.inform_by), due_at - fact.inform_by
    yield PromiseMade(
        promise_id=name_of(fact.notice_id, fact.inform_rule.rule_id, count=count),
        mrid=fact.mrid,
        rule=fact.inform_rule,
        due_at=due_at,
        measured_from=since,
        at_risk_at=warn_at + moved,
        warn_again_at=tuple(at + moved for at in fact.inform_warn_again_at if warn_at < at < fact.inform_by),
        obligation=OBLIGATION,
        provisional=fact.inform_provisional,
    )


def _by_morning(by: datetime, since: datetime, notice: Notice | None, nights: Nights | None) -> datetime:
    """By when they are told of a notice that was published at `since`: never before the morning that its texts wait for."""
    if nights is None or notice is None:
        return by
    morning, start = nights.over(since), notice.planned_period.start
    if morning == since or start <= nights.prepared(morning):
        return by
    return max(by, morning + min(IN_THE_MORNING, by - since))


def _moved(
    informing: Informing | None, fact: NoticeDeadlineMoved, notice: Notice | None, nights: Nights | None
) -> Iterator[PromiseEvent]:
    """The deadline lies elsewhere: an open promise is ended with the reason, and made again under a count."""
    if informing is None or informing.record.standing != "open" or informing.notice_id != fact.notice_id:
        return
    yield from void_open([informing.record], at=fact.at, reason=fact.reason)
    yield from _made(fact, informing.record.measured_from, notice, nights, informing.count + 1)


def hear(informing: Informing | None, event: Any) -> Informing | None:
    """The promise after one more event about it; another promise takes its place when it is made."""
    match event:
        case InformingRechecked() if informing is not None:
            return replace(informing, rechecked=True)
        case PromiseMade(obligation=obligation):
            return Informing(record_of(event)) if obligation == OBLIGATION else informing
        case Promise() if informing is not None:
            return replace(informing, record=after(informing.record, event) or informing.record)
        case _:
            return informing


def timers(informing: Informing | None) -> dict[str, datetime]:
    """The next warning until all were given, the deadline, and one later look at a broken promise."""
    if informing is None:
        return {}
    record = informing.record
    if record.standing == "broken" and not informing.rechecked and not record.corrections:
        return {f"{AGAIN}{record.promise_id}": record.due_at + LATE_RECEIPTS}
    if record.standing != "open":
        return {}
    warn_at = record.warned_next_at
    warning = {f"{WARN}{record.promise_id}": warn_at} if warn_at is not None and warn_at < record.due_at else {}
    return {**warning, f"{DUE}{record.promise_id}": record.due_at}


def fired(
    informing: Informing,
    name: str,
    reach: NoticeReach,
    now: datetime,
    notice: Notice | None = None,
    *,
    unproven: bool,
) -> Iterator[PromiseEvent | InformingRechecked]:
    """What a timer finds, by the receipts there are. `notice`: the one in force, which says by when without quiet hours."""
    record = informing.record
    by = notice.inform_by if notice is not None and notice.notice_id == informing.notice_id else None
    moved = by is not None and record.due_at > by
    told = reach.all_by(record.due_at)
    if name.startswith(AGAIN):
        if told:
            yield from settle(record, "kept", at=now, reason="receipts-came-late")
        else:
            yield InformingRechecked(promise_id=record.promise_id, at=now)
    elif told:
        late = moved and by is not None and reach.last_at is not None and reach.last_at > by
        told_when = "all-told-in-the-morning" if late else "all-told-in-time"
        reason = told_when if reach.expected else "no-key-customer-concerned"
        yield from settle(record, "kept", at=reach.last_at or record.measured_from, reason=reason)
    elif name.startswith(WARN):
        yield from warn(record, "not-all-told", now)
    else:
        evidence = [*([MOVED] if moved else []), *(f"unreached:{customer}" for customer in reach.unreached)]
        yield from settle(
            record, "broken", at=record.due_at, reason="not-all-told", evidence=evidence, unproven=unproven
        )
