"""No notice stands that the planner knew to be false, and none is published that comes too late."""

from datetime import UTC, datetime, timedelta
from typing import Any

from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import (
    OutageStarted,
    OutageWithdrawn,
    PlannedAmended,
    PlannedCancelled,
    PlannedRequested,
)
from schemas.contracts.notices import (
    NoticeBreached,
    NoticeClosed,
    NoticePublished,
    NoticeWithdrawn,
    PlanAccepted,
    PlanRejected,
)
from tests.sim.judging.promises.notices import false_notices
from tests.sim.judging.words import Word

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
START = ZERO + timedelta(days=12)
PERIOD = Period(start=START, end=START + timedelta(hours=8))
SOONER = Period(start=START - timedelta(days=8), end=START - timedelta(days=7))
WHERE = Extent(lines=("L",))
BEFORE, AFTER = PERIOD.start, PERIOD.end + timedelta(hours=1)


def asked(revision: int = 1, period: Period = PERIOD, kind: Any = PlannedRequested) -> Any:
    return kind(
        mrid="W",
        revision_number=revision,
        outage_class="planned",
        planned_period=period,
        extent=WHERE,
        requested_at=ZERO,
    )


def answered(kind: Any, revision: int = 1, period: Period = PERIOD, *reasons: str) -> Any:
    more = {"reasons": reasons} if reasons else {}
    return kind(mrid="W", revision_number=revision, decided_at=ZERO, planned_period=period, findings=(), **more)


PUBLISHED = NoticePublished(
    mrid="W", notice_id="W/1", version=1, revision_number=1, outage_class="planned", published_at=ZERO,
    planned_period=PERIOD, extent=WHERE,
)  # fmt: skip
WITHDRAWN = NoticeWithdrawn(
    mrid="W", notice_id="W/1", version=1, withdrawn_at=ZERO, planned_period=PERIOD, reason="cancelled"
)
CLOSED = NoticeClosed(
    mrid="W", notice_id="W/1", version=1, closed_at=AFTER, outcome="not-carried-out", noticed_period=PERIOD
)
CANCELLED = PlannedCancelled(mrid="W", revision_number=2, cancelled_at=ZERO)
TOLD = (asked(), answered(PlanAccepted), PUBLISHED)


def found(*decisions: tuple[Any, ...], now: datetime = BEFORE) -> str:
    words = [Word(ZERO, str(number), said) for number, decision in enumerate(decisions) for said in decision]
    return "; ".join(false_notices(words, now))


def test_what_was_accepted_last_is_what_the_public_reads() -> None:
    assert not found(TOLD)
    assert "nobody was told" in found((asked(), answered(PlanAccepted)))
    longer = Period(start=START, end=PERIOD.end + timedelta(hours=1))
    amended = (asked(2, longer, PlannedAmended), answered(PlanAccepted, 2, longer))
    assert "not what revision 2 says" in found(TOLD, amended)


def test_what_was_cancelled_is_taken_down() -> None:
    assert not found(TOLD, (CANCELLED, WITHDRAWN))
    assert "revision 2 had cancelled it" in found(TOLD, (CANCELLED,))


def test_of_work_that_there_is_not_no_notice_stands() -> None:
    gone = OutageWithdrawn(mrid="W", withdrawn_at=ZERO)
    assert not found(TOLD, (gone, WITHDRAWN))
    assert "there is no such work" in found(TOLD, (gone,))
    begun = OutageStarted(mrid="W", outage_class="planned", started_at=ZERO, extent=WHERE)
    assert "there is no such work" in found(TOLD, (begun,), (gone,))


def test_of_a_notice_nothing_stands_that_a_refused_change_gave_up() -> None:
    refused = (asked(2, SOONER, PlannedAmended), answered(PlanRejected, 2, SOONER, "notice-too-short"))
    assert "revision 2, which was refused, is of another time" in found(TOLD, refused)
    assert not found(TOLD, (*refused, WITHDRAWN))
    slip = (asked(2, SOONER, PlannedAmended), answered(PlanRejected, 2, SOONER, "period-too-long"))
    assert not found(TOLD, slip)


def test_work_that_began_goes_on_as_noticed() -> None:
    begun = OutageStarted(mrid="W", outage_class="planned", started_at=START, extent=WHERE)
    assert not found(TOLD, (begun,), (CANCELLED,))


def test_what_became_of_a_notice_is_said_when_its_end_has_come() -> None:
    assert "nobody heard how" in found(TOLD, now=AFTER)
    assert not found(TOLD, (CLOSED,), now=AFTER)
    assert not found(TOLD, (NoticeBreached(mrid="W", kind="overran", at=AFTER),), now=AFTER)


def test_a_plan_is_accepted_where_seven_whole_days_are_left_and_nowhere_else() -> None:
    seven = Period(start=datetime(2026, 3, 12, 16, tzinfo=UTC), end=datetime(2026, 3, 13, tzinfo=UTC))
    less = Period(start=seven.start - timedelta(seconds=1), end=seven.end)
    assert "was accepted, and may begin from" in found((asked(1, less), answered(PlanAccepted, 1, less)))
    assert "is not" in found((asked(1, seven), answered(PlanRejected, 1, seven, "notice-too-short")))
    assert not found((asked(1, less), answered(PlanRejected, 1, less, "notice-too-short")))
