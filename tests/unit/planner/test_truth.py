"""Whole lives of plans, played at random with their deadlines: what the public reads, and what a verdict rests on."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.base import Extent, Period, Wire
from schemas.contracts.dispatch import (
    ExtentChanged,
    OutageCorrected,
    OutageReopened,
    OutageStarted,
    OutageWithdrawn,
    PlanBody,
    PlannedCancelled,
)
from schemas.contracts.notices import Notice, NoticeClosed, NoticeWithdrawn
from schemas.contracts.restorations import OutageClassified, RestorationConfirmed
from services.planner.domain.verdict.judge import judge
from services.planner.domain.verdict.other_work import CountedOutage, OtherWork
from services.policy.calendar import WorkingCalendar
from tests.kits.deciders.planner import CALENDAR, MRID, NOW, PLANNER, POLICY, Stream, amend, cancel, request

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LINES, AREAS = ("10千伏城东线", "10千伏城西线"), ("中山路一带", "人民路")
FAR = timedelta(days=9000)

extents = st.builds(
    Extent,
    lines=st.lists(st.sampled_from(LINES), min_size=1, unique=True).map(tuple),
    areas=st.lists(st.sampled_from(AREAS), min_size=1, unique=True).map(tuple),
)


def _ago(now: datetime, back: int) -> datetime:
    return now - timedelta(minutes=back)


@st.composite
def facts(draw: st.DrawFn, now: datetime) -> Wire:
    """One thing said at `now`; what happened may have happened a while ago."""
    back = draw(st.sampled_from([0, 10, 300]))
    kinds = ["plan", "plan", "plan", "cancel", "started", "restored", "reopened", "grown", "none", "corrected"]
    kinds.append("classified")
    kind = draw(st.sampled_from(kinds))
    match kind:
        case "plan":
            start = now + timedelta(hours=draw(st.sampled_from([-3, 30, 8 * 24 + 16, 9 * 24 + 16])))
            period = Period(start=start, end=start + draw(st.sampled_from([4, 8])) * HOUR)
            maker = draw(st.sampled_from([request, amend]))
            classes, safe = st.sampled_from(["planned", "planned", "temporary"]), st.integers(0, 9)
            more: dict[str, Any] = {"outage_class": draw(classes), "safety_cut": draw(safe) == 0}
            more["requested_at"] = _ago(now, draw(st.sampled_from([0, 0, 20])))
            return maker(draw(st.integers(1, 6)), period, draw(extents), **more)
        case "cancel":
            return cancel(draw(st.integers(1, 6)))
        case "started":
            return OutageStarted(mrid=MRID, outage_class="planned", started_at=_ago(now, back), extent=draw(extents))
        case "restored":
            at = _ago(now, back)
            return RestorationConfirmed(
                mrid=MRID, restored_at=at, confirmed_at=at, outage_class="planned", reason="all-restored"
            )
        case "reopened":
            return OutageReopened(mrid=MRID, reopened_at=_ago(now, back))
        case "corrected":
            return OutageCorrected(mrid=MRID, corrected_at=now, started_at=_ago(now, back))
        case "classified":
            return OutageClassified(
                mrid=MRID,
                outage_class=draw(st.sampled_from(["planned", "temporary", "fault"])),
                was="fault",
                started_at=_ago(now, back),
                extent=draw(extents),
                reclassified_at=now,
                by="/dispatch/1",
                decided_at=now,
            )
        case "none":
            return OutageWithdrawn(mrid=MRID, withdrawn_at=_ago(now, back))
        case _:
            return ExtentChanged(mrid=MRID, changed_at=_ago(now, back), extent=draw(extents))


@dataclass
class Reader:
    """Someone who knows the topic and what dispatch said, and nothing of the planner."""

    shown: Notice | None = None
    words: dict[tuple[int, int], PlanBody | None] = field(default_factory=dict)
    begun: bool = False
    first: datetime = NOW
    open: set[str] = field(default_factory=set)

    def reads(self, event: Any) -> None:
        """One event of the log, published or not."""
        match event.data:
            case Notice() as notice:
                self.shown = notice
            case NoticeWithdrawn():
                self.shown = None
            case NoticeClosed(outcome="not-carried-out"):
                self.shown = None
            case PlanBody() as plan if not self.begun:
                self.words[plan.revision_number, 0] = plan
            case PlannedCancelled() as word if not self.begun:
                self.words[word.revision_number, 1] = None
            case OutageWithdrawn(withdrawn_at=at) if not self.begun or self.first <= at:
                # There was no such outage: what is said from here on is of another.
                self.begun, self.words = False, {}
            case OutageStarted(started_at=at):
                self.begun, self.first = True, min(at, self.first) if self.begun else at
            case OutageClassified(started_at=at):
                self.begun, self.first = True, at
            case RestorationConfirmed() | OutageReopened():
                # From here on the field says what is true.
                self.begun = True
        name = event.type.removesuffix(".v1")
        if name == "promise.made":
            self.open.add(event.data.promise_id)
        elif name in ("promise.kept", "promise.broken", "promise.voided"):
            self.open.remove(event.data.promise_id)

    def believes(self, now: datetime) -> None:
        """What is shown is not known to be false."""
        if self.begun:
            return
        if self.shown is None:
            assert not self.open, "a promise of a notice that is not up"
            return
        plan = self.words[max(self.words)]
        assert plan is not None, "the work was cancelled and the notice is still up"
        told, will_be = self.shown.planned_period, plan.planned_period
        assert will_be.start <= told.start, "it will not begin so early"
        assert told.end <= will_be.end, "it will not last so long"
        assert set(self.shown.extent.lines) <= set(plan.extent.lines), "a line that stays on"
        assert set(self.shown.extent.areas) <= set(plan.extent.areas), "an area that stays on"
        assert self.shown.outage_class == plan.outage_class, "another kind of work"
        assert now < told.end, "it is over, and never began"


@given(st.data())
def test_at_every_instant_no_published_notice_states_what_the_planner_knows_to_be_false(data: st.DataObject) -> None:
    stream, reader, now, read = Stream(), Reader(), NOW, 0
    for _ in range(data.draw(st.integers(1, 9))):
        now += data.draw(st.sampled_from([0, 1, 60, 60 * 24 * 2, 60 * 24 * 9])) * MINUTE
        _fire_due(stream, now)
        stream.hears(data.draw(facts(now)), now)
        _fire_due(stream, now)
        for event in stream.log[read:]:
            reader.reads(event)
        read = len(stream.log)
        reader.believes(now)
    _fire_due(stream, now + FAR)
    assert not stream.timers()


def _fire_due(stream: Stream, now: datetime) -> None:
    """Every deadline up to `now`, in order; each fires once for each time it is armed, or Stream.fire complains."""
    for _ in range(100):
        due = [(at, name) for name, at in stream.timers().items() if at <= now]
        if not due:
            return
        stream.fire(min(due)[1])
    raise AssertionError("deadlines fire for ever")


@given(st.data())
def test_deciding_twice_decides_the_same_and_from_the_log_alone(data: st.DataObject) -> None:
    stream, now = Stream(), NOW
    for _ in range(data.draw(st.integers(1, 6))):
        now += data.draw(st.sampled_from([0, 60, 60 * 24 * 9])) * MINUTE
        _fire_due(stream, now)
        again = Stream()
        for event in stream.log:
            again.state = PLANNER.evolve(again.state, event)
            again.lives.hear(event.data)
        again.log = list(stream.log)
        fact = data.draw(facts(now))
        assert again.hears(fact, now) == stream.hears(fact, now)
        assert again.state == stream.state


@st.composite
def asked(draw: st.DrawFn) -> tuple[PlanBody, OtherWork, datetime]:
    """A plan with usage points, and what their year holds already."""
    now = NOW + draw(st.integers(0, 400 * 24 * 60)) * MINUTE
    start = now + draw(st.integers(-24 * 60, 500 * 24 * 60)) * MINUTE
    names = draw(st.lists(st.sampled_from(["UP-1", "UP-2", "UP-3"]), min_size=1, unique=True))
    extent = Extent(
        lines=LINES, areas=AREAS, usage_points=tuple(names), nominal_voltage=draw(st.sampled_from([10, 35]))
    )
    plan = request(
        period=Period(start=start, end=start + HOUR),
        extent=extent,
        outage_class=draw(st.sampled_from(["planned", "planned", "temporary"])),
    )
    offsets = draw(st.lists(st.integers(-300, 700), max_size=8, unique=True))
    used = [CountedOutage(draw(st.sampled_from(names)), f"OLD-{n}", now + timedelta(days=n, hours=3)) for n in offsets]
    return plan, OtherWork(used=tuple(used)), now


def _at(plan: PlanBody, start: datetime) -> PlanBody:
    return request(period=Period(start=start, end=start + HOUR), extent=plan.extent, outage_class=plan.outage_class)


@given(asked(), st.sampled_from(["calendar", "rolling"]))
def test_the_first_lawful_start_is_accepted_and_a_minute_earlier_is_not_whatever_the_year_holds(
    case: tuple[PlanBody, OtherWork, datetime], year: Any
) -> None:
    plan, known, now = case
    policy = replace(POLICY, settings=replace(POLICY.settings, budget_year=year, furthest_ahead=FAR))
    verdict = judge(plan, policy, CALENDAR, now, known=known)
    if "no-room-in-sight" in verdict.warnings:
        assert (
            "yearly-budget-used"
            in judge(_at(plan, verdict.earliest_lawful_start), policy, CALENDAR, now, known=known).reasons
        )
        return
    first = verdict.earliest_lawful_start
    assert judge(_at(plan, first), policy, CALENDAR, now, known=known).accepted
    assert not judge(_at(plan, first - MINUTE), policy, CALENDAR, now, known=known).accepted
    assert not verdict.accepted or plan.planned_period.start >= first or known.used


@given(st.lists(asked(), min_size=1, max_size=5))
def test_a_verdict_rests_on_plan_policy_calendar_instant_and_what_is_booked_and_on_nothing_judged_before(
    cases: list[tuple[PlanBody, OtherWork, datetime]],
) -> None:
    busy = WorkingCalendar()
    together = [judge(plan, POLICY, busy, now, known=known) for plan, known, now in reversed(cases)]
    alone = [judge(plan, POLICY, WorkingCalendar(), now, known=known) for plan, known, now in cases]
    assert together[::-1] == alone
