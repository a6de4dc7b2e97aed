"""People answer our texts while all breaks: they confirm, ask, write in words; strangers say STOP; the provider calls twice."""

from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Any, Final

from schemas.contracts import receipts
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.answering import Answered
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.registering import Gone, Registered
from tests.sim.city.plan.teller import Teller
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import Stage

KIND: Final = "AN"
SAID: Final[Mapping[str, str]] = {
    "1": "confirms",
    "收到，谢谢": "confirms",
    "ＯＫ": "confirms",
    "什么时候来电？": "asks",
    "when will it be back": "asks",
    "呼吸机只能再撑十分钟": "other",
    "我要投诉": "other",
}
TWICE: Final = 0.3
NOBODY: Final = "nobody"
STRANGERS: Final = ("+447700900998", "+447700900997")
ROWS: Final = """
select split_part(replace(r.reply_id, 'gw:', ''), '/', 1) as reply_id, r.meaning, r.customers,
  (select count(*) from event e where e.type = 'reply.received.v1' and e.data ->> 'replyId' = r.reply_id) as heard,
  exists (select from reply_to_read w where w.reply_id = r.reply_id) as to_read
from reply r where starts_with(replace(r.reply_id, 'gw:', ''), 'SM-AN-')
"""
HEARD: Final = """
select distinct split_part(replace(data ->> 'replyId', 'gw:', ''), '/', 1) as reply_id from event where type = 'reply.received.v1'
"""
OPTED_OUT: Final = (
    "select count(*) from opted_out where split_part(replace(reply_id, 'gw:', ''), '/', 1) = any($1::text[])"
)


def draw(random: Random, town: Town) -> Sequence[Act]:
    """Power goes off on a line; whoever lives there answers at once, later, and once it is back; so do people whom nobody knows."""
    teller, said = Teller(random), list[Answered]()
    for number in range(random.randint(*town.size.times)):
        line, mrid, begins = random.choice(town.lines), teller.mrid(KIND), random.uniform(0, 4)
        ends = begins + random.uniform(900, 1_200)
        teller.off(mrid, begins, town.whole(line))
        teller.back(mrid, ends)
        for entry in town.customers:
            if line in entry.customer.own_lines and random.random() < 0.8:
                numbers = list(entry.numbers.values())
                for moment in (begins + random.uniform(1, 8), begins + random.uniform(400, 410)):
                    said += _texts(
                        random, entry.customer.customer_id, number, len(said), random.choice(numbers), moment
                    )
        for stranger in STRANGERS:
            name = f"SM-{KIND}-{number}-{stranger[-3:]}"
            said.append(Answered(begins + random.uniform(0, 5), NOBODY, name, stranger, "STOP"))
    return [*teller.told, *said]


def _texts(random: Random, who: str, outage: int, n: int, number: str, moment: float) -> list[Answered]:
    body = random.choice(tuple(SAID))
    one = Answered(moment, who, f"SM-{KIND}-{outage}-{n}", number, body)
    again = Answered(moment + random.choice((0.2, 3.0)), who, one.name, number, body)
    return [one, again] if random.random() < TWICE else [one]


async def after(plan: Plan, stage: Stage) -> list[str]:
    """Each was heard once and understood, what is in words waits for a person, and strangers' STOP stands."""
    if any(receipts.TOPIC in str(attack) for attack in plan.attacks):
        return []
    said = (act for act in plan.acts().values() if isinstance(act, Answered))
    acts = {act.name: act for act in said if act.name.startswith(f"SM-{KIND}-")}
    log = stage.city.logs["notifier"]
    stopped = await log.fetchval(OPTED_OUT, [name for name, act in acts.items() if act.about == NOBODY])
    changed = {act.about for act in plan.acts().values() if isinstance(act, Registered | Gone)}
    gone = {act.about for act in plan.acts().values() if isinstance(act, Gone)}
    heard = {row["reply_id"] for row in await log.fetch(HEARD)}
    forgotten = {name for name, act in acts.items() if act.about in gone and name in heard}
    return judged(acts, {row["reply_id"]: row for row in await log.fetch(ROWS)}, stopped, changed, forgotten)


def judged(
    acts: Mapping[str, Answered],
    rows: Mapping[str, Mapping[str, Any]],
    stopped: int,
    changed: Collection[str] = (),
    forgotten: Collection[str] = (),
) -> list[str]:
    """What is wrong with what became of texts, by their ids. `stopped`: how many numbers are opted out by them.

    `changed`: customers of whom the registry spoke meanwhile. What they answer may come from a number that is theirs no more.
    `forgotten`: texts that were heard and whose customers the registry has no more: what they wrote goes with them.
    """
    wrong = [f"text {name} is not on record" for name in sorted(acts.keys() - rows.keys() - {*forgotten})]
    for name, act in sorted(acts.items()):
        if (row := rows.get(name)) is None:
            continue
        meant, whose = SAID.get(act.body, "stop"), set(row["customers"])
        if row["meaning"] != meant or row["heard"] != 1:
            wrong.append(f"text {name} was heard {row['heard']} times, as {row['meaning']}, and means {meant}")
        if meant == "other" and not row["to_read"]:
            wrong.append(f"text {name} says “{act.body}”, and nobody reads it")
        # Whoever confirms before anything was sent to them answers nothing.
        unknown = not whose and (meant == "confirms" or act.about in changed)
        if act.about not in whose and act.about != NOBODY and not unknown:
            wrong.append(f"text {name} of {act.about} was taken for one of {sorted(whose)}")
    numbers = {act.number for act in acts.values() if act.about == NOBODY}
    return wrong if stopped == len(numbers) else [*wrong, f"{len(numbers)} numbers said STOP, {stopped} are opted out"]
