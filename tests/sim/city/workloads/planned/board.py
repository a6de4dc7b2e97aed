"""The public counts as told by a board: notices shown at once, late, never, twice, in other or older words, or said late."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Final

import msgspec

from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import dispatch
from schemas.contracts.base import Period
from schemas.contracts.dispatch import NoticeShown
from schemas.contracts.notices import Notice, NoticeAmended, NoticePublished
from services.wording.notice_digest import notice_digest
from tests.sim.city.plan.acts import Act, when
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage
from tests.sim.judging.promises.shown import PageRead

OFTEN = 0.4
NEEDS: Final = {"planner": {"counted_by": ("board",)}}
SOURCE: Final = "/board"
HOUR: Final = 3_600.0
DAY: Final = 24 * HOUR
MORNING: Final = 50 * 60.0
FATES: Final = (
    "at once", "at once", "twice", "said late", "other words", "mended", "older", "changed", "cancelled", "late", "never",
)  # fmt: skip
_NOTICES: Final = """
select type, data from event where stream_id = $1 and type in ('notice.published.v1', 'notice.amended.v1') order by version
"""
_KINDS: Final = {"notice.published.v1": NoticePublished, "notice.amended.v1": NoticeAmended}


@dataclass(frozen=True, slots=True)
class BoardRead:
    """The board reads the page of a work: the notice's words, others, or those of the version before. `late`: says so later."""

    at: float
    mrid: str
    words: str = "right"
    late: float = 0.0
    times: int = 1

    @property
    def about(self) -> str:
        """The work."""
        return self.mrid

    async def do(self, stage: Stage) -> None:
        """See Act. Where nothing is published yet, there is no page."""
        rows = await stage.city.logs["planner"].fetch(_NOTICES, f"outage/{self.mrid}")
        notices: list[Notice] = [msgspec.json.decode(row["data"], type=_KINDS[row["type"]]) for row in rows]
        if not notices:
            return
        last, shown = notices[-1], notices[-1]
        if self.words == "older" and len(notices) > 1:
            shown = notices[-2]
        now = stage.city.clock.now()
        fact = NoticeShown(
            mrid=self.mrid,
            notice_id=last.notice_id,
            version=last.version,
            channel="board",
            digest="f" * 64 if self.words == "other" else notice_digest(shown),
            shown_at=now,
        )
        right = fact.digest == notice_digest(last)
        name = f"{last.notice_id}/{self.at:.3f}"
        event = CloudEvent(source=SOURCE, id=name, type="notice.shown.v1", time=now, data=fact)
        await asyncio.sleep(self.late)
        for _ in range(self.times):
            await stage.hand_over(to_kafka(event, dispatch.TOPIC))
        stage.taken.add((SOURCE, name))
        stage.read.append(PageRead(last.notice_id, now, right, stage.city.clock.now(), fact.digest))

    def __str__(self) -> str:
        """For a person."""
        what = {"right": "the notice", "other": "other words than the notice", "older": "the version before"}[
            self.words
        ]
        later = f", and says so {when(self.late)} later" if self.late else ""
        return f"the board shows {what} of {self.mrid}{later}" + (" twice" if self.times > 1 else "")


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Each work is asked for in the first seconds, and has one fate."""
    teller, reads = Teller(random), list[Act]()
    for number in range(random.randint(*town.size.times)):
        mrid, fate = teller.mrid("BD"), random.choice(FATES)
        begins = (10 + 3 * number) * DAY + MORNING
        asked = random.uniform(0, 3)
        plan = teller.asks(mrid, town.noticed(random.choice(town.lines)), asked, begins)
        soon = asked + random.uniform(6, 9)
        match fate:
            case "at once" | "twice" | "said late":
                late = random.uniform(1, 5) if fate == "said late" else 0.0
                reads.append(BoardRead(soon, mrid, late=late, times=2 if fate == "twice" else 1))
            case "other words" | "mended":
                reads.append(BoardRead(soon, mrid, "other"))
                if fate == "mended":
                    reads.append(BoardRead(soon + 3, mrid))
            case "older" | "changed":
                reads.append(BoardRead(soon, mrid))
                moved = Period(start=at(begins + DAY), end=at(begins + DAY + 6 * HOUR))
                teller.say(
                    soon + 90,
                    dispatch.PlannedAmended(
                        mrid=mrid,
                        revision_number=2,
                        outage_class="planned",
                        planned_period=moved,
                        extent=plan.extent,
                        requested_at=at(soon + 90),
                        reason="线路检修",
                    ),
                    0.0,
                )
                reads.append(BoardRead(soon + 180, mrid, "older" if fate == "older" else "right"))
            case "cancelled":
                if random.random() < 1 / 2:
                    reads.append(BoardRead(soon, mrid))
                gone = soon + 90
                cancelled = dispatch.PlannedCancelled(mrid=mrid, revision_number=2, cancelled_at=at(gone))
                teller.say(gone, cancelled, 0.0)
            case "late":
                reads.append(BoardRead(begins - 5 * DAY, mrid))
        if fate in ("at once", "late", "never") and random.random() < 1 / 2:
            teller.off(mrid, begins + 60, plan.extent, outage_class="planned", ert=at(begins + 6 * HOUR))
            teller.back(mrid, begins + timedelta(hours=5).total_seconds())
    return [*teller.told, *reads]
