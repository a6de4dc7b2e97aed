"""Try plans on the planner's own decider, one after another, as if each were sent now. Pure, and changes nothing.

What a dispatcher asks before sending: would these go ahead, beside what is booked, and what would the public read then?
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import PlanBody
from services.kernel.model import Event, Message
from services.places import normal, normals
from services.places.extents import same
from services.planner.domain.decider import OLDER, PlannerOutage
from services.planner.domain.evolve import evolve, follow
from services.planner.domain.state import PlanState
from services.planner.domain.verdict.judge import Verdict
from services.planner.domain.verdict.other_work import (
    NOTHING,
    CountedOutage,
    NearbyWork,
    OtherWork,
    Standing,
    points_cut,
    written,
)
from services.policy import Policy
from services.policy.calendar import WorkingCalendar


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What would be said to one plan. `follows`: the planner's named reason, e.g. published, refused-and-withdrawn."""

    verdict: Verdict
    follows: str

    @property
    def accepted(self) -> bool:
        """Whether the plan would go ahead; a plan older than what is known changes nothing."""
        return self.verdict.accepted and self.follows != OLDER


@dataclass(frozen=True, slots=True)
class JudgedPlan:
    """A plan that was judged here, what would follow, and the usage points that would be cut by the notice then in force."""

    plan: PlanBody
    state: PlanState
    cut: frozenset[str] = frozenset()
    """Their normal names: those that the notice names, and those that the network model says."""


@dataclass(slots=True)
class Trial:
    """Judges plans under one policy; remembers what would have become of those before."""

    policy: Policy
    calendar: WorkingCalendar
    judged: dict[str, JudgedPlan] = field(default_factory=dict)
    """By mRID the last plan."""

    def judge(
        self, plan: PlanBody, now: datetime, booked: OtherWork = NOTHING, log: Sequence[Event] = ()
    ) -> TrialResult:
        """The verdict on `plan` at `now`. `booked`: what the planner's tables know (booking.read); `log`: its own stream."""
        planner = PlannerOutage(self.policy, self.calendar)
        state = planner.initial(f"outage/{plan.mrid}")
        if plan.mrid in self.judged:
            state = self.judged[plan.mrid].state
        else:
            for event in log:
                state = evolve(state, event)
        known = self._known(plan, booked)
        verdict = planner.judge(state, plan, known, now)
        message = Message("trial", plan.mrid, TYPE_OF[type(plan)], now, plan, plan.mrid, 0)
        decision = planner.decide(state, known, message, now)
        after = follow(state, decision.events, now)
        self.judged[plan.mrid] = JudgedPlan(plan, after, self._cut(plan, after, booked))
        return TrialResult(verdict, decision.reason)

    def _known(self, plan: PlanBody, booked: OtherWork) -> OtherWork:
        """What is booked, and in place of it what was judged here under the same mRID."""
        near, ours, period = self.policy.settings.overlap_near, written(plan.extent), plan.planned_period
        used = [each for each in booked.used if each.mrid not in self.judged]
        works = [each for each in booked.works if each.mrid not in self.judged]
        points = {normal(point): point for point in points_cut(plan, booked.network)}
        for mrid, standing, kind, theirs, extent in self._others(plan.mrid):
            shared = tuple(ours[place] for place in sorted(ours.keys() & written(extent).keys()))
            if standing == "noticed" and kind == "planned":
                both = sorted(points.keys() & self.judged[mrid].cut)
                used += [CountedOutage(points[form], mrid, theirs.start) for form in both]
            if shared and theirs.start < period.end + near and period.start - near < theirs.end:
                works.append(NearbyWork(mrid, kind, standing, theirs, shared))
        return OtherWork(used=tuple(used), works=tuple(works), network=booked.network)

    def _cut(self, plan: PlanBody, state: PlanState, booked: OtherWork) -> frozenset[str]:
        """What the notice in force cuts: the plan's points where it is that of the plan, else those that it had before."""
        if state.notice is None:
            return frozenset()
        extent, network = state.notice.told.extent, booked.network
        before = self.judged.get(plan.mrid)
        if same(extent, plan.extent):
            by_model = network.points if network is not None else ()
        elif before is not None:
            return before.cut
        else:
            by_model = network.noticed if network is not None else ()
        return normals((*extent.usage_points, *by_model))

    def _others(self, mrid: str) -> Iterator[tuple[str, Standing, str, Period, Extent]]:
        for other, judged in self.judged.items():
            plan, state = judged.plan, judged.state
            if other != mrid and state.notice is not None:
                told = state.notice.told
                yield other, "noticed", told.outage_class, told.period, told.extent
            elif other != mrid:
                yield other, "refused", plan.outage_class, plan.planned_period, plan.extent
