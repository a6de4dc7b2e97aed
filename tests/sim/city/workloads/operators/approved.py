"""An outage concerns more people than may be told unasked: operators approve the send, refuse it, or forget it."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from connectors.registry.entry import RegistryEntry
from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from services.kernel.adapters.away import AWAY
from services.kernel.operating import OperatorDone
from services.notifier.sending.approving.requests import APPROVE, REFUSE, OneSend
from tests.chaos.truth import number_of, touches
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.asking import ask, tables_of
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.registering import MovedIn
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town, customer
from tests.sim.city.said import posted
from tests.sim.city.stage import Stage
from tests.sim.judging.sending.approvals import Approval, Dropped, Verdict, unapproved, unrecorded

OFTEN: Final = 0.25
KIND: Final = "AV"
UNASKED: Final = 4
"""So many people are told without asking."""
NEEDS: Final = {"notifier": {"approve_above": UNASKED}}
FIRST: Final = 40
"""Customers of this workload have numbers from here on."""
PEOPLE: Final = 5
LINE: Final = "10kV新区线"
BEGINS: Final = 75.0
"""By then everybody is registered."""
APART: Final = 12_000.0
FATES: Final = ("approve", "approve", "approve late", "refuse", "forgotten", "forgotten")
HOUR: Final = 3_600.0
LOOKS: Final = 30
OVER: Final = timedelta(seconds=60)
"""What is over sooner may be over before anybody is told."""
_WAITING: Final = "select state from large_send where mrid = $1"
_DROPPED: Final = """
select d.data ->> 'messageId' as message_id, d.data ->> 'customerId' as customer_id, d.decided_at,
  coalesce(d.data ->> 'reason', '') as reason, (
    select n.mrids from notification n where n.message_id = d.data ->> 'messageId'
  ) as mrids, exists (
    select from event u where u.type = 'contact.unreached.v1' and u.stream_id = d.stream_id and u.decided_at = d.decided_at
      and u.data ->> 'reason' = 'text-expired'
  ) as called
from event d where d.type = 'message.expired.v1' order by d.position
"""
_SENDS: Final = "select mrid, state, asked_at from large_send"
LOOKED_WITHIN: Final = timedelta(seconds=5)
"""So soon a task is opened; whoever answered before it was had seen the send by themselves."""
_TASKS: Final = """
select distinct data ->> 'mRID' as mrid from event where type = 'task.opened.v1' and data ->> 'kind' = 'approval'
"""


@dataclass(frozen=True, slots=True)
class Decided:
    """An operator who sees the send of an outage wait says what is to become of it; where none waits there is nothing to say."""

    at: float
    about: str
    verdict: Verdict

    async def do(self, stage: Stage) -> None:
        """See Act. Where a database goes back to before it, it is said again."""
        await self._say(stage)
        stage.again.append(partial(self._say, stage))

    async def _say(self, stage: Stage) -> None:
        for _ in range(LOOKS):
            if await self._state(stage) == "waiting":
                break
            await asyncio.sleep(1)
        else:
            return
        asked, action = stage.system.now(), APPROVE if self.verdict == "approve" else REFUSE
        answer = await ask(stage, "notifier", action, OneSend(send=self.about), "looked at the map")
        if isinstance(answer, OperatorDone):
            stage.approvals.append(Approval(self.about, self.verdict, asked, stage.system.now()))
        else:
            stage.wrong.append(f"the send of {self.about} waits, and the notifier answers {answer}")

    async def _state(self, stage: Stage) -> str | None:
        while True:
            with contextlib.suppress(*AWAY):
                async with tables_of(stage, "notifier") as tables:
                    found: str | None = await tables.fetchval(_WAITING, self.about)
                    return found
            await asyncio.sleep(1)

    def __str__(self) -> str:
        """For a person."""
        return f"operators {self.verdict} the send of {self.about}"


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Five live on a line of their own, which goes off; times change, and it comes back soon or after hours."""
    teller, said = Teller(random), list[Decided]()
    people = tuple(_home(number, town, random) for number in range(PEOPLE))
    for number in range(min(2, random.randint(*town.size.times))):
        mrid, begins, fate = teller.mrid(KIND), BEGINS + number * APART + random.uniform(0, 4), random.choice(FATES)
        teller.off(mrid, begins, Extent(lines=(LINE,)))
        ends = begins + random.choice((random.uniform(100, 900), random.uniform(100, 900), 2.6 * HOUR))
        if fate.startswith("approve"):
            late = random.uniform(200, 900) if fate == "approve late" else random.uniform(0, 50)
            said.append(Decided(begins + late, mrid, "approve"))
        elif fate == "refuse":
            said.append(Decided(begins + random.uniform(0, 50), mrid, "refuse"))
        if random.random() < 1 / 2:
            changed = begins + random.uniform(5, 95)
            hours = timedelta(hours=random.choice((2, 5)))
            teller.say(changed, dispatch.ErtChanged(mrid=mrid, changed_at=at(changed), ert=at(changed) + hours))
        teller.back(mrid, ends)
    return [MovedIn(0.1, people, "live on a line of many"), *teller.told, *said]


