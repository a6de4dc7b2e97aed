"""Play the days on which a rule is set aside, cannot be kept, or is broken: an approver, a safety cut, an overrun, an order."""

from __future__ import annotations

from datetime import datetime

from demo.city.city import ALUMINIUM, APPROVED, MILL, ORDERED_FIRST, ORDERED_SECOND, RIVER, SAFETY, SCHEME, SCHOOL, at
from demo.city.stage import Stage
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import (
    CurtailmentOrdered,
    ErtChanged,
    OutageStarted,
    PlannedRequested,
    PolicyException,
    SupplyRestored,
)


class Rules:
    """Sunday the 8th to Tuesday the 10th of March."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def safety(self) -> None:
        """A pole is about to fall: never refused, published at once, its gaps on record."""
        asked, off, back = at(8, 11), at(8, 11, 30), at(8, 12, 40)
        await self._stage.at(
            asked,
            PlannedRequested(
                mrid=SAFETY,
                revision_number=1,
                outage_class="temporary",
                planned_period=Period(start=off, end=at(8, 13)),
                extent=RIVER,
                requested_at=asked,
                reason="电杆被撞倾斜",
                safety_cut=True,
            ),
        )
        await self._stage.at(
            off,
            OutageStarted(mrid=SAFETY, outage_class="temporary", started_at=off, extent=RIVER, ert=at(8, 13)),
        )
        await self._stage.at(back, SupplyRestored(mrid=SAFETY, restored_at=back))

    async def ordered(self) -> None:
        """Load is shed by order: the second step of the published scheme first, then the first."""
        await self._order(ORDERED_SECOND, step=2, extent=ALUMINIUM, ordered=at(9, 17))
        await self._order(ORDERED_FIRST, step=1, extent=MILL, ordered=at(9, 17, 10))
        back = at(9, 19, 50)
        await self._stage.at(
            back, *(SupplyRestored(mrid=mrid, restored_at=back) for mrid in (ORDERED_SECOND, ORDERED_FIRST))
        )

    async def _order(self, mrid: str, *, step: int, extent: Extent, ordered: datetime) -> None:
        await self._stage.at(
            ordered,
            CurtailmentOrdered(
                mrid=mrid,
                ordered_at=ordered,
                planned_period=Period(start=at(9, 18), end=at(9, 20)),
                extent=extent,
                scheme_id=SCHEME,
                scheme_step=step,
            ),
        )

    async def approved(self) -> None:
        """Less than a day ahead, with a named approver's exception; and then it takes longer than was said."""
        asked, off, end = at(10, 9), at(10, 16), at(10, 18)
        await self._stage.at(
            asked,
            PlannedRequested(
                mrid=APPROVED,
                revision_number=1,
                outage_class="temporary",
                planned_period=Period(start=off, end=end),
                extent=SCHOOL,
                requested_at=asked,
                reason="变压器漏油",
                exceptions=(
                    PolicyException(rule_id="cn.temporary.key-customers-24h", reason="等不到明天", approver="王建国"),
                ),
            ),
        )
        await self._stage.at(
            off, OutageStarted(mrid=APPROVED, outage_class="temporary", started_at=off, extent=SCHOOL, ert=end)
        )
        await self._stage.at(at(10, 18, 2), ErtChanged(mrid=APPROVED, changed_at=at(10, 18, 2), ert=at(10, 18, 40)))
        await self._stage.at(at(10, 18, 35), SupplyRestored(mrid=APPROVED, restored_at=at(10, 18, 35)))
