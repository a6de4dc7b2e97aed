"""Send what dispatch says in a month of one small city. The story shown comes from the services' own logs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from demo.city.chapters.callers import Callers
from demo.city.chapters.month_end import APRIL, MonthEnd
from demo.city.chapters.night import Night
from demo.city.chapters.rule_days import Rules
from demo.city.chapters.silence import SilentEvening
from demo.city.city import (
    BAD_ID,
    EAST,
    FIRST_OF_YEAR,
    INDUSTRY,
    MILL,
    MOVED,
    OPEN,
    OPEN_REPORT,
    PLAN,
    REFUSED,
    RIVER,
    SCHOOL,
    SCHOOL_NUMBER,
    SECOND_OF_YEAR,
    TEMPORARY,
    WITHDRAWN,
    at,
)
from demo.city.stage import Chapter, Stage
from schemas.contracts.base import Period
from schemas.contracts.dispatch import (
    CauseCleared,
    FaultReported,
    OutageStarted,
    PlannedAmended,
    PlannedCancelled,
    PlannedRequested,
    SupplyRestored,
)

__all__ = ["BAD_ID", "Days"]


class Days:
    """Plays them on a stage; `chapter` names what is being played."""

    def __init__(self, stage: Stage, chapter: Chapter) -> None:
        self._stage, self._chapter = stage, chapter
        self._night = Night(stage)
        self._silence = SilentEvening(stage)
        self._callers, self._rules, self._month_end = Callers(stage), Rules(stage), MonthEnd(stage)

    async def run(self) -> None:
        """All of them."""
        chapters: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("planned work is announced", self._planned),
            ("one plan is moved and one withdrawn", self._changed),
            ("a usage point has had its year", self._limits),
            ("a fault comes at night", self._night.fault),
            ("the expected time passes", self._night.overdue),
            ("a second fault lies inside the first", self._night.nested),
            ("the faults are mended", self._night.mended),
            ("who reported the faults is called back", self._callers.called_back),
            ("somebody complains", self._callers.complained),
            ("Twilio's answer is lost", self._lost_answer),
            ("the temporary cut is carried out", self._temporary),
            ("a safety cut is made", self._rules.safety),
            ("a plan is moved too late", self._moved_too_late),
            ("the complaint is answered", self._callers.answered),
            ("load is shed by order", self._rules.ordered),
            ("a rule is set aside, and the work overruns", self._rules.approved),
            ("the planned cut is carried out", self._carried_out),
            ("a silence is caught", self._silence.caught),
            ("the month's last work is done", self._month_end.last_work),
            ("the month's account is published", self._month_end.published),
            ("a fault is left open", self._left_open),
        ]
        for name, play in chapters:
            async with self._chapter(name):
                await play()

    async def _planned(self) -> None:
        at_stage = self._stage.at
        await at_stage(
            at(2, 8, 30),
            PlannedRequested(
                mrid=PLAN,
                revision_number=1,
                outage_class="planned",
                planned_period=Period(start=at(11, 8), end=at(11, 17)),
                extent=INDUSTRY,
                requested_at=at(2, 8, 30),
                reason="更换老旧导线",
            ),
        )
        await at_stage(
            at(2, 10),
            PlannedRequested(
                mrid=REFUSED,
                revision_number=1,
                outage_class="planned",
                planned_period=Period(start=at(6, 9), end=at(6, 12)),
                extent=EAST,
                requested_at=at(2, 10),
                reason="树木修剪",
            ),
        )
        await at_stage(
            at(2, 11),
            PlannedRequested(
                mrid=MOVED,
                revision_number=1,
                outage_class="planned",
                planned_period=Period(start=at(10, 13), end=at(10, 16)),
                extent=RIVER,
                requested_at=at(2, 11),
                reason="更换开关",
            ),
        )
        await at_stage(
            at(2, 14),
            PlannedRequested(
                mrid=WITHDRAWN,
                revision_number=1,
                outage_class="planned",
                planned_period=Period(start=at(17, 9), end=at(17, 12)),
                extent=SCHOOL,
                requested_at=at(2, 14),
                reason="线路检修",
            ),
        )

    async def _changed(self) -> None:
        """A later day lies outside the notice, so it needs seven days of its own: from the 3rd, the 12th has them."""
        await self._stage.at(at(3, 9), self._moved(revision=2, day=12))
        await self._stage.at(
            at(4, 15),
            PlannedCancelled(mrid=WITHDRAWN, revision_number=1, cancelled_at=at(4, 15), reason="考试期间暂停检修"),
        )

    async def _limits(self) -> None:
        """At 35 kV one planned cut a year: the second is refused, and offered to be done with the first."""
        for mrid, hour, start, end, reason in (
            (FIRST_OF_YEAR, 16, 8, 17, "更换老旧导线"),
            (SECOND_OF_YEAR, 17, 15, 20, "继电保护校验"),
        ):
            asked = at(4, hour)
            plan = PlannedRequested(
                mrid=mrid,
                revision_number=1,
                outage_class="planned",
                planned_period=Period(start=at(20, start), end=at(20, end)),
                extent=MILL,
                requested_at=asked,
                reason=reason,
            )
            await self._stage.at(asked, plan)

    @staticmethod
    def _moved(*, revision: int, day: int) -> PlannedAmended:
        return PlannedAmended(
            mrid=MOVED,
            revision_number=revision,
            outage_class="planned",
            planned_period=Period(start=at(day, 13), end=at(day, 16)),
            extent=RIVER,
            requested_at=at(3, 9) if revision == 2 else at(9, 9),  # noqa: PLR2004 - the first of the two moves
            reason="更换开关",
        )

    async def _lost_answer(self) -> None:
        """Twilio creates the text, its answer is lost, and it cannot be asked: only its receipt can tell."""
        stage, number = self._stage, SCHOOL_NUMBER
        await stage.play.until(at(6, 10))
        await stage.break_twilio(
            {"kind": "created-drop", "number": number, "times": 1}, {"kind": "list-5xx", "number": number}
        )
        await stage.book.say(
            "operations",
            "Twilio will create the next text to the school and drop the line before it answers",
            "its list of texts fails too: nobody can know whether the text exists, and posting again could double it",
        )
        await stage.play.tell(
            PlannedRequested(
                mrid=TEMPORARY,
                revision_number=1,
                outage_class="temporary",
                planned_period=Period(start=at(7, 14), end=at(7, 15, 30)),
                extent=SCHOOL,
                requested_at=at(6, 10),
                reason="线夹发热处理",
            )
        )
        await stage.play.until(at(6, 10) + timedelta(minutes=1))  # news waits for a moment for more of it
        await stage.break_twilio()
        asked, arrived, twice = stage.book.missing(TEMPORARY)
        posted = await stage.posted(TEMPORARY)
        well = (asked, posted, arrived, twice) == (1, 1, 1, 0)
        await stage.book.say(
            "operations",
            f"{'one text' if well else 'SOMETHING IS WRONG'}: asked for {asked}, posted to Twilio {posted}, "
            f"on the handset {arrived}",
        )

    async def _temporary(self) -> None:
        await self._stage.at(
            at(7, 14),
            OutageStarted(
                mrid=TEMPORARY, outage_class="temporary", started_at=at(7, 14), extent=SCHOOL, ert=at(7, 15, 30)
            ),
        )
        await self._stage.at(at(7, 15, 20), SupplyRestored(mrid=TEMPORARY, restored_at=at(7, 15, 20)))

    async def _moved_too_late(self) -> None:
        """The new day is refused; the notice of the old one, now known to be false, comes down all the same."""
        await self._stage.at(at(9, 9), self._moved(revision=3, day=13))

    async def _carried_out(self) -> None:
        await self._stage.at(
            at(11, 8),
            OutageStarted(mrid=PLAN, outage_class="planned", started_at=at(11, 8), extent=INDUSTRY, ert=at(11, 17)),
        )
        await self._stage.at(at(11, 16, 5), CauseCleared(mrid=PLAN, cleared_at=at(11, 16, 5), cause="线路检修"))
        await self._stage.at(at(11, 16, 20), SupplyRestored(mrid=PLAN, restored_at=at(11, 16, 20)))

    async def _left_open(self) -> None:
        """The story ends in the middle of one, so that there is something to ask about."""
        began = at(7, 16, 40, month=APRIL)
        await self._stage.at(
            began,
            OutageStarted(
                mrid=OPEN, outage_class="fault", started_at=began, extent=EAST, ert=at(7, 18, 30, month=APRIL)
            ),
            FaultReported(mrid=OPEN, reported_at=began, territory="urban", report_id=OPEN_REPORT),
        )
        await self._stage.at(at(7, 17, month=APRIL))
