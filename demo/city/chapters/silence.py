"""Play an evening on which sending is stopped and forgotten: texts wait, and the watch over silence finds who hears nothing."""

from __future__ import annotations

from datetime import timedelta

from demo.city.city import EAST, HOSPITAL, LIFE_SUPPORT, SILENT, SILENT_REPORT, at
from demo.city.stage import Stage, hour
from schemas.contracts.dispatch import (
    CauseCleared,
    CrewStatus,
    FaultReported,
    FollowupDone,
    OutageStarted,
    SupplyRestored,
)

CREW, AGENT, CHEN_MIN, LIN_TAO = "抢修二班", "坐席 17", "陈敏", "林涛"
WHO = {HOSPITAL: "the hospital", LIFE_SUPPORT: "Li Xiuying"}
LOOKS = timedelta(minutes=32)
"""A hospital may hear nothing for half an hour; the watch looks every half minute."""


class SilentEvening:
    """Thursday, 12 March."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def caught(self) -> None:
        """Nothing is lost and nothing fails, so that no alarm of the sender's speaks of it: customers sit in the dark untold."""
        stage, began, back = self._stage, at(12, 16, 40), at(12, 17, 50)
        await stage.play.until(at(12, 16))
        await stage.stop_sending("the line to the provider is tested")
        await stage.book.say(
            "operations",
            "all sending is stopped while the line to the provider is tested, and afterwards nobody lets it go again",
            "outagectl sending stop --reason …: no text is lost, it waits",
        )
        await stage.at(
            began,
            OutageStarted(mrid=SILENT, outage_class="fault", started_at=began, extent=EAST, ert=at(12, 18, 30)),
            FaultReported(mrid=SILENT, reported_at=began, territory="urban", report_id=SILENT_REPORT),
        )
        await stage.at(at(12, 17, 4), CrewStatus(mrid=SILENT, crew_status="arrived", at=at(12, 17, 4), crew_id=CREW))
        await stage.play.until(began + LOOKS)
        found = await stage.held_in_silence()
        whom = " and ".join(WHO.get(one, one) for one in found) or "SOMETHING IS WRONG: nobody"
        await stage.book.say(
            "restorer",
            f"watches over silence: power is off since {hour(began)}, and {whom} heard nothing since: held, a text waits",
            "it goes by what providers took, not by what was asked for; a task for whoever is on duty: outagectl silence",
            about=SILENT,
        )
        await stage.book.say(
            "operations", "whoever is on duty sees it, and lets sending go again: outagectl sending resume"
        )
        await stage.resume_sending("the test is long over")
        await stage.play.until(at(12, 17, 20))
        await stage.spoke((HOSPITAL, CHEN_MIN), (LIFE_SUPPORT, LIN_TAO))
        await stage.book.say(
            "operations",
            f"{CHEN_MIN} (Chen Min) has spoken with the hospital, {LIN_TAO} (Lin Tao) with Li Xiuying, and said sorry",
        )
        await stage.at(at(12, 17, 40), CauseCleared(mrid=SILENT, cleared_at=at(12, 17, 40), cause="线夹发热处理"))
        await stage.at(back, SupplyRestored(mrid=SILENT, restored_at=back))
        await stage.at(
            at(13, 10),
            FollowupDone(mrid=SILENT, done_at=at(13, 10), by=AGENT, outcome="satisfied", report_id=SILENT_REPORT),
        )
