"""Customers say STOP and START at any moment, also while a text is claimed for them; others that they are still out, or confirm."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from connectors.registry.entry import RegistryEntry
from schemas.contracts import dispatch, receipts
from tests.chaos.truth import Posted, number_of
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.answering import BY_CODE, Answered
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.registering import Gone, Registered
from tests.sim.city.plan.teller import Teller, at
from tests.sim.city.plan.town import Town
from tests.sim.city.said import posted
from tests.sim.city.stage import Stage
from tests.sim.judging.sending.stopped import Called, Handed, Switch, ignored, silence, takes_it_for_back, untold

OFTEN: Final = 0.3
KIND: Final = "ST"
# Not those that Twilio heeds by itself: it would refuse what we must not send.
STOP: Final = ("退订", "别发短信", "stop texting me", "please stop sending me texts")
START: Final = ("恢复订阅", "opt in", "start again")
STILL_OUT: Final = ("还没来电", "still no power", "没电")
CONFIRMS: Final = ("1", "１", BY_CODE)
MEANS: Final[Mapping[str, str]] = {
    **dict.fromkeys(STOP, "stop"), **dict.fromkeys(START, "start"), **dict.fromkeys(STILL_OUT, "says-off"),
    **dict.fromkeys(CONFIRMS, "confirms"),
}  # fmt: skip
WAYS: Final = ("stops", "stops", "stops and starts", "stops, and is registered anew", "confirms", "still out")
AGAIN: Final = 2_000.0
"""So long after the first outage there is another."""
_HEARD: Final = """
select split_part(replace(data ->> 'replyId', 'gw:', ''), '/', 1) as name, count(*) as times, min(data ->> 'meaning') as meaning
from event where type = 'reply.received.v1' group by 1
"""
_SWITCHED: Final = """
select split_part(replace(data ->> 'replyId', 'gw:', ''), '/', 1) as name, decided_at
from event where type in ('handset.opted-out.v1', 'handset.opted-in.v1')
"""
_CLAIMED: Final = "select message_id, n, started_at from attempt where owner <> 0"
_CALLED: Final = """
select data ->> 'customerId' as customer, decided_at, array(select json_array_elements_text(data -> 'mrids')) as mrids,
  split_part(data ->> 'explanation', ':', 1) as trigger
from event where type = 'contact.unreached.v1'
"""
_DENIED: Final = """
select data ->> 'customerId' as customer, data ->> 'mRID' as mrid, (data ->> 'saidAt')::timestamptz as said_at
from event where type = 'supply.denied.v1'
"""
_TO_READ: Final = "select split_part(replace(reply_id, 'gw:', ''), '/', 1) as reply_id from reply_to_read"


def draw(random: Random, town: Town) -> Sequence[Act]:
    """A line goes off, comes back, and goes off again later; whoever lives there says one thing or other meanwhile."""
    teller, acts, line = Teller(random), list[Act](), random.choice(town.lines)
    mrid, begins = teller.mrid(KIND), random.uniform(0, 4)
    ends = begins + random.uniform(200, 900)
    teller.off(mrid, begins, town.whole(line))
    teller.back(mrid, ends)
    over, is_again = ends, random.random() < 1 / 2
    if is_again:
        # Who says meanwhile that they are still out was right: what nobody answers is asked about for a day.
        again = ends + random.uniform(200, 400)
        teller.say(again, dispatch.OutageReopened(mrid=mrid, reopened_at=at(again)))
        ends = again + random.uniform(100, 300)
        teller.back(mrid, ends)
    later, starts = teller.mrid(KIND), AGAIN + random.uniform(0, 4)
    teller.off(later, starts, town.whole(line))
    teller.back(later, starts + random.uniform(600, 1_200))
    for entry in town.customers:
        if line in entry.customer.own_lines:
            way = random.choice(WAYS if is_again else WAYS[:-1])
            acts += _says(random, entry, way, len(acts), begins, over, starts)
    return [*teller.told, *acts]


def _says(
    random: Random, entry: RegistryEntry, way: str, n: int, begins: float, ends: float, starts: float
) -> list[Act]:
    who = entry.customer.customer_id

    def said(moment: float, words: Sequence[str], number: str, n: int) -> Answered:
        return Answered(moment, who, f"SM-{KIND}-{n}", number, random.choice(words), denies=words is STILL_OUT)

    if way in ("still out", "confirms"):
        words = STILL_OUT if way == "still out" else CONFIRMS
        moments = (ends + random.uniform(20, 90), starts + random.uniform(1, 60))
        return [
            said(moment, words, random.choice(list(entry.numbers.values())), n + m) for m, moment in enumerate(moments)
        ]
    # Within a minute of the first word, or just when its texts are claimed, or between the two outages.
    moment = random.choice(
        (begins + random.uniform(0, 35), begins + random.uniform(29, 33), ends + random.uniform(-5, 60))
    )
    stops: list[Act] = [said(moment, STOP, number, n + m) for m, number in enumerate(entry.numbers.values())]
    if way == "stops and starts":
        back = random.choice((moment + random.uniform(1, 40), AGAIN - 300, starts + random.uniform(20, 60)))
        return [*stops, *(said(back, START, number, n + 10 + m) for m, number in enumerate(entry.numbers.values()))]
    if way == "stops, and is registered anew":
        happens = AGAIN - random.uniform(200, 400)
        one = replace(entry.customer, updated_at=at(happens))
        return [*stops, Registered(happens, RegistryEntry(one, entry.numbers), "is on file anew")]
    return stops


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Each was heard once; no text after STOP; whoever takes none was told another way; who is still out is asked about."""
    if any(receipts.TOPIC in str(attack) for attack in plan.attacks) or stage.lost is not None:
        return []
    log = stage.city.logs["notifier"]
    heard = {row["name"]: row for row in await log.fetch(_HEARD)}
    switched = {row["name"]: row["decided_at"] for row in await log.fetch(_SWITCHED)}
    said = {name: one for name, one in stage.answers.items() if name.startswith(f"SM-{KIND}-")}
    wrong = [f"text {name} is not on record" for name in sorted(said.keys() - heard.keys())]
    drawn = {act.name: act.body for act in plan.acts().values() if isinstance(act, Answered)}
    for name in sorted(said.keys() & heard.keys()):
        row, means = heard[name], MEANS[drawn[name]]
        if (row["times"], row["meaning"]) != (1, means):
            wrong.append(f"text {name} was heard {row['times']} times, as {row['meaning']}, and means {means}")
    switches = [
        Switch(one.number, MEANS[drawn[name]] == "stop", one.sent, one.taken, switched.get(name))
        for name, one in said.items()
        if MEANS[drawn[name]] in ("stop", "start")
    ]
    clocks = [clock for clock in stage.clocks if clock.service == "notifier"]
    texts = [one for one in await _handed(stage) if not any(clock.may_have_dated(one.claimed) for clock in clocks)]
    wrong += ignored(switches, texts)
    called: dict[int, list[Called]] = {}
    for row in await log.fetch(_CALLED):
        one = Called(row["decided_at"], row["trigger"] or "", tuple(row["mrids"]))
        called.setdefault(number_of(row["customer"]), []).append(one)
    went = await posted(stage)
    if not clocks:
        wrong += untold([*stage.homes, *stage.known], _silent(plan, stage, switches), called, went)
    return [*wrong, *await _unasked(stage, plan, said, drawn, went)]


