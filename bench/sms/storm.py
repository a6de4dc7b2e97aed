"""A storm on the real stack: as many facts in a minute as there are key customers, at a fixed rate of the sender.

Texts owed, merged (withdrawn because a newer word says it), posted, dropped; from the first fact to the last text on a handset,
beside what the posts alone take at that rate, and how much of it nothing could be posted because all waited by rule; how long a
customer waits from a fact to the post of what tells it, by lane, and in which step (steps.py); tasks that are open for people
afterwards. Planner, restorer, notifier, gateway and simulator are real processes, in one of each.
"""

import asyncio
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import aiohttp

from bench.sms import processors, steps
from bench.sms.city import FACTS_OF_AN_OUTAGE, Tell, registry, storm
from devstack.system import SERVICES, System
from schemas.cloudevent import CloudEvent
from schemas.contracts.all_types import TYPE_OF
from services.kernel.queries import queries
from services.notifier.domain.customer.lanes import LANE_RANK, SAYS_ON
from services.notifier.tables.vault import Vault
from tests.kits.system.breakable import Told, told

SQL: Final = queries(Path(__file__).parents[1] / "sql" / "storm.sql")
SOURCE: Final = "/dispatch/storm"
TICK_SECONDS: Final = 0.1
REGISTER_AT_ONCE: Final = 500
REACH_RATIO, REACH_CRITICAL_SECONDS, REACH_DROPPED, REACH_TASKS = 1.05, 10.0, 0.01, 100


def environment(rate: float) -> dict[str, str]:
    """What the services are started with beside the usual."""
    return {"OUTAGE_SMS_PER_SECOND": str(rate), "OUTAGE_SMS_QUIET_SECONDS": "60", "OUTAGE_SMS_RESOLVE_SECONDS": "5"}


async def measure(system: System, customers: int, seconds: float, rate: float, patience: float) -> dict[str, Any]:
    """Figures of one storm, on a system that was started with `environment(rate)`.

    Raises:
        NeverIdle: texts still wait after `patience` seconds.

    """
    # What the provider's own queue would hold back is not the question here: it takes what the sender may post.
    await _control(system, "PATCH", "config", {"segments_per_second": 10 * rate})
    async with told(system.folder) as city:
        await _settle_in(system, city, customers)
        began, before = city.clock.now(), processors.spent()
        begun = await _tell(city, storm(customers, seconds))
        said = city.clock.now()
        await city.rests(patience)
        figures = await _figures(system, city, (began, said), begun, rate)
        figures["processorSeconds"] = processors.since(before)
        return figures | {"customers": customers, "facts": FACTS_OF_AN_OUTAGE * len(begun)}


async def _settle_in(system: System, city: Told, customers: int) -> None:
    vault = Vault.from_text(system.secrets["vault"], system.secrets["index"])
    entries = list(registry(customers, city.clock.now()))
    for at in range(0, len(entries), REGISTER_AT_ONCE):
        await city.introduce(entries[at : at + REGISTER_AT_ONCE], vault)
    while await city.logs["notifier"].fetchval(SQL["customers"]) < customers:
        await asyncio.sleep(0.5)
    await city.idle.wait(600)


async def _tell(city: Told, facts: Sequence[tuple[float, Tell]]) -> dict[str, datetime]:
    """Each in its time, as far as Kafka takes them; when it was told of each outage that it began."""
    began, number = perf_counter(), 0
    begun: dict[str, datetime] = {}
    while number < len(facts):
        due = perf_counter() - began
        events = []
        while number < len(facts) and facts[number][0] <= due:
            fact = facts[number][1](city.clock.now())
            begun.setdefault(fact.mrid, city.clock.now())
            events.append(
                CloudEvent(source=SOURCE, id=f"{number:06}", type=TYPE_OF[type(fact)], time=city.clock.now(), data=fact)
            )
            number += 1
        await city.publish(events)
        await asyncio.sleep(TICK_SECONDS)
    return begun


async def _figures(
    system: System, city: Told, told_from_to: tuple[datetime, datetime], begun: Mapping[str, datetime], rate: float
) -> dict[str, Any]:
    began, said = told_from_to
    owed = dict(await city.logs["notifier"].fetchrow(SQL["owed"], city.clock.now()) or {})
    posts = {one["message_id"]: _instant(one["at"]) for one in await _control(system, "GET", "posts") if one.get("sid")}
    held = Counter(one.get("message_id") for one in await _control(system, "GET", "phones"))
    last = max((_instant(one["wall"]) for one in await _control(system, "GET", "phones")), default=began)
    waits = _waits(await city.logs["notifier"].fetch(SQL["waits"]), posts, begun)
    rows = await city.logs["notifier"].fetch(SQL["steps"])
    texts = [steps.text_of(row, posts[row["message_id"]]) for row in rows if row["message_id"] in posts]
    gathering = [(row["since"], row["until"]) for row in await city.logs["notifier"].fetch(SQL["gathering"])]
    tasks: Counter[str] = Counter()
    for name in SERVICES:
        tasks.update({row["kind"]: row["n"] for row in await city.logs[name].fetch(SQL["tasks"])})
    took = (last - began).total_seconds()
    last_asked = (owed.pop("last_asked") or began) - began
    return {
        **owed,
        "rate": rate,
        "posted": len(posts),
        "doubled": sum(times > 1 for times in held.values()),
        "toldSeconds": (said - began).total_seconds(),
        "lastAskedSeconds": last_asked.total_seconds(),
        "lastTextSeconds": took,
        "ratio": took / (len(posts) / rate) if posts else math.inf,
        "stretches": steps.stretches(texts, gathering, began, last),
        "waits": {name: steps.spread(found) for name, found in sorted(waits.items())},
        "steps": steps.by_step(texts),
        "tasks": dict(tasks),
        "restarts": dict(system.restarts),
    }


