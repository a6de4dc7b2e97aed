"""A service cannot judge one outage for a while, for a fault of its code; mended, what was set aside is judged after all."""

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final
from uuid import UUID

from schemas.contracts import dispatch
from schemas.contracts.base import Period
from services.kernel.adapters.away import AWAY
from services.kernel.model import Decision, Message
from services.kernel.operating import OperatorDone
from services.kernel.operators.shared_actions import RETRY, OneQuarantined
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.asking import ask, tables_of
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage

OFTEN = 0.4
DAY: Final = 86_400.0
MORNING: Final = 50 * 60.0
"""Nine in the morning in Shanghai, so long after the story began."""
LOOK_SECONDS: Final = 1.0
SERVICES: Final = ("restorer", "restorer", "planner")
"""Not the notifier: what it cannot judge it does not know, and says so to a person and not to customers."""
_ASIDE: Final = """
select quarantine_id from quarantine
where stream_id = $1 and state = 'open' and reason in ('decide-failed', 'stream-parked') order by seq limit 1
"""


@dataclass(frozen=True, slots=True)
class Stumbled:
    """The code of a service fails at one outage for so many seconds; then operators have it judge again what it set aside."""

    at: float
    about: str
    service: str
    lasts: float

    async def do(self, stage: Stage) -> None:
        """See Act."""
        unjudged = (self.service, f"outage/{self.about}")
        stage.unjudged.add(unjudged)
        try:
            with _failing(type(stage.system.service_of(self.service).deciders["outage"]), self.about):
                await asyncio.sleep(self.lasts)
            await self._judged_after_all(stage)
            stage.again.append(partial(self._judged_after_all, stage))
        finally:
            stage.unjudged.discard(unjudged)

    async def _judged_after_all(self, stage: Stage) -> None:
        # A record that was at hand when the code was mended may be set aside a moment later.
        looks = 0
        while looks < 2:
            first = await self._first_aside(stage)
            looks = looks + 1 if first is None else 0
            if first is not None:
                one = OneQuarantined(quarantine_id=first)
                answer = await ask(stage, self.service, RETRY, one, "the code is mended")
                if not isinstance(answer, OperatorDone):
                    stage.wrong.append(
                        f"{self.service} does not judge again what it set aside of {self.about}: {answer}"
                    )
                    return
            await asyncio.sleep(LOOK_SECONDS)

    async def _first_aside(self, stage: Stage) -> UUID | None:
        """What was set aside first of all that is still to be judged; what waits behind it goes with it."""
        while True:
            with contextlib.suppress(*AWAY):
                async with tables_of(stage, self.service) as tables:
                    found: UUID | None = await tables.fetchval(_ASIDE, f"outage/{self.about}")
                    return found
            await asyncio.sleep(LOOK_SECONDS)

    def __str__(self) -> str:
        """For a person."""
        return (
            f"the {self.service} cannot judge {self.about} for {self.lasts:.1f} s, then it is asked to judge it again"
        )


@contextlib.contextmanager
def _failing(decider: type[Any], mrid: str) -> Iterator[None]:
    sound = decider.decide

    def decide(self: Any, state: Any, facts: Any, message: Message, now: datetime) -> Decision:
        if message.key == mrid:
            raise ValueError(f"this version cannot judge {mrid}")
        made: Decision = sound(self, state, facts, message, now)
        return made

    decider.decide = decide
    try:
        yield
    finally:
        decider.decide = sound


def draw(random: Random, town: Town) -> Sequence[Act]:
    """One outage, or one planned work, at which a service fails; and other outages meanwhile."""
    teller = Teller(random)
    for _ in range(random.randint(*town.size.times)):
        mrid, begins = teller.mrid("QF"), random.uniform(0, 6)
        teller.off(mrid, begins, town.whole(random.choice(town.lines)))
        teller.back(mrid, begins + random.uniform(3, 8))
    service, mrid, begins = random.choice(SERVICES), teller.mrid("Q"), random.uniform(0, 4)
    line = random.choice(town.lines)
    if service == "planner":
        start = at(random.choice((9, 12)) * DAY + MORNING)
        plan = dispatch.PlannedRequested(
            mrid=mrid, revision_number=1, outage_class="planned", extent=town.noticed(line), requested_at=at(begins),
            planned_period=Period(start=start, end=start + timedelta(hours=6)), reason="线路检修",
        )  # fmt: skip
        teller.say(begins, plan)
    else:
        teller.off(mrid, begins, town.whole(line))
        teller.steps(mrid, begins, begins + 8)
        teller.back(mrid, begins + random.uniform(6, 10))
    return [*teller.told, Stumbled(random.uniform(0, 6), mrid, service, random.uniform(2, 10))]