async def _handed(stage: Stage) -> list[Handed]:
    rows = await stage.city.logs["notifier"].fetch(_CLAIMED)
    claimed = {(row["message_id"], row["n"]): row["started_at"] for row in rows}
    provider = stage.system.provider
    found = []
    for (name, attempt), written in provider.written.items():
        made = next((one for one in provider.created() if one.message_id == name and one.written == written), None)
        if made is not None and (name, attempt) in claimed:
            found.append(Handed(name, made.to, claimed[name, attempt], written))
    return found


def _silent(plan: Plan, stage: Stage, switches: Sequence[Switch]) -> dict[int, tuple[datetime, datetime]]:
    """Of each customer who lives where they did, from when until when none of their numbers takes texts."""
    moved = {act.about for act in plan.acts().values() if isinstance(act, Registered) and act.how != "is on file anew"}
    found: dict[int, tuple[datetime, datetime]] = {}
    now = stage.city.clock.now()
    for entry in plan.people():
        each = [silence(switches, number) for number in entry.numbers.values()]
        if entry.customer.customer_id in moved or not each or not all(each):
            continue
        since = max(times[-1][0] for times in each) + timedelta(seconds=10)
        until = min(times[-1][1] or now for times in each)
        if since < until:
            found[number_of(entry.customer.customer_id)] = since, until
    return found


async def _unasked(
    stage: Stage, plan: Plan, said: Mapping[str, Any], drawn: Mapping[str, str], went: Sequence[Posted]
) -> list[str]:
    """Who had been told that it is back and says that it is not: dispatch was asked, or a person reads it."""
    log = stage.city.logs["notifier"]
    denied = list(await log.fetch(_DENIED))
    read = {row["reply_id"] for row in await log.fetch(_TO_READ)}
    whose = {act.name: act.about for act in plan.acts().values() if isinstance(act, Answered)}
    gone = {act.about for act in plan.acts().values() if isinstance(act, Gone)}
    wrong = []
    for name, one in sorted(said.items()):
        # Of whom the registry has no more nobody reads anything: what they wrote goes with them.
        if MEANS[drawn[name]] != "says-off" or name in read or whose[name] in gone:
            continue
        asked = [
            row
            for row in denied
            if row["customer"] == whose[name] and abs(row["said_at"] - (one.taken or one.sent)) < timedelta(minutes=2)
        ]
        if not asked and takes_it_for_back(went, number_of(whose[name]), one.sent):
            wrong.append(f"text {name} of {whose[name]} says that power is off, and nobody was asked")
    return wrong
