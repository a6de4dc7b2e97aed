"""Injections 9, 14-19, 54 and 55, on the whole system: events twice, late, again, unreadable; partitions shared anew; steps due.

All hear of it once, and each step is taken once.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from signal import SIGKILL
from zoneinfo import ZoneInfo

import msgspec
import pytest
import pytest_asyncio

from devstack.system import SERVICES
from devstack.twilio.kept.messages import Post
from schemas.cloudevent import CloudEvent
from schemas.contracts import dispatch
from services.kernel.adapters.kafka import Produce
from services.kernel.warp import WarpDriver
from services.notifier.domain.customer.lanes import SAYS_OFF
from tests.kits.stack.injecting import invariants
from tests.kits.stack.injecting.releases import POD, WITH_KITS, unpack
from tests.kits.system.breakable import Breakable, Told, faults_of, simulator, told
from tests.kits.system.load import LINES, Said, customers, extent
from tests.kits.system.workers import another_worker
from tests.kits.waiting import until

pytestmark = pytest.mark.timeout(180)
on_one_loop = pytest.mark.asyncio(loop_scope="module")

START = datetime(2026, 3, 5, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = timedelta(hours=1)
SECONDS = 60
TOLD_AND_OVER = {("fault", "delivered"): 2, ("restored", "delivered"): 2}


@dataclass
class City:
    """One system for all; each injection has lines of its own, with two key customers on each."""

    system: Breakable
    told: Told
    driver: WarpDriver
    line: int = 0
    day: list[CloudEvent] = field(default_factory=list)
    """All that dispatch said."""

    def off(self) -> list[CloudEvent]:
        """A fault on a new line."""
        self.line += 1
        now, where = self.told.clock.now(), extent(self.line)
        mrid = f"F-{self.line}"
        return self.said(
            dispatch.OutageStarted(mrid=mrid, outage_class="fault", started_at=now, extent=where, ert=now + 2 * HOUR),
            dispatch.CrewStatus(mrid=mrid, crew_status="assigned", at=now),
        )

    def back(self, line: int | None = None) -> list[CloudEvent]:
        """Power is back there."""
        now, mrid = self.told.clock.now(), f"F-{line or self.line}"
        return self.said(
            dispatch.CauseCleared(mrid=mrid, cleared_at=now), dispatch.SupplyRestored(mrid=mrid, restored_at=now)
        )

    def said(self, *facts: dispatch.Fact) -> list[CloudEvent]:
        """Facts as events, of now."""
        made = self.told.events(Said(self.told.clock.now(), fact) for fact in facts)
        self.day += made
        return made

    async def rests(self) -> None:
        """All is done that is due: what settles has settled, and the news that gathers after that has gone."""
        await self.told.idle.wait(SECONDS)
        for _ in range(2):
            self.driver.jump(timedelta(minutes=2))
            await self.told.idle.wait(SECONDS)

    async def texts(self, line: int | None = None) -> Counter[tuple[str, str]]:
        """Texts to the two customers of a line, by trigger and state, but those that a better one replaced in time."""
        number = line or self.line
        rows = await self.told.logs["notifier"].fetch(
            "select trigger, state from notification where customer_id = any($1::text[]) and state <> 'suppressed'",
            [f"KC-{number:03}", f"KC-{number + 20:03}"],
        )
        return Counter((row["trigger"], row["state"]) for row in rows)

    async def hold(self) -> None:
        """The five statements, of what this system sent."""
        posts = msgspec.convert(await simulator(self.told.where, "GET", "posts"), list[Post])
        made = [(one["sid"], one.get("message_id")) for one in await self.told.messages()]
        seen = await invariants.look(self.told.logs["notifier"], posts, made, self.told.clock.now())
        assert invariants.broken(seen) == []


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[City]:
    folder = tmp_path_factory.mktemp("kafka-injections")
    clock_file = folder / "clock"
    with WarpDriver(clock_file, START) as driver:
        async with Breakable(folder, clock_file=clock_file, pause=0.01) as system, told(folder) as outside:
            await invariants.watch(outside.logs["notifier"])
            await outside.register(customers(40, outside.clock.now()))
            yield City(system, outside, driver)


@pytest_asyncio.fixture(loop_scope="module")
async def city(stage: City) -> AsyncIterator[City]:
    """The system, and what must hold after each injection."""
    yield stage
    await stage.hold()


@pytest.mark.injection(14)
@on_one_loop
async def test_14_the_same_event_twice_is_told_once(city: City) -> None:
    off = city.off()
    await city.told.publish([event for event in off for _ in range(2)])
    await city.rests()
    await city.told.publish(off)
    back = city.back()
    await city.told.publish([*back, *back])
    await city.rests()
    assert await city.texts() == TOLD_AND_OVER


@pytest.mark.injection(15)
@on_one_loop
async def test_15_partitions_shared_out_anew_in_the_middle_lose_and_double_nothing(city: City) -> None:
    lines: list[int] = []

    async def goes_on() -> None:
        while len(lines) < 8:
            await city.told.publish(city.off())
            lines.append(city.line)
            await asyncio.sleep(0.5)

    facts = asyncio.create_task(goes_on())
    async with another_worker(city.system, "notifier"):
        await until(lambda: len(lines) >= 5, 20)
    await facts
    await city.rests()
    for line in lines:
        await city.told.publish(city.back(line))
    await city.rests()
    assert [await city.texts(line) for line in lines] == [TOLD_AND_OVER] * len(lines)


@pytest.mark.injection(16)
@on_one_loop
async def test_16_a_day_played_again_tells_nobody_anything(city: City) -> None:
    await city.told.publish(city.off())
    await city.rests()
    await city.told.publish(city.back())
    await city.rests()
    before = await city.told.messages()
    await city.told.publish(city.day)
    await city.rests()
    assert len(await city.told.messages()) == len(before)
    assert await city.texts() == TOLD_AND_OVER


@pytest.mark.injection(17)
@on_one_loop
async def test_17_restored_before_started_tells_nobody_that_power_is_off(city: City) -> None:
    off = city.off()
    city.driver.jump(timedelta(minutes=10))
    await city.told.publish(city.back())
    await city.rests()
    await city.told.publish(off)
    await city.rests()
    said = await city.texts()
    assert [trigger for trigger, _ in said if trigger in SAYS_OFF] == []


@pytest.mark.injection(18)
@on_one_loop
async def test_18_a_record_that_nobody_can_read_is_set_aside_and_stops_nobody(city: City) -> None:
    first, second = city.off()
    now, key = city.told.clock.now(), f"F-{city.line}".encode()
    await city.told.publish([first])
    garbage: Sequence[tuple[bytes, Sequence[tuple[str, bytes]]]] = (
        (b"\xff\x00 not JSON", ()),
        (b"{}", (("ce_type", b"outage.started.v1"), ("ce_id", b"\x00"))),
    )
    await city.told.producer.send([Produce("outage.dispatch", key, value, headers, now) for value, headers in garbage])
    await city.told.publish([second])
    await city.rests()
    await city.told.publish(city.back())
    await city.rests()
    assert await city.texts() == TOLD_AND_OVER
    for name in SERVICES:
        assert await city.told.logs[name].fetchval("select count(*) from quarantine") == len(garbage)


@pytest.mark.injection(19)
@on_one_loop
async def test_19_a_relay_that_dies_after_kafkas_word_publishes_twice_and_it_is_heard_once(city: City) -> None:
    city.system.exits.clear()
    # The planner has nothing to publish of a fault.
    dying = ("restorer", "notifier")
    city.system.doom(dict.fromkeys(dying, "relay-acknowledged:1"))
    off = city.off()
    now = city.told.clock.now()
    reported = dispatch.FaultReported(mrid=f"F-{city.line}", reported_at=now, extent=extent(city.line))
    await city.told.publish([*off, *city.said(reported)])
    await until(lambda: set(dying) <= {name for name, _ in city.system.exits}, SECONDS, "their death")
    await city.rests()
    await city.told.publish(city.back())
    await city.rests()
    assert await city.texts() == TOLD_AND_OVER
    assert faults_of(await city.told.audit()) == {}


async def verdicts(city: City, obligation: str = "first-word") -> Counter[tuple[str, ...]]:
    """Of the promises of a kind to the two customers of the line: which verdicts followed, in order."""
    rows = await city.told.logs["notifier"].fetch(
        """select data->>'promiseId' as id, type from event
        where type like 'promise.%' and data->>'mRID' = $1 order by position""",
        f"F-{city.line}",
    )
    made = await city.told.logs["notifier"].fetch(
        "select data->>'promiseId' as id from event where type = 'promise.made.v1' and data->>'rule' like $1",
        f"%{obligation.replace('-', '_')}%",
    )
    of = {row["id"]: [""] for row in made}
    for row in rows:
        if row["id"] in of and row["type"] not in ("promise.made.v1", "promise.at-risk.v1"):
            of[row["id"]].append(row["type"].split(".")[1])
    mine = {row["id"] for row in rows}
    return Counter(tuple(said[1:]) for one, said in of.items() if one in mine)


async def provider_is_ill(city: City) -> None:
    """It answers every text with 503 and shows no list."""
    faults = [{"kind": "5xx", "status": 503}, {"kind": "list-5xx"}]
    await simulator(city.told.where, "POST", "faults", faults)


@pytest.mark.injection(54)
@on_one_loop
async def test_54_a_step_that_falls_due_while_the_notifier_is_dead_is_taken_once_when_it_is_back(city: City) -> None:
    await provider_is_ill(city)
    await city.told.publish(city.off())
    log = city.told.logs["notifier"]
    promised = "select count(*) from event where type = 'promise.made.v1' and data->>'mRID' = $1"
    await until(lambda: log.fetchval(promised, f"F-{city.line}"), SECONDS, "the promise of a first word")
    await asyncio.sleep(0.5)
    city.system._held.add("notifier")
    city.system.kill("notifier", SIGKILL)
    # Ten minutes are promised; there is nobody to call them over.
    city.driver.jump(timedelta(minutes=15))
    await simulator(city.told.where, "DELETE", "faults")
    await city.system.release("notifier")
    await city.rests()
    assert await verdicts(city) == {("broken",): 2}
    assert (await city.texts())["fault", "delivered"] == 2
    called = "select count(*) from task where kind = 'word-late' and mrid = $1"
    assert await log.fetchval(called, f"F-{city.line}") == 1
    await city.told.publish(city.back())
    await city.rests()


@pytest.mark.injection(55)
@on_one_loop
async def test_55_a_word_that_arrives_at_the_moment_of_the_step_gets_one_verdict(city: City) -> None:
    await provider_is_ill(city)
    await city.told.publish(city.off())
    log = city.told.logs["notifier"]
    waits = "select count(*) from notification where mrids = array[$1] and state in ('ready', 'sending', 'unknown')"
    await until(lambda: log.fetchval(waits, f"F-{city.line}"), SECONDS, "texts that wait")
    # The provider is well in the moment in which the ten minutes are over.
    city.driver.jump(timedelta(minutes=9, seconds=58))
    await simulator(city.told.where, "DELETE", "faults")
    for _ in range(8):
        city.driver.jump(timedelta(seconds=0.5))
        await asyncio.sleep(0.1)
    await city.rests()
    said = await verdicts(city)
    assert said.total() == 2
    assert set(said) <= {("kept",), ("broken",), ("broken", "corrected")}
    assert (await city.texts())["fault", "delivered"] == 2
    await city.told.publish(city.back())
    await city.rests()


@pytest.mark.injection(9)
@pytest.mark.parametrize("release", WITH_KITS)
@on_one_loop
async def test_09_partitions_that_move_to_the_release_before_and_back_lose_and_double_nothing(
    city: City, tmp_path: Path, release: str
) -> None:
    code = unpack(release, tmp_path / "before")
    before = city.line
    async with another_worker(city.system, "notifier", program=[str(POD), "notifier"], code=code) as older:
        await until(lambda: '"started"' in older.log_file.read_text(), 40, "the older one to begin")
        for _ in range(4):
            await city.told.publish(city.off())
            await asyncio.sleep(0.5)
        await city.rests()
    lines = range(before + 1, city.line + 1)
    assert lines.stop <= LINES, "each injection has lines of its own, and nobody is on more than there are"
    await city.rests()
    for line in lines:
        await city.told.publish(city.back(line))
    await city.rests()
    assert [await city.texts(line) for line in lines] == [TOLD_AND_OVER] * len(lines)
    assert "text attempted" in older.log_file.read_text(), "it had its part"
