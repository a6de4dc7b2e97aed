"""Play the end of the month: its last work, and the published account of how promises were kept."""

from __future__ import annotations

from demo.city.city import FIRST_OF_YEAR, MILL, MONTH, at
from demo.city.stage import Stage
from schemas.contracts.dispatch import OutageStarted, SupplyRestored

APRIL = 4
DIRECTOR = "周岚"
"""Who answers for the statement."""


class MonthEnd:
    """Friday, 20 March, and the days after the month's end."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def last_work(self) -> None:
        """The planned cut of the steelworks, as noticed; with it every promise of March is decided."""
        off, back = at(20, 8), at(20, 16, 20)
        await self._stage.at(
            off, OutageStarted(mrid=FIRST_OF_YEAR, outage_class="planned", started_at=off, extent=MILL, ert=at(20, 17))
        )
        await self._stage.at(back, SupplyRestored(mrid=FIRST_OF_YEAR, restored_at=back))

    async def published(self) -> None:
        """Late facts have had their three days; then a person publishes what the month came to."""
        stage = self._stage
        await stage.play.until(at(7, 10, month=APRIL))
        await stage.book.say(
            "operations",
            f"{DIRECTOR} (Zhou Lan) publishes the account of March: outagectl fulfilment publish {MONTH} --by {DIRECTOR}",
            "it rests on every promise of the three services that fell due in March, on each call back and on how long "
            "each crew took, case by case",
        )
        await stage.publish(MONTH, by=DIRECTOR)
