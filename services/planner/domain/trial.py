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
from services.planner.domain.decider import OLDER, PlannerOutage
from services.planner.domain.evolve import evolve, follow
from services.planner.domain.state import PlanState
from services.planner.domain.verdict.judge import Verdict
from services.planner.domain.verdict.other_work import NOTHING, CountedOutage, NearbyWork, OtherWork, Standing, written
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


@dataclass(slots=True)
class Trial:
    """Judges plans under one policy; remembers what would have become of those before."""

    policy: Policy
    calendar: WorkingCalendar
    judged: dict[str, tuple[PlanBody, PlanState]] = field(default_factory=dict)
    """By mRID the last plan, and the state that would follow."""

    def judge(
        self, plan: PlanBody, now: datetime, booked: OtherWork = NOTHING, log: Sequence[Event] = ()
    ) -> TrialResult:
        """The verdict on `plan` at `now`. `booked`: what the planner's tables know (booking.read); `log`: its own stream."""
        planner = PlannerOutage(self.policy, self.calendar)
        state = planner.initial(f"outage/{plan.mrid}")
        if plan.mrid in self.judged:
            state = self.judged[plan.mrid][1]
        else:
            for event in log:
                state = evolve(state, event)
        known = self._known(plan, booked)
        verdict = planner.judge(state, plan, known, now)
        message = Message("trial", plan.mrid, TYPE_OF[type(plan)], now, plan, plan.mrid, 0)
        decision = planner.decide(state, known, message, now)
        self.judged[plan.mrid] = (plan, follow(state, decision.events, now))
        return TrialResult(verdict, decision.reason)

    def _known(self, plan: PlanBody, booked: OtherWork) -> OtherWork:
        """What is booked, and in place of it what was judged here under the same mRID."""
        near, ours, period = self.policy.settings.overlap_near, written(plan.extent), plan.planned_period
        used = [each for each in booked.used if each.mrid not in self.judged]
        works = [each for each in booked.works if each.mrid not in self.judged]
        for mrid, standing, kind, theirs, extent in self._others(plan.mrid):
            shared = tuple(ours[place] for place in sorted(ours.keys() & written(extent).keys()))
            if standing == "noticed" and kind == "planned":
                points = (each.removeprefix("usagePoint:") for each in shared if each.startswith("usagePoint:"))
                used += [CountedOutage(point, mrid, theirs.start) for point in points]
            if shared and theirs.start < period.end + near and period.start - near < theirs.end:
                works.append(NearbyWork(mrid, kind, standing, theirs, shared))
        return OtherWork(used=tuple(used), works=tuple(works), network=booked.network)

    def _others(self, mrid: str) -> Iterator[tuple[str, Standing, str, Period, Extent]]:
        for other, (plan, state) in self.judged.items():
            if other != mrid and state.notice is not None:
                told = state.notice.told
                yield other, "noticed", told.outage_class, told.period, told.extent
            elif other != mrid:
                yield other, "refused", plan.outage_class, plan.planned_period, plan.extent
