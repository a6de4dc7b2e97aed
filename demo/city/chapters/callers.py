"""Play who calls after the night: reporters are called back, and somebody complains and is answered."""

from __future__ import annotations

from demo.city.city import COMPLAINT, FAULT, NESTED, NESTED_REPORT, REPORT, at
from demo.city.stage import Stage
from schemas.contracts.dispatch import ComplaintAnswered, ComplaintReceived, FollowupDone

AGENT, LIN_TAO = "坐席 17", "林涛"


class Callers:
    """Thursday the 5th and Monday the 9th of March."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def called_back(self) -> None:
        """The call centre's system tells of one call; of the other a person, who gets nobody at first."""
        stage = self._stage
        done = FollowupDone(mrid=FAULT, done_at=at(5, 10), by=AGENT, outcome="satisfied", report_id=REPORT)
        await stage.at(at(5, 10), done)
        await stage.play.until(at(5, 10, 20))
        await stage.book.say(
            "operations",
            f"{LIN_TAO} (Lin Tao) works through the calls that are left: outagectl followup list",
            f"nobody answers: outagectl followup record {NESTED_REPORT} --outcome unreached",
            about=NESTED,
        )
        await stage.called(NESTED_REPORT, "unreached", by=LIN_TAO)
        await stage.play.until(at(5, 14, 30))
        await stage.called(NESTED_REPORT, "satisfied", by=LIN_TAO, opinion="修得快")

    async def complained(self) -> None:
        """Of the crew that came late in the night."""
        came = at(5, 15, 10)
        await self._stage.at(
            came, ComplaintReceived(complaint_id=COMPLAINT, outage=FAULT, received_at=came, subject="抢修来得太晚")
        )

    async def answered(self) -> None:
        """On the fourth of five days, so that nobody need be warned."""
        answered = at(9, 10, 30)
        await self._stage.at(
            answered,
            ComplaintAnswered(complaint_id=COMPLAINT, outage=FAULT, answered_at=answered, answered_by=AGENT),
        )
