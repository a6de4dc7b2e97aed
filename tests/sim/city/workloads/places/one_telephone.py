"""Several customers have one telephone: what is alike is one text, no more go in an hour than have room, the rest is a call."""

from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from connectors.registry.entry import RegistryEntry
from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from tests.chaos.truth import number_of, state
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.registering import MovedIn
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town, customer, phone
from tests.sim.city.stage import Stage, asked_for
from tests.sim.judging.sending.handsets import HandsetText, crowded, turned_away

OFTEN: Final = 0.25
KIND: Final = "OT"
MOST: Final = 3
"""So many texts the telephone has room for in an hour."""
NEEDS: Final = {"notifier": {"handset_most": MOST}}
FIRST: Final = 20
"""Customers of this workload have numbers from here on."""
LINE: Final = "10千伏育才线"
NUMBER: Final = phone(450)
BEGINS: Final = 75.0
"""By then everybody is registered."""
STEP: Final = 70.0
"""Things happen so many seconds after each other: all is still between them."""
_CLAIMED: Final = "select claimed_at from attempt where number_ref = $1 and claimed_at is not null order by claimed_at"
_TURNED_AWAY: Final = """
select d.data ->> 'customerId' as customer, d.decided_at, d.data ->> 'reason' as why, r.data -> 'mrids' ->> 0 as mrid
from event d join event r on r.type = 'message.requested.v1' and r.data ->> 'messageId' = d.data ->> 'messageId'
where d.type = 'message.suppressed.v1' and d.data ->> 'reason' in ('handset-full', 'handset-spent')
  and r.data ->> 'contactId' = any($1::text[])
order by d.position
"""
_TASKS: Final = "select count(*) from event where type = 'task.opened.v1' and data ->> 'kind' = 'handset-full'"
STAYS: Final = timedelta(seconds=60)


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Their line goes off, with times that change, and each of them by an outage of their own, in any order within the hour."""
    teller, people = Teller(random), random.randint(3, 4)
    homes = tuple(_home(number, town, random) for number in range(people))
    whole, begins = teller.mrid(KIND), BEGINS + random.uniform(0, 3)
    alone = random.sample(range(people), random.randint(*town.size.times))
    first = random.random() < 1 / 2
    together = begins if first else begins + STEP * len(alone) + random.uniform(0, 3)
    for place, number in enumerate(alone):
        # One that comes later finds the others' texts of the hour.
        mrid, goes = teller.mrid(KIND), (begins + 4 * STEP if first else begins) + STEP * place + random.uniform(0, 3)
        teller.off(mrid, goes, Extent(usage_points=(_point(number),)), ert=at(goes) + timedelta(hours=2 + place))
        teller.back(mrid, begins + random.choice((12, 13, 20, 30, 90)) * STEP + random.uniform(0, 3))
    teller.off(whole, together, Extent(lines=(LINE,)))
    hours = random.sample((2, 4, 7, 10), random.randint(0, 2))
    for place, ahead in enumerate(hours):
        changed = together + STEP * (place + 1)
        expected = at(changed) + timedelta(hours=ahead)
        teller.say(changed, dispatch.ErtChanged(mrid=whole, changed_at=at(changed), ert=expected))
    ends = together + STEP * (len(hours) + random.choice((1, 2, 8, 20))) + random.uniform(0, 3)
    teller.back(whole, ends)
    if random.random() < 1 / 3:
        again = ends + STEP * random.randint(1, 3)
        teller.say(again, dispatch.OutageReopened(mrid=whole, reopened_at=at(again)))
        teller.back(whole, again + STEP * random.choice((1, 2, 60)))
    return [MovedIn(0.1, homes, "have one telephone"), *teller.told]


def _point(number: int) -> str:
    return f"CH-{FIRST + number:03}-UP-1"


def _home(number: int, town: Town, random: Random) -> RegistryEntry:
    entry = customer(FIRST + number, town.lines[0], random)
    contacts = entry.customer.contacts[:1]
    importance: Any = random.choice(("first", "second", "second"))
    one = replace(
        entry.customer, lines=(LINE,), areas=(), importance=importance, contacts=contacts, usage_points=(_point(number),),
        language="zh-CN" if number else entry.customer.language, updated_at=at(0.1),
    )  # fmt: skip
    return RegistryEntry(one, {contacts[0].contact_id: NUMBER})


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Nothing beyond the room of an hour, nothing turned away while there was room; for whom there is none a person calls."""
    homes = [entry for act in plan.acts().values() if isinstance(act, MovedIn) for entry in act.entries]
    own = {contact for entry in homes for contact, number in entry.numbers.items() if number == NUMBER}
    clocks = [clock for clock in stage.clocks if clock.service == "notifier"]
    if stage.lost is not None or clocks:
        return []  # Of when texts were claimed then nobody is sure.
    log, said = stage.city.logs["notifier"], await asked_for(stage)
    texts = [
        HandsetText(made.written, said[made.message_id]["trigger"], said[made.message_id]["templateId"])
        for made in stage.system.provider.created()
        if made.to == NUMBER
    ]
    index = stage.city.vault.blind_index(NUMBER)
    claimed = [row["claimed_at"] for row in await log.fetch(_CLAIMED, index)]
    rows = await log.fetch(_TURNED_AWAY, sorted(own))
    # After an upgrade none is full until nobody of the version before was seen for a minute (ADR 50); here hours are jumped over.
    full = crowded(texts, MOST) if stage.taken_over is None else ()
    wrong = [*full, *turned_away([(row["decided_at"], row["why"]) for row in rows], claimed, MOST)]
    tasks = await log.fetchval(_TASKS)
    known = [*stage.homes, *stage.known]
    for row in rows:
        moment = row["decided_at"]
        marks = [moment, moment + STAYS, *(one.since for one in known if moment < one.since < moment + STAYS)]
        dark = all(state(known, number_of(row["customer"]), mark) == "dark" for mark in marks)
        if dark and not tasks:
            wrong.append(
                f"the telephone had no room for {row['customer']} at {moment:%d %H:%M:%S}, and nobody is asked to call"
            )
    return wrong
