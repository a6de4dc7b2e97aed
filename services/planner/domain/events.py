"""Events that the planner keeps in its own log and publishes to nobody."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta, field

from schemas.contracts.base import LATEST, MRID, Extent, Instant, Name, Period, Text, Wire
from schemas.contracts.dispatch import Fact
from services.planner.domain.notice_content import NoticeContent
from services.planner.domain.state import InForce, PastNotice
from services.plausibility import HELD_STRUCTS


class OtherNotice(Wire, frozen=True, kw_only=True):
    """A notice of another plan that the public could read when this work began."""

    notice_id: Name
    version: Annotated[int, Meta(ge=1)]
    outage_class: Name
    planned_period: Period
    extent: Extent
    reason: Text | None = None
    safety_cut: bool = False
    published_at: Instant
    until: Annotated[Instant, Meta(description="When it came down; absent: it had not")] | None = None

    def as_known(self) -> PastNotice:
        """It, as a state keeps notices."""
        told = NoticeContent(self.outage_class, self.planned_period, self.extent, self.reason, self.safety_cut)
        return PastNotice(InForce(self.notice_id, self.version, told, self.published_at), self.until or LATEST)


class NoticeReferred(Fact, frozen=True, kw_only=True):
    """Dispatch says whose plan this work was: its notice, as it stood when the work began. None: it had none then."""

    plan_mrid: MRID = field(name="planMRID")
    notice: OtherNotice | None = None


class WorkUnbegun(Fact, frozen=True, kw_only=True):
    """What was taken for work was a fault: nobody has begun, and what is noticed is booked as it was."""

    outage_class: Annotated[Name, Meta(description="Of the notice in force, if there is one")] = "planned"
    noticed: Annotated[Period, Meta(description="When it is noticed for; absent: not at all")] | None = None
    extent: Extent = Extent()


NOTICE_REFERRED = "notice.referred.v1"
WORK_UNBEGUN = "work.unbegun.v1"
STRUCTS: dict[str, type[msgspec.Struct]] = {
    **HELD_STRUCTS,
    NOTICE_REFERRED: NoticeReferred,
    WORK_UNBEGUN: WorkUnbegun,
}
