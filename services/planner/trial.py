"""Several plans judged one after another, as if each that is accepted were booked at once. Pure, and changes nothing.

What a dispatcher asks before sending: would these go ahead, together with what is booked already?
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from schemas.dispatch import PlanBody
from services.kernel.calendar import WorkingCalendar
from services.planner.known import NOTHING, Known, Standing, Used, Work, places
from services.planner.network import Network
from services.planner.rules import Verdict, judge
from services.planner.traits import usage_points
from services.policy import Policy


@dataclass(slots=True)
class Trial:
    """Judges plans under one policy; remembers what it accepted and refused."""

    policy: Policy
    calendar: WorkingCalendar
    network: Network | None = None
    judged: dict[str, tuple[PlanBody, bool]] = field(default_factory=dict)
    """By mRID the last plan and whether it was accepted."""

    def judge(self, plan: PlanBody, now: datetime, booked: Known = NOTHING) -> Verdict:
        """The verdict on `plan` at `now`. `booked`: what the planner's tables know (booking.read)."""
        mine = self._met_before(plan)
        # What was judged here stands in place of what is booked under the same mRID.
        known = Known(
            used=(*(each for each in booked.used if each.mrid not in self.judged), *mine.used),
            works=(*(each for each in booked.works if each.mrid not in self.judged), *mine.works),
        )
        verdict = judge(plan, self.policy, self.calendar, now, known=known, network=self.network)
        self.judged[plan.mrid] = (plan, verdict.accepted)
        return verdict

    def _met_before(self, plan: PlanBody) -> Known:
        ours, period, near = set(places(plan.extent)), plan.planned_period, self.policy.settings.overlap_near
        points = set(usage_points(plan))
        used: list[Used] = []
        works: list[Work] = []
        for other, accepted in self.judged.values():
            if other.mrid == plan.mrid:
                continue
            theirs = other.planned_period
            if accepted and other.outage_class == "planned":
                shared_points = sorted(points & set(usage_points(other)))
                used += [Used(point, other.mrid, theirs.start) for point in shared_points]
            shared = tuple(sorted(ours & set(places(other.extent))))
            if shared and theirs.start < period.end + near and period.start - near < theirs.end:
                standing: Standing = "noticed" if accepted else "refused"
                works.append(Work(other.mrid, other.outage_class, standing, theirs, shared))
        return Known(used=tuple(used), works=tuple(works))
