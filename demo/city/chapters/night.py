"""Play the night of the demo: a fault whose expected time changes, a service killed, a bad event, a fault inside a fault."""

from __future__ import annotations

from datetime import timedelta

from demo.city.city import (
    BAD_ID,
    BOTH,
    EAST,
    FAULT,
    HOSPITAL,
    LIFE_SUPPORT,
    NESTED,
    NESTED_REPORT,
    ONE_TRANSFORMER,
    REPORT,
    RIVER_LINE,
    SOURCE,
    WATERWORKS,
    at,
)
from demo.city.stage import Stage, hour
from schemas.cloudevent import CloudEvent
from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF, type_of
from schemas.contracts.base import encode
from schemas.contracts.dispatch import (
    CauseCleared,
    CrewStatus,
    ErtChanged,
    FaultReported,
    OutageStarted,
    SupplyRestored,
)
from services.kernel.adapters.kafka import Produce

CREW = "抢修二班"
CHEN_MIN, LIN_TAO = "陈敏", "林涛"
"""Account managers."""


class Night:
    """Thursday, 5 March."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def fault(self) -> None:
        """Two lines trip, and the notifier is killed at the moment Kafka has the facts, before anyone was told."""
        stage = self._stage
        began = at(5, 2, 14)
        await stage.play.until(began)
        facts = (
            OutageStarted(mrid=FAULT, outage_class="fault", started_at=began, extent=BOTH, ert=at(5, 4)),
            FaultReported(mrid=FAULT, reported_at=began, territory="urban", report_id=REPORT),
        )
        await stage.play.publish(
            [
                CloudEvent(source=SOURCE, id=f"night-{n}", type=type_of(fact), time=began, data=fact)
                for n, fact in enumerate(facts, 1)
            ]
        )
        await stage.kill("notifier")
        await stage.play.settle()
        # News waits for half a minute for more of it.
        await stage.play.until(began + timedelta(minutes=1))
        asked, arrived, twice = stage.book.missing(FAULT)
        said = "nothing was lost" if asked == arrived and not twice else "SOMETHING IS WRONG"
        await stage.book.say(
            "operations",
            f"{said}: {asked} texts were due, {arrived} are on the handsets, {twice or 'none'} of them twice",
        )
        reached = LIFE_SUPPORT in stage.book.told("fault", began)
        said = (
            "Li Xiuying is told, though only lines were named"
            if reached
            else "SOMETHING IS WRONG: Li Xiuying is not told"
        )
        await stage.book.say(
            "operations",
            said,
            f"she is registered at {ONE_TRANSFORMER.transformers[0]}; by the network model that hangs on {EAST.lines[0]}",
        )
        await stage.at(at(5, 2, 20), CrewStatus(mrid=FAULT, crew_status="assigned", at=at(5, 2, 20), crew_id=CREW))
        await stage.play.until(at(5, 2, 33))
        await stage.spoke((HOSPITAL, CHEN_MIN), (LIFE_SUPPORT, LIN_TAO), (WATERWORKS, LIN_TAO))
        await stage.book.say(
            "operations",
            f"{CHEN_MIN} (Chen Min) has spoken with the hospital, {LIN_TAO} (Lin Tao) with Li Xiuying and the waterworks",
            "account managers call where nobody has answered: outagectl confirm CUSTOMER --how call --by NAME",
        )
        await stage.at(at(5, 3, 12), CrewStatus(mrid=FAULT, crew_status="arrived", at=at(5, 3, 12), crew_id=CREW))

    async def overdue(self) -> None:
        """The expected time is put off; one line comes back by switching; the time passes; the next one cannot be read."""
        stage = self._stage
        await stage.at(at(5, 3, 20), ErtChanged(mrid=FAULT, changed_at=at(5, 3, 20), ert=at(5, 5)))
        await stage.at(
            at(5, 4, 5), SupplyRestored(mrid=FAULT, restored_at=at(5, 4, 5), scope="part", extent=RIVER_LINE)
        )
        await stage.play.until(at(5, 5, 20))
        await self._unreadable(ErtChanged(mrid=FAULT, changed_at=at(5, 5, 20), ert=at(5, 6, 30)))
        await stage.play.until(at(5, 5, 24))
        await stage.book.say("dispatch", "reads why, and says it again under a new id, with the zone", about=FAULT)
        await stage.at(at(5, 5, 24), ErtChanged(mrid=FAULT, changed_at=at(5, 5, 24), ert=at(5, 6, 30)))

    async def _unreadable(self, change: ErtChanged) -> None:
        """A dispatch system forgets the time zone, so nobody can know which instant it means."""
        body = encode(change).replace(b"+08:00", b"")
        headers = {
            "ce_specversion": "1.0",
            "ce_id": BAD_ID,
            "ce_source": SOURCE,
            "ce_type": TYPE_OF[ErtChanged],
            "ce_time": "2026-03-04T21:20:00Z",
            "content-type": "application/json",
        }
        packed = [(name, value.encode()) for name, value in headers.items()]
        bad = Produce(dispatch.TOPIC, change.mrid.encode(), body, packed, self._stage.play.clock.now())
        words = body.decode()
        await self._stage.book.say(
            "dispatch", "sends a new expected time, and forgets the time zone:", words, about=change.mrid
        )
        if not all(await self._stage.play.producer.send([bad])):
            raise ConnectionError("Kafka did not take the event")
        await self._stage.play.settle()

    async def nested(self) -> None:
        """A transformer on the dark line has a fault of its own; whoever hangs on it is held by both."""
        began = at(5, 5, 30)
        await self._stage.at(
            began,
            OutageStarted(
                mrid=NESTED, outage_class="fault", started_at=began, extent=ONE_TRANSFORMER, ert=at(5, 8, 30)
            ),
            FaultReported(mrid=NESTED, reported_at=began, territory="urban", report_id=NESTED_REPORT),
        )
        await self._stage.at(
            at(5, 5, 52), CrewStatus(mrid=NESTED, crew_status="arrived", at=at(5, 5, 52), crew_id=CREW)
        )

    async def mended(self) -> None:
        """The first fault ends, and with it the dark for all but those whom the second one holds."""
        stage, back = self._stage, at(5, 6, 18)
        await stage.at(at(5, 6), CauseCleared(mrid=FAULT, cleared_at=at(5, 6), cause="树枝压断导线"))
        await stage.at(back, SupplyRestored(mrid=FAULT, restored_at=back))
        await stage.at(back + timedelta(minutes=1))  # such words settle before they go out
        held = LIFE_SUPPORT not in stage.book.told("restored", back)
        said = "Li Xiuying is not told that power is back" if held else "SOMETHING IS WRONG: Li Xiuying was told"
        await stage.book.say(
            "operations",
            f"{said}: {NESTED} still holds her",
            f"one conversation per customer; {hour(back)} was not hers",
        )
        done = at(5, 8, 5)
        await stage.at(done, CauseCleared(mrid=NESTED, cleared_at=done, cause="变压器熔丝熔断"))
        await stage.at(at(5, 8, 20), SupplyRestored(mrid=NESTED, restored_at=at(5, 8, 20)))
