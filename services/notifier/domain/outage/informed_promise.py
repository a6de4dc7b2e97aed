"""The promise that key customers hear of a notice in time (第2篇 第十条(二)10): made with the notice, judged on receipts. Pure.

The planner says by when and under which rule (informBy, informRule); only here is it known who had to be told and what
became of each text. Whom no text reached by then was not told, whatever was sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from schemas.contracts.base import RuleRef, Wire
from schemas.contracts.notices import Notice, NoticeAmended, NoticeDeadlineMoved, NoticeWithdrawn
from schemas.contracts.promises import (
    Promise,
    PromiseAtRisk,
    PromiseBroken,
    PromiseCorrected,
    PromiseKept,
    PromiseMade,
    PromiseVoided,
)

OBLIGATION: Final = "key-customers-informed"
WARN, DUE, AGAIN = "informed-warn/", "informed-due/", "informed-again/"
# Receipts trail behind: a verdict "broken" is looked at once more after this, and corrected if all had it in time.
LATE_RECEIPTS = timedelta(hours=1)


INFORMING_RECHECKED: Final = "informing.rechecked.v1"


class InformingRechecked(Wire, frozen=True, kw_only=True):
    """A broken promise was looked at once more, and stays broken."""

    promise_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reach:
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

    promise_id: str
    rule: RuleRef
    due_at: datetime
    warn_at: datetime
    since: datetime
    notice_id: str
    count: int = 1
    """Which promise of this notice it is: its deadline may have moved."""
    warned: bool = False
    rechecked: bool = False
    standing: Literal["open", "kept", "broken", "voided"] = "open"


def on_fact(informing: Informing | None, fact: Any) -> Iterator[Promise]:
    """What a word about the notice promises, moves, or ends."""
    if isinstance(fact, NoticeDeadlineMoved):
        yield from _moved(informing, fact)
        return
    if isinstance(fact, NoticeWithdrawn | Notice) and informing is not None and informing.standing == "open":
        withdrawn = isinstance(fact, NoticeWithdrawn)
        at = fact.withdrawn_at if isinstance(fact, NoticeWithdrawn) else fact.published_at
        reason = "notice-withdrawn" if withdrawn else "notice-superseded"
        yield PromiseVoided(**_common(fact.mrid, informing), at=at, reason=reason)
    if isinstance(fact, Notice):
        yield from _made(fact, _since(informing, fact))


def _made(fact: Notice | NoticeDeadlineMoved, since: datetime, count: int = 1) -> Iterator[PromiseMade]:
    """The promise that a notice, or its moved deadline, makes; none where no rule stands behind it."""
    if fact.inform_by is None or fact.inform_rule is None:
        return
    name = f"{fact.notice_id}/{fact.inform_rule.rule_id}"
    yield PromiseMade(
        promise_id=name if count == 1 else f"{name}.{count}",
        mrid=fact.mrid,
        rule=fact.inform_rule,
        due_at=fact.inform_by,
        measured_from=since,
        at_risk_at=min(fact.inform_by, fact.inform_warn_at or fact.inform_by),
        obligation=OBLIGATION,
        provisional=fact.inform_provisional,
    )


def _moved(informing: Informing | None, fact: NoticeDeadlineMoved) -> Iterator[Promise]:
    """The deadline lies elsewhere: an open promise is ended with the reason, and made again under a count."""
    if informing is None or informing.standing != "open" or informing.notice_id != fact.notice_id:
        return
    yield PromiseVoided(**_common(fact.mrid, informing), at=fact.at, reason=fact.reason)
    yield from _made(fact, informing.since, informing.count + 1)


def _since(informing: Informing | None, notice: Notice) -> datetime:
    """From when a text tells of it: one that only narrows says nothing new, so the texts of the one before count."""
    narrowed = isinstance(notice, NoticeAmended) and notice.change == "narrowed"
    return informing.since if narrowed and informing is not None else notice.published_at


def keep(informing: Informing | None, event: Any) -> Informing | None:
    """The promise after one more event about it."""
    if isinstance(event, InformingRechecked):
        return replace(informing, rechecked=True) if informing is not None else None
    if isinstance(event, PromiseMade) and event.obligation == OBLIGATION:
        notice_id = event.promise_id.rpartition(f"/{event.rule.rule_id}")[0]
        count = informing.count + 1 if informing is not None and informing.notice_id == notice_id else 1
        return Informing(
            event.promise_id, event.rule, event.due_at, event.at_risk_at, event.measured_from, notice_id, count
        )
    if informing is None or not isinstance(event, Promise) or event.promise_id != informing.promise_id:
        return informing
    match event:
        case PromiseAtRisk():
            return replace(informing, warned=True)
        case PromiseKept():
            return replace(informing, standing="kept")
        case PromiseBroken():
            return replace(informing, standing="broken")
        case PromiseVoided():
            return replace(informing, standing="voided")
        case PromiseCorrected(now=now):
            return replace(informing, standing=now, rechecked=True)
        case _:
            return informing


def timers(informing: Informing | None) -> dict[str, datetime]:
    """The warning until it was given, the deadline, and one later look at a broken promise."""
    if informing is None:
        return {}
    if informing.standing == "broken" and not informing.rechecked:
        return {f"{AGAIN}{informing.promise_id}": informing.due_at + LATE_RECEIPTS}
    if informing.standing != "open":
        return {}
    due = {f"{DUE}{informing.promise_id}": informing.due_at}
    if informing.warned or informing.warn_at >= informing.due_at:
        return due
    return {f"{WARN}{informing.promise_id}": informing.warn_at, **due}


def fired(
    mrid: str, informing: Informing, name: str, reach: Reach, now: datetime, *, unproven: bool
) -> Iterator[Promise | InformingRechecked]:
    """What a timer finds, by the receipts there are."""
    common = _common(mrid, informing)
    told = reach.all_by(informing.due_at)
    evidence = tuple(f"unreached:{customer}"[:200] for customer in reach.unreached)
    if name.startswith(AGAIN):
        if told:
            yield PromiseCorrected(**common, at=now, was="broken", now="kept", reason="receipts-came-late")
        else:
            yield InformingRechecked(promise_id=informing.promise_id, at=now)
    elif told:
        reason = "all-told-in-time" if reach.expected else "no-key-customer-concerned"
        yield PromiseKept(**common, at=reach.last_at or informing.since, reason=reason)
    elif name.startswith(WARN):
        yield PromiseAtRisk(**common, at=informing.warn_at, reason="not-all-told")
    else:
        yield PromiseBroken(**common, at=informing.due_at, reason="not-all-told", evidence=evidence, unproven=unproven)


def shown(informing: Informing | None) -> list[Mapping[str, Any]]:
    """For the view: promises as the other services show theirs."""
    if informing is None:
        return []
    standing = "atRisk" if informing.standing == "open" and informing.warned else informing.standing
    return [
        {
            "promiseId": informing.promise_id,
            "ruleId": informing.rule.rule_id,
            "dueAt": informing.due_at,
            "atRiskAt": informing.warn_at,
            "state": standing,
        }
    ]


def _common(mrid: str, informing: Informing) -> dict[str, Any]:
    return {"promise_id": informing.promise_id, "mrid": mrid, "rule": informing.rule, "due_at": informing.due_at}