def _home(number: int, town: Town, random: Random) -> RegistryEntry:
    entry = customer(FIRST + number, town.lines[0], random)
    importance: Any = "special" if number == 0 else random.choice(("first", "second"))
    one = replace(entry.customer, lines=(LINE,), areas=(), importance=importance, updated_at=at(0.1))
    return RegistryEntry(one, entry.numbers)


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Nothing went unapproved, what was dropped says why, somebody was asked of each send that waited, and of no other."""
    del plan
    if stage.lost is not None:
        return []  # What waits goes back with the database.
    log = stage.city.logs["notifier"]
    sends = {row["mrid"]: row["asked_at"] for row in await log.fetch(_SENDS)}
    # One that gathers several names none of them.
    tasks = {mrid for row in await log.fetch(_TASKS) for mrid in ([row["mrid"]] if row["mrid"] else sends)}
    dropped = [
        Dropped(
            row["message_id"],
            number_of(row["customer_id"]),
            tuple(row["mrids"] or ()),
            row["decided_at"],
            row["reason"],
            row["called"],
        )
        for row in await log.fetch(_DROPPED)
    ]
    critical = {
        number_of(one.fact.customer_id)
        for one in stage.homes
        if isinstance(one.fact, CustomerUpserted) and (one.fact.importance == "special" or one.fact.life_support)
    }
    texts = await posted(stage)
    waited = {mrid for text in dropped for mrid in text.mrids if text.reason in ("send-not-approved", "send-refused")}
    own = {mrid for mrid in sends if mrid.startswith(f"{KIND}-")}
    at_once = {one.mrid for one in stage.approvals if one.mrid in sends and one.asked - sends[one.mrid] < LOOKED_WITHIN}
    return [
        *unapproved(texts, own, stage.approvals, critical),
        *unrecorded(dropped, own, stage.approvals, tasks | (own - waited) | at_once),
        *_for_nothing(stage, sends.keys() - own),
        *_unasked(stage, own),
    ]


def _for_nothing(stage: Stage, others: Collection[str]) -> Iterable[str]:
    """Sends that wait though they concern few, by all places that dispatch named of them."""
    merged = {
        mrid
        for one in stage.known
        if isinstance(one.fact, dispatch.OutageMerged)
        for mrid in (one.fact.mrid, one.fact.into)
    }
    facts: list[Any] = [one.fact for one in stage.known]
    homes: list[Any] = [one.fact for one in stage.homes if isinstance(one.fact, CustomerUpserted)]
    for mrid in sorted({*others} - merged):
        places = [fact.extent for fact in facts if fact.mrid == mrid and getattr(fact, "extent", None) is not None]
        people = {home.customer_id for home in homes if any(touches(place, home) for place in places)}
        if len(people) <= UNASKED:
            yield f"the send of {mrid} waits for approval, and it concerns {len(people)} people"


def _unasked(stage: Stage, own: Collection[str]) -> Iterable[str]:
    """Outages of the line of many that were told of without asking; one that is over by the time it is heard of is not."""
    ends = {one.fact.mrid: one.fact.restored_at for one in stage.known if isinstance(one.fact, dispatch.SupplyRestored)}
    for one in stage.known:
        fact = one.fact
        if isinstance(fact, dispatch.OutageStarted) and fact.mrid.startswith(f"{KIND}-"):
            lasts = ends.get(fact.mrid, one.since + OVER) - one.since
            if fact.mrid not in own and lasts >= OVER:
                yield f"of {fact.mrid}, which concerns {PEOPLE} people, nobody was asked"
