"""Decide about what channels say they showed: which notice it was, whether it counts, and what follows from it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec import structs

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.dispatch import NoticeShown, NoticeUnreadable
from services.kernel.model import Decision, Message, NewEvent
from services.planner.domain.notice.publishing import out
from services.planner.domain.promises import notice_of as notice_of_promise
from services.planner.domain.shown import told
from services.planner.domain.shown.showing import LOOKED_AT, NOTHING, Showing
from services.planner.domain.shown.spans import inside
from services.planner.domain.state import InForce, PlanState
from services.policy.model import PublicNoticePolicy

NOT_KNOWN, NOT_COUNTED = "notice-not-known", "channel-not-counted"
OLDER, BEGUN = "older-notice-shown", "notice-period-over"
STILL, LATE, SHOWN = "still-shown", "shown-late", "notice-shown"
KNOWN, UNREADABLE = "shown-known", "notice-unreadable"
AS_OF_RECORD: Final = "taken-as-of-its-record"


class PublicReading:
    """Decides about notice.shown and notice.unreadable, under one policy's figures."""

    def __init__(self, figures: PublicNoticePolicy) -> None:
        self._figures = figures

    def shown(self, state: PlanState, fact: NoticeShown, message: Message, now: datetime) -> Decision:
        """Somebody read a notice: of the version in force, or of one of before while that was in force."""
        known = notice_of(state, fact.notice_id)
        if known is None or known[0].version != fact.version:
            return Decision(NOT_KNOWN)
        notice, until = known
        if fact.channel not in self._counted(state, fact.notice_id):
            return Decision(NOT_COUNTED)
        at = believed(fact, notice, message.recorded_at)
        detail = None if at == fact.shown_at else AS_OF_RECORD
        if until is not None and at >= until:
            return Decision(OLDER, detail=detail)
        if at >= notice.told.period.start:
            return Decision(BEGUN, detail=detail)
        fact = structs.replace(fact, shown_at=at)
        before = state.showing(fact.notice_id)
        record = NewEvent(TYPE_OF[type(fact)], fact)
        if fact.digest != notice.digest:
            other = before.other_words.get(fact.channel)
            said_since = other is not None and before.last.get(fact.channel, other.at) > other.at
            news = other is None or said_since or at - other.at >= self._figures.proof_holds
            return Decision(told.OTHER_WORDS, [record] if news else [], detail)
        if not before.is_news(fact, self._figures):
            return Decision(KNOWN, detail=detail)
        showing = before.shown(fact, message.cause)
        judged = [*told.on_shown(state.promises.told(fact.notice_id), showing, state.breaches, now)]
        reason = told.SHOWN_IN_TIME if judged else self._again(state, fact, before)
        return Decision(reason, [record, *map(out, judged)], detail)

    def unreadable(self, state: PlanState, fact: NoticeUnreadable, message: Message) -> Decision:
        """Hours in which nobody could read it: counted as far as they lie in its time, and none lies in the future."""
        known = notice_of(state, fact.notice_id)
        if known is None:
            return Decision(NOT_KNOWN)
        if fact.channel != LOOKED_AT or fact.channel not in self._counted(state, fact.notice_id):
            return Decision(NOT_COUNTED)
        notice, down = known
        until = min(message.recorded_at, notice.told.period.start, down or notice.told.period.start)
        span = next(iter(inside([(fact.since, fact.until)], (notice.published_at, until))), None)
        before = state.showing(fact.notice_id)
        if span is None:
            return Decision(BEGUN if fact.since >= until else KNOWN)
        fact = structs.replace(fact, since=span[0], until=span[1])
        if before.gone(fact) == before:
            return Decision(KNOWN)
        return Decision(UNREADABLE, [NewEvent(TYPE_OF[type(fact)], fact)])

    def due(self, state: PlanState, promise_id: str, *, unproven: bool) -> Iterator[NewEvent]:
        """The deadline of a promise to tell has come."""
        record = state.promises.records.get(promise_id)
        if record is not None:
            yield from map(out, told.fell_due(record, state.showing(notice_of_promise(record)), unproven=unproven))

    def _counted(self, state: PlanState, notice_id: str) -> frozenset[str]:
        """The channels that count: today's, and those on which promises of that notice rest."""
        promised = (record.counted_by for record in state.promises.told(notice_id))
        return self._figures.channels.union(*promised)

    def _again(self, state: PlanState, fact: NoticeShown, before: Showing) -> str:
        if fact.channel in before.first:
            return STILL
        late = any(told.is_told(one) and one.due_at < fact.shown_at for one in state.promises.told(fact.notice_id))
        return LATE if late else SHOWN


def notice_of(state: PlanState, notice_id: str) -> tuple[InForce, datetime | None] | None:
    """A notice of this work by its id, with when it came down; None where it was never published, by what is known here."""
    if state.notice is not None and state.notice.notice_id == notice_id:
        return state.notice, None
    found = (one for one in reversed(state.past) if one.notice.notice_id == notice_id)
    return next(((one.notice, one.until) for one in found), None)


def believed(fact: NoticeShown, notice: InForce, recorded_at: datetime) -> datetime:
    """When it was read: as it says, unless that cannot be (before it was published, or in the future): then as of its record.

    That it was read by then is proven by the words themselves.
    """
    return fact.shown_at if notice.published_at <= fact.shown_at <= recorded_at else recorded_at


def evolved(state: PlanState, fact: NoticeShown | NoticeUnreadable, cause: str) -> Showing:
    """What is known of how the public reads the notice that `fact` is about, after it."""
    before = state.shown.get(fact.notice_id, NOTHING)
    if isinstance(fact, NoticeUnreadable):
        return before.gone(fact)
    known = notice_of(state, fact.notice_id)
    if known is None or known[0].digest != fact.digest:
        return before.shown_otherwise(fact, cause)
    return before.shown(fact, cause)
