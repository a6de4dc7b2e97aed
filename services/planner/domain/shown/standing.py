"""Say what of a notice people must look at: nobody has shown it, other words were shown, or it could not be read too long. Pure.

Each stands from an instant on that may lie ahead: unless a proof comes before, it will be so then. Nothing has to look at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from services.planner.domain.shown import told
from services.planner.domain.shown.showing import LOOKED_AT, Showing
from services.planner.domain.shown.spans import Span, Spans, length, used_up
from services.planner.domain.state import InForce, PlanState
from services.policy.model import PublicNoticePolicy
from services.tasks.domain.kinds import NOTICE_NOT_READABLE, NOTICE_NOT_SHOWN, NOTICE_OTHER_WORDS

NOT_SHOWN, NOT_SHOWN_SINCE, NOT_READABLE = "not-shown", "not-shown-since", "not-readable"
VOID_FOR_GOOD: Final = frozenset({"notice-withdrawn", "notice-superseded", "withdrawn", "work-not-begun"})


@dataclass(frozen=True, slots=True)
class PublicCause:
    """Something about a notice in force that a person is needed for, from `since` until the work begins."""

    kind: str
    notice_id: str
    reason: str
    since: datetime
    useful_until: datetime


def causes(state: PlanState, figures: PublicNoticePolicy) -> Iterator[PublicCause]:
    """What stands, or will stand unless somebody shows the notice, of the one in force; nothing where no channel counts."""
    notice, begins = state.notice, None
    if notice is None or not figures.channels or state.outcome is not None or state.started_at is not None:
        return
    begins, showing = notice.told.period.start, state.showing(notice.notice_id)

    def cause(kind: str, reason: str, since: datetime) -> Iterator[PublicCause]:
        if since < begins:
            yield PublicCause(kind, notice.notice_id, reason, since, begins)

    if (other := showing.otherwise(figures.channels)) is not None:
        yield from cause(NOTICE_OTHER_WORDS, told.OTHER_WORDS, other.at)
    if showing.proof(figures.channels) is None:
        yield from cause(NOTICE_NOT_SHOWN, NOT_SHOWN, notice.published_at + figures.shown_within)
    elif LOOKED_AT in figures.channels and showing.read:
        last = showing.read[-1] + figures.proof_holds
        yield from cause(NOTICE_NOT_SHOWN, NOT_SHOWN_SINCE, last + max(figures.shown_within, figures.proof_late))
    if (at := unreadable_from(state, notice, figures)) is not None:
        yield from cause(NOTICE_NOT_READABLE, NOT_READABLE, at)


def owed(state: PlanState, notice: InForce) -> Span | None:
    """The time for which the public is owed to read a notice: from the deadline of telling until the work begins.

    None where no promise that rests on channels stands for it: one that waits for its first proof is warned of by itself,
    one that is broken is broken, and of what is not to be nothing is owed.
    """
    mine = [
        record
        for record in state.promises.told(notice.notice_id)
        if told.is_told(record)
        and LOOKED_AT in record.counted_by
        and record.standing in ("kept", "voided")
        and not (record.standing == "voided" and record.reason in VOID_FOR_GOOD)
    ]
    since = min((record.due_at for record in mine), default=None)
    if since is None:
        return None
    return max(since, notice.published_at), notice.told.period.start


def unread(state: PlanState, notice: InForce, figures: PublicNoticePolicy, until: datetime) -> Spans:
    """When it could not be read, or nobody knows that it could, within the time that is owed, up to `until`."""
    whole = owed(state, notice)
    if whole is None or until <= whole[0]:
        return ()
    return state.showing(notice.notice_id).unread((whole[0], min(until, whole[1])), figures)


def unreadable_from(state: PlanState, notice: InForce, figures: PublicNoticePolicy) -> datetime | None:
    """From when on it could not be read for longer than the policy allows, unless a proof comes before; None: never."""
    whole = owed(state, notice)
    if whole is None:
        return None
    showing = state.showing(notice.notice_id)
    at = used_up(showing.unread(whole, figures), figures.unread_most)
    known_until = proven_until(showing, figures)
    if at is None or known_until is None or at < known_until:
        return at
    # The last proof is over: the next may be a little late.
    return max(at, known_until + figures.proof_late)


def proven_until(showing: Showing, figures: PublicNoticePolicy) -> datetime | None:
    """Until when the last proof speaks."""
    return showing.read[-1] + figures.proof_holds if showing.read else None


def unread_seconds(spans: Spans) -> int:
    """How long that is."""
    return int(length(spans).total_seconds())