def _waits(rows: Sequence[Any], posts: Mapping[str, datetime], begun: Mapping[str, datetime]) -> dict[str, list[float]]:
    """Seconds to the post, by lane and what it says; and from when it was told that an outage began to a customer's first word."""
    waits: dict[str, list[float]] = defaultdict(list)
    first: dict[str, tuple[datetime, Any]] = {}
    for row in rows:
        if (at := posts.get(row["message_id"])) is not None:
            kind = "back" if row["trigger"] in SAYS_ON else "off"
            waits[f"{row['lane']}, {kind}"].append((at - row["since"]).total_seconds())
            first[row["customer_id"]] = min(first.get(row["customer_id"], (at, row)), (at, row), key=lambda one: one[0])
    for at, row in first.values():
        waits[f"{row['lane']}, first word"].append((at - begun[row["mrids"][0]]).total_seconds())
    return waits


def table(found: dict[str, Any]) -> list[str]:
    """For a person."""
    share = (found["dropped"] + found["refused"]) / max(1, found["owed"])
    spent = found["stretches"]
    lines = [
        (
            f"{found['facts']:,} facts in {found['toldSeconds']:.0f} s over {found['customers']:,} key customers, "
            f"{found['rate']:.0f} texts a second"
        ),
        (
            f"owed {found['owed']:,}, merged {found['merged']:,}, posted {found['posted']:,}, dropped {found['dropped']:,} "
            f"({share:.1%}, reach {REACH_DROPPED:.0%}), doubled {found['doubled']}, "
            f"for later {found['later']}, still waiting {found['waiting']}"
        ),
        f"last text asked for after {found['lastAskedSeconds']:.0f} s",
        f"first fact to last text {found['lastTextSeconds']:.0f} s = {found['ratio']:.2f} × posted / rate (reach {REACH_RATIO})",
        (
            f"of it texts were there to be posted for {spent['sending']:.0f} s ({found['posted'] / max(1, spent['sending']):.1f} "
            f"a second), all waited by rule for {spent['rule']:.0f} s, and there was none for {spent['nothing']:.0f} s"
        ),
        f"open tasks {sum(found['tasks'].values())} (reach {REACH_TASKS}): {found['tasks'] or 'none'}",
        f"{'lane, what it says':22}{'texts':>8}{'p50 s':>9}{'p99 s':>9}{'longest':>9}",
    ]
    for name, one in found["waits"].items():
        lines.append(f"{name:22}{one['texts']:8}{one['p50']:9.1f}{one['p99']:9.1f}{one['longest']:9.1f}")
    took = ", ".join(f"{name} {seconds:.0f}" for name, seconds in found["processorSeconds"].items())
    return [*lines, *steps.table(found["steps"]), f"processor seconds: {took}"]


def reached(found: dict[str, Any]) -> list[str]:
    """What was to be reached and was not."""
    critical = max((one["p99"] for name, one in found["waits"].items() if name.startswith("critical,")), default=0.0)
    share = (found["dropped"] + found["refused"]) / max(1, found["owed"])
    missed = {
        f"critical lane p99 {critical:.1f} s": critical >= REACH_CRITICAL_SECONDS,
        f"ratio {found['ratio']:.2f}": found["ratio"] > REACH_RATIO,
        f"dropped {share:.1%}": share > REACH_DROPPED,
        f"tasks {sum(found['tasks'].values())}": sum(found["tasks"].values()) > REACH_TASKS,
        f"doubled {found['doubled']}": found["doubled"] > 0,
        f"for later {found['later']}, still waiting {found['waiting']}": found["waiting"] > 0,
    }
    return [name for name, is_missed in missed.items() if is_missed]


def lanes(found: dict[str, Any]) -> set[str]:
    """Lanes in which texts went."""
    return {lane for lane in LANE_RANK if any(name.startswith(f"{lane},") for name in found["waits"])}


async def _control(system: System, method: str, path: str, body: Any = None) -> Any:
    url = f"{system.twilio_url}/_sim/{path}"
    async with aiohttp.ClientSession() as session, session.request(method, url, json=body) as answer:
        answer.raise_for_status()
        return await answer.json()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


async def run(customers: int, seconds: float, rate: float, folder: Path | None = None) -> dict[str, Any]:
    """On a stack of its own, in a folder that stays where one is given."""
    patience = timedelta(seconds=3 * customers / rate, minutes=20).total_seconds()
    async with System(folder, say=lambda _: None, environment=environment(rate)) as system:
        return await measure(system, customers, seconds, rate, patience)
