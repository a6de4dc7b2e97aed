"""A world in which a service fails at a fact for a while, until its code is mended and operators have that judged again."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

import msgspec

from schemas.contracts import dispatch
from services.kernel.operators.answering import SQL
from services.kernel.operators.shared_actions import RETRY, OneQuarantined
from services.restorer.domain.decider import RestorerOutage
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage
from tests.sim.city.workloads.outages.overdue import CREW
from tests.sim.mutants import stories

LOOK_SECONDS: Final = 0.25
_FAILED: Final = "select quarantine_id from quarantine where state = 'open' and reason = 'decide-failed' order by seq"
_FIRED: Final = "select stream_id from quarantine where starts_with(topic, 'timer:') order by seq"


class _Code:
    """Of the restorer: what it makes of a new expected time fails until it is mended."""

    def __init__(self) -> None:
        self.mended = False

    def broken(self, decide: Any) -> Any:
        """`decide`, as long as it fails."""

        def decides(decider: Any, state: Any, facts: Any, message: Any, now: Any) -> Any:
            if isinstance(message.data, dispatch.ErtChanged) and not self.mended:
                raise ZeroDivisionError("a fault in the code")
            return decide(decider, state, facts, message, now)

        return decides


@dataclass(frozen=True, slots=True)
class Mended:
    """The restorer's code is mended, and operators have judged again what it failed at; until then no deadline is to fire."""

    at: float
    code: _Code
    about: str = ""

    async def do(self, stage: Stage) -> None:
        """See Act."""
        log = stage.city.logs["restorer"]
        fired = [row["stream_id"] for row in await log.fetch(_FIRED)]
        stage.wrong += [f"a deadline of {name} fired while that waited for a person" for name in fired]
        self.code.mended = True
        for row in await log.fetch(_FAILED):
            detail = msgspec.json.encode(OneQuarantined(quarantine_id=row[0])).decode()
            number = UUID(int=stage.system.loop.world.random.getrandbits(128))
            words = (stage.city.clock.now(), "night shift", RETRY, "the code is mended", detail)
            await log.execute(SQL["ask"], number, *words)
            while await log.fetchval("select state = 'open' from quarantine where quarantine_id = $1", row[0]):
                await asyncio.sleep(LOOK_SECONDS)

    def __str__(self) -> str:
        """For a person."""
        return "the restorer is mended, and what it failed at is judged again"


@contextmanager
def a_decider_fails_for_a_while() -> Iterator[None]:
    """On each line a crew is due soon; before that the restorer fails at a fact, and after it is mended."""
    code = _Code()

    def told(teller: Teller, here: Town) -> list[Act]:
        code.mended = False
        for line in here.lines:
            mrid, since = teller.mrid("Y"), teller.random.uniform(6, 8) - CREW
            where = here.whole(line)
            teller.off(mrid, since - 60, where, late=60 - since)
            report = dispatch.FaultReported(mrid=mrid, reported_at=at(since), reporting_kind="call", extent=where)
            teller.say(since, report, 0.5 - since)
            expected = dispatch.ErtChanged(mrid=mrid, changed_at=at(3), ert=at(3) + timedelta(hours=1))
            teller.say(3.0, expected, 0.0)
            teller.back(mrid, 16.0, late=0.0)
        return [*teller.told, Mended(14.0, code)]

    with stories.story(told), patch.object(RestorerOutage, "decide", code.broken(RestorerOutage.decide)):
        yield
