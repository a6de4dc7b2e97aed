"""2,000 events while every service is killed five times: nothing lost, nothing doubled, nothing forgotten."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random
from signal import SIGKILL

import asyncpg
import pytest

from devstack.system import SERVICES
from schemas.contracts import dispatch
from services.notifier.domain.text_states import FINAL
from tests.kits.system.breakable import Breakable, Told, faults_of, simulator, told
from tests.kits.system.load import customers, outages, story

SEED = 20261123
EVENTS, REPEATED, KILLS = 2_000, 60, 5
OVER = timedelta(seconds=60)
VICTIMS = (*SERVICES, "gateway")

# Rates per POST, look-up, delivery and callback. The list lags half a second; the sender waits three.
FAULTS = [
    {"kind": "created-drop", "rate": 0.04},
    {"kind": "created-5xx", "rate": 0.04, "status": 502},
    {"kind": "created-cut", "rate": 0.02},
    {"kind": "created-hang", "rate": 0.005},
    {"kind": "5xx", "rate": 0.04, "status": 503},
    {"kind": "drop", "rate": 0.03},
    {"kind": "throttle", "rate": 0.04, "seconds": 1.0},
    {"kind": "hang", "rate": 0.005},
    {"kind": "undelivered", "rate": 0.03},
    {"kind": "list-5xx", "rate": 0.05, "status": 500},
    {"kind": "callback-lost", "rate": 0.15},
    {"kind": "callback-doubled", "rate": 0.10},
    {"kind": "callback-reordered", "rate": 0.05},
]


async def _kill_now_and_then(system: Breakable, name: str, random: Random) -> None:
    """SIGKILL a service five times at random moments of the run; only a kill that hit a living process counts."""
    gap = OVER.total_seconds() / KILLS
    for _ in range(KILLS):
        moment = random.uniform(0.1, 0.9) * gap
        await asyncio.sleep(moment)
        while not system.running(name):
            await asyncio.sleep(0.01)
        system.kill(name, SIGKILL)
        await asyncio.sleep(gap - moment)


async def _taken(log: asyncpg.Connection) -> Counter[str]:
    rows = await log.fetch("select id from inbox where topic = $1", dispatch.TOPIC)
    return Counter(row["id"] for row in rows)


@pytest.mark.timeout(300)
async def test_2000_events_survive_twenty_kills_with_every_text_sent_once(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with Breakable(tmp_path, pause=0.2) as system, told(tmp_path) as city:
        await simulator(city.where, "PATCH", "config", {"list_lag_seconds": 0.5, "seed": SEED})
        await city.register(customers(40, city.clock.now()))
        await simulator(city.where, "POST", "faults", FAULTS)
        facts = story(EVENTS, city.clock.now(), OVER, SEED)
        events = city.events(facts)
        random = Random(SEED)
        # Some events come twice, as from a dispatch system that did not hear our broker's word.
        again = [random.choice(events) for _ in range(REPEATED)]
        ready = loop.time()
        await asyncio.gather(
            city.pump(sorted([*events, *again], key=lambda event: event.time)),
            *(_kill_now_and_then(system, name, Random(f"{SEED} {name}")) for name in VICTIMS),
        )
        pumped = loop.time()
        await city.rests(100)
        idle = loop.time()
        await _nothing_lost_nothing_doubled(city, {event.id for event in events})
        report = await city.audit()
        assert faults_of(report) == {}
        deaths = Counter(name for name, code in system.exits if code == -SIGKILL)
        assert deaths == dict.fromkeys(VICTIMS, KILLS), f"not every kill was a kill: {system.exits}"
        assert len(system.exits) == sum(deaths.values()), f"something died by itself: {system.exits}"
        texts = await city.logs["notifier"].fetch("select state, attempts from notification")
        print(  # noqa: T201 - the figures are the point of a long test; pytest -s shows them
            f"\n{EVENTS} events of {outages(facts)} outages, {len(events) + REPEATED} sent, {sum(deaths.values())} kills, "
            f"{len(texts)} texts {dict(Counter(r['state'] for r in texts))} in {sum(r['attempts'] for r in texts)} "
            f"attempts, {sum(check.checked for check in report.checks)} things audited; seconds: start "
            f"{ready - began:.0f}, pumping {pumped - ready:.0f}, until idle {idle - pumped:.0f}, "
            f"audit {loop.time() - idle:.0f}"
        )


async def _nothing_lost_nothing_doubled(city: Told, ids: set[str]) -> None:
    for name in SERVICES:
        taken = await _taken(city.logs[name])
        assert set(taken) == ids, f"{name} lost events"
        assert max(taken.values()) == 1, f"{name} took events twice"
        assert await city.logs[name].fetchval("select count(*) from quarantine") == 0
    made = await city.messages()
    rows = await city.logs["notifier"].fetch("select message_id, state, not_before, provider_sid from notification")
    texts = {row["message_id"]: row for row in rows}
    assert len(texts) > 100, "too few texts to show anything"
    now = city.clock.now()
    # A notice that was asked for at night waits for the morning; everything else must have come to its end.
    open_ = {k: row["state"] for k, row in texts.items() if row["state"] not in FINAL and row["not_before"] <= now}
    assert open_ == {}, "texts were forgotten"
    created = Counter(message["message_id"] for message in made)
    assert set(created) <= set(texts), "the provider holds texts that nobody asked for"
    assert max(created.values()) == 1, f"sent twice: {[name for name, count in created.items() if count > 1]}"
    for message in made:
        row = texts[message["message_id"]]
        assert row["provider_sid"] == message["sid"]
        assert row["state"] == message["status"], "the provider's last word on a text is not ours"
