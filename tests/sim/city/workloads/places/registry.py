"""While a line is off somebody moves onto it or away, is new there, has another number or language, or is gone."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from msgspec.structs import replace

from connectors.registry.entry import RegistryEntry
from schemas.contracts.customers import CustomerErased, CustomerUpserted
from schemas.contracts.dispatch import Fact
from tests.chaos.truth import STALE_AFTER, KnownFact, dated
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.registering import Gone, MovedIn, Registered
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town, customer, phone
from tests.sim.city.stage import Stage, asked_for

CHANGES = ("is new", "moves", "moves", "has another number", "speaks another language", "goes")
NEW = 60
"""Customers of this workload have numbers from here on."""


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Outages, and changes while they last or soon after; the instants of the changes of one customer ascend."""
    teller, changes, people = Teller(random), list[Act](), {one.customer.customer_id: one for one in town.customers}
    for _ in range(random.randint(*town.size.times)):
        mrid, begins = teller.mrid("Z"), random.uniform(0, 5)
        teller.off(mrid, begins, town.whole(random.choice(town.lines)))
        if random.random() < 0.7:
            teller.back(mrid, begins + random.uniform(6, 14))
    for happens in sorted(random.uniform(0, 14) for _ in range(random.randint(1, 2) * town.size.times[1])):
        changes.append(_change(random, town, people, happens))
    return [*teller.told, *changes]


def _change(random: Random, town: Town, people: dict[str, RegistryEntry], happens: float) -> Act:
    how = random.choice(CHANGES)
    if how == "is new" or not people:
        entry = customer(NEW + len(people), random.choice(town.lines), random)
    else:
        entry = people[random.choice(sorted(people))]
    one = replace(entry.customer, updated_at=at(happens))
    match how:
        case "goes":
            people.pop(one.customer_id, None)
            return Gone(happens, CustomerErased(customer_id=one.customer_id, erased_at=at(happens)))
        case "moves":
            one = _elsewhere(one, random.choice(town.lines))
        case "speaks another language":
            one = replace(one, language="en" if one.language == "zh-CN" else "zh-CN")
        case _:
            pass
    numbers = (
        {contact: phone(random.randrange(500, 600)) for contact in entry.numbers} if "number" in how else entry.numbers
    )
    people[one.customer_id] = RegistryEntry(one, numbers)
    return Registered(happens, people[one.customer_id], how)


def _elsewhere(one: CustomerUpserted, line: str) -> CustomerUpserted:
    """The same customer on another line; of two supplies the main one hangs there, or both do."""
    if not one.supplies:
        return replace(one, lines=(line,), areas=())
    main, *others = one.supplies
    return replace(one, supplies=(replace(main, line=line), *others), areas=())


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Whoever is gone got no text any more, and all others got them on their number of then and in their language."""
    asked = {**(stage.lost.texts if stage.lost else {}), **await asked_for(stage)}
    entries = [*plan.people(), *(act.entry for act in plan.acts().values() if isinstance(act, Registered))]
    entries += [entry for act in plan.acts().values() if isinstance(act, MovedIn) for entry in act.entries]
    numbers = {(one.customer.customer_id, one.customer.updated_at): one.numbers for one in entries}
    clocks = [clock for clock in stage.clocks if clock.service == "notifier"]
    wrong = []
    for made in stage.system.provider.created():
        text = asked[made.message_id]
        who, contact = text["customerId"], text["contactId"]
        then = _possible(stage.homes, who, made.written)
        if not any(isinstance(word, CustomerUpserted) for word in then):
            wrong.append(f"a text went to {who} at {made.written:%d %H:%M:%S}, who was gone")
        elif made.to not in {
            numbers[who, word.updated_at].get(contact) for word in then if isinstance(word, CustomerUpserted)
        }:
            wrong.append(f"a text to {who} went to {made.to} at {made.written:%d %H:%M:%S}, where they were no more")
        asked_at = datetime.fromisoformat(text["requestedAt"])
        moments = {asked_at, *(then for clock in clocks for then in clock.meant(asked_at))}
        said = [word for then in moments for word in _possible(stage.homes, who, then)]
        if text["language"] not in {getattr(word, "language", None) for word in said}:
            wrong.append(f"a text to {who} was worded in {text['language']}, which they speak no more")
    return wrong


def _possible(homes: Sequence[KnownFact], who: str, at: datetime) -> list[CustomerUpserted | CustomerErased]:
    """What the registry may have been known to say of somebody: the newest that was known in time, and what came just now."""
    words = [
        (one.sent or one.since, one.since, one.fact)
        for one in homes
        if not isinstance(one.fact, Fact) and one.fact.customer_id == who
    ]
    old = [word for _, since, word in words if since <= at - STALE_AFTER]
    new = [word for sent, since, word in words if since > at - STALE_AFTER and sent <= at]
    return [*([max(old, key=dated)] if old else []), *new]
