"""Death at every named step of the write path and of sending: after a restart all is there, and nothing twice."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from signal import SIGKILL
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import pytest_asyncio

from devstack.system import SERVICES
from schemas.cloudevent import CloudEvent
from schemas.contracts import dispatch
from schemas.contracts.base import Period
from schemas.contracts.customers import TOPIC as CUSTOMERS
from services.kernel.warp import WarpDriver
from tests.kits.system.breakable import Breakable, Told, faults_of, simulator, told
from tests.kits.system.load import customers, extent
from tests.kits.waiting import until

pytestmark = pytest.mark.timeout(180)
on_one_loop = pytest.mark.asyncio(loop_scope="module")

START = datetime(2026, 3, 5, 8, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
HOUR = timedelta(hours=1)
SERVICES_CODE = Path(__file__).parents[3] / "services"

# Steps that every service passes when it takes facts, at their first and at a later passing.
TAKING = ("fences-locked:1", "streams-locked:2", "decided:1", "after-append:2", "before-commit:1", "after-commit:2")
# Steps that a service passes when a deadline comes.
DEADLINES = ("timers-locked:1", "timers-committed:1")
# Steps of the notifier's fan-outs, and of its looking again at a customer who changed.
FANNING = ("fanout-chosen:1", "fanout-told:1")
REMATCHING = ("rematch-found:1", "rematch-told:1")
# The step where an outage is looked up in the network model: tests/integration/notifier/fanout/test_by_model.py dies there.
PLACING = ("outage-placed:1",)
# Steps of merged outages (tests/integration/restorer/test_merged.py dies there) and of what meters say (the simulation does).
SIMULATED = ("merged-chosen:1", "merged-handed-on:1", "meter-news-found:1", "meter-news-asked:1", "tasks-chosen:1")
# Steps of words on complaints: tests/integration/restorer/test_complaints.py dies at each.
SIMULATED += ("complaint-words-chosen:1", "complaint-words-brought:1")
# Steps that the simulation comes by when it kills: of a walk over a provider's list, and of texts that others speak for.
SIMULATED += ("page-reconciled:1", "taken-aside:1", "follower-said:1")
# Steps of a text between two providers: tests/integration/notifier/sending/providers/test_crashes.py dies at each.
BETWEEN_PROVIDERS = ("released:1", "gone-on:1", "reports-heard:1", "attempt-given-up:1", "giving-up-said:1")
# The step of texts that are fetched: tests/integration/notifier/test_replies_by_the_gateway.py dies there.
FETCHED = ("uplinks-published:1",)
# Steps of notices that wait with the provider: tests/integration/notifier/sending/scheduling/test_waiting.py dies at each.
SCHEDULED = ("prepared:1", "reconciled:1", "taken-back:1")
# The step of forgetting: tests/integration/forgetting/test_forgetting.py dies there.
FORGETTING = ("forgot-in-the-log:1",)
# Steps of an operator's request: tests/kernel/operators/test_answering.py dies at each.
ASKED = ("request-taken:1", "request-acted:1", "request-before-commit:1", "request-after-commit:1")
# Steps of the notifier's sender, with what must happen to a text to come there.
SENDING: dict[str, list[dict[str, Any]]] = {
    "before-submit-commit:1": [],
    "claimed:1": [],
    "may-write:1": [],
    "posted:2": [],
    "looked-up:1": [{"kind": "created-drop", "times": 1}, {"kind": "callback-lost"}],
    "refusal-said:1": [{"kind": "refuse", "code": 21211, "times": 1}],
}


@dataclass
class City:
    """One system for all steps; each step has a line of its own, with two key customers on it."""

    system: Breakable
    told: Told
    driver: WarpDriver
    line: int = 0

    async def pass_time(self, hours: float) -> None:
        self.driver.jump(hours * HOUR)

    def dies_at(self, step: str, services: tuple[str, ...]) -> None:
        """Services die at a step that they pass from now on."""
        self.system.exits.clear()
        self.system.doom(dict.fromkeys(services, step))

    async def died(self, services: tuple[str, ...]) -> None:
        """Each of these services was killed, once; they come back and all work ends."""
        want = dict.fromkeys(services, -SIGKILL)
        await until(lambda: dict(self.system.exits) == want, 60, f"the death of {services}")
        await simulator(self.told.where, "DELETE", "faults")
        await self.told.idle.wait(40)
        await self.gathered()
        assert len(self.system.exits) == len(services), self.system.exits

    async def gathered(self) -> None:
        """News waits for more of it: that time is over, and texts have gone."""
        await self.pass_time(0.01)
        await self.told.idle.wait(40)

    async def goes_on(self) -> None:
        """A word of the crew every half second, for as long as somebody waits for another batch."""
        while True:
            await asyncio.sleep(0.5)
            word = dispatch.CrewStatus(mrid=f"F-{self.line}", crew_status="enroute", at=self.told.clock.now())
            await self.told.tell(word)

    async def cut(self) -> None:
        """A fault on a new line, and planned work there in twelve days."""
        self.line += 1
        now, where = self.told.clock.now(), extent(self.line)
        mrid = f"F-{self.line}"
        work = Period(start=now + timedelta(days=12), end=now + timedelta(days=12, hours=8))
        await self.told.tell(
            dispatch.PlannedRequested(
                mrid=f"P-{self.line}",
                revision_number=1,
                outage_class="planned",
                planned_period=work,
                extent=where,
                requested_at=now,
            ),
            dispatch.OutageStarted(mrid=mrid, outage_class="fault", started_at=now, extent=where, ert=now + HOUR),
            dispatch.FaultReported(mrid=mrid, reported_at=now, extent=where),
            dispatch.CrewStatus(mrid=mrid, crew_status="assigned", at=now),
        )

    async def back(self) -> None:
        """Power is back on the line."""
        now, mrid = self.told.clock.now(), f"F-{self.line}"
        await self.told.tell(
            dispatch.CauseCleared(mrid=mrid, cleared_at=now), dispatch.SupplyRestored(mrid=mrid, restored_at=now)
        )
        await self.told.idle.wait(40)
        # That power is back settles before it is said.
        await self.pass_time(0.02)
        await self.told.idle.wait(40)
        await self.gathered()

    async def texts(self) -> Counter[tuple[str, str]]:
        """Texts to the two customers of the line, by trigger and state."""
        names = [f"KC-{self.line:03}", f"KC-{self.line + 20:03}"]
        rows = await self.told.logs["notifier"].fetch(
            "select trigger, state from notification where customer_id = any($1::text[])", names
        )
        # Texts that a better one replaced before they went out are no concern of the customer.
        return Counter((row["trigger"], row["state"]) for row in rows if row["state"] != "suppressed")

    async def nothing_doubled(self) -> None:
        """Nothing is in quarantine, all is taken; the provider made no text twice, and none unknown to us."""
        for name in SERVICES:
            log = self.told.logs[name]
            assert await log.fetchval("select count(*) from quarantine") == 0
            taken = await log.fetchval("select count(*) from inbox where topic = 'outage.dispatch'")
            assert taken == self.told.sent, f"{name} took {taken} of {self.told.sent} facts"
        made = Counter(message["message_id"] for message in await self.told.messages())
        assert [name for name, count in made.items() if count > 1] == []
        sids = await self.told.logs["notifier"].fetchval(
            "select count(*) from notification where provider_sid is not null"
        )
        assert sids == len(made)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[City]:
    folder = tmp_path_factory.mktemp("checkpoints")
    clock_file = folder / "clock"
    with WarpDriver(clock_file, START) as driver:
        async with Breakable(folder, clock_file=clock_file, pause=0.01) as system, told(folder) as outside:
            await outside.register(customers(40, outside.clock.now()))
            yield City(system, outside, driver)
            # An audit reads all that was ever said: one at the end finds what any of the deaths did to it.
            assert faults_of(await outside.audit()) == {}


SPOKEN = {("planned-notice", "delivered"): 2, ("fault", "delivered"): 2, ("restored", "delivered"): 2}


def test_every_step_of_the_code_is_in_this_list() -> None:
    found = {
        name for path in SERVICES_CODE.rglob("*.py") for name in re.findall(r'\breach\("([a-z-]+)"\)', path.read_text())
    }
    listed = {
        plan.partition(":")[0]
        for plan in (
            *TAKING,
            *DEADLINES,
            *FANNING,
            *REMATCHING,
            *PLACING,
            *SIMULATED,
            *BETWEEN_PROVIDERS,
            *FETCHED,
            *SCHEDULED,
            *FORGETTING,
            *ASKED,
            *SENDING,
            "relay-acknowledged:1",
        )
    }
    assert found == listed


@on_one_loop
@pytest.mark.parametrize("step", [*TAKING, "relay-acknowledged:1"])
async def test_facts_are_taken_once_when_all_services_die_at(city: City, step: str) -> None:
    city.dies_at(step, SERVICES)
    await city.cut()
    # More batches, in case all facts came in one; who has died by then takes them when it is back.
    more = asyncio.create_task(city.goes_on()) if step.endswith(":2") else None
    await until(lambda: len(city.system.exits) == len(SERVICES), 60, f"the death of {SERVICES}")
    if more is not None:
        more.cancel()
        await asyncio.gather(more, return_exceptions=True)
    await city.died(SERVICES)
    await city.pass_time(0.5)
    await city.back()
    assert await city.texts() == SPOKEN
    await city.nothing_doubled()


@on_one_loop
@pytest.mark.parametrize("step", DEADLINES)
async def test_deadlines_fire_once_when_services_die_at(city: City, step: str) -> None:
    await city.cut()
    await city.told.idle.wait(40)
    await city.gathered()
    # The planner watches no deadline that comes on this path; the other two do.
    soon = city.told.clock.now() + timedelta(hours=1.5)
    due = "select count(*) from timer where due_at <= $1"
    services = tuple([name for name in SERVICES if await city.told.logs[name].fetchval(due, soon)])
    assert services == ("restorer", "notifier")
    city.dies_at(step, services)
    await city.pass_time(1.5)
    await city.died(services)
    assert (await city.texts())[("ert-overdue", "delivered")] == 2
    await city.back()
    assert (await city.texts())[("restored", "delivered")] == 2
    await city.nothing_doubled()


@on_one_loop
@pytest.mark.parametrize("step", FANNING)
async def test_customers_are_told_once_when_the_notifier_dies_at(city: City, step: str) -> None:
    city.dies_at(step, ("notifier",))
    await city.cut()
    await city.died(("notifier",))
    await city.pass_time(0.5)
    await city.back()
    assert await city.texts() == SPOKEN
    await city.nothing_doubled()


@on_one_loop
@pytest.mark.parametrize("step", REMATCHING)
async def test_a_customer_registered_during_an_outage_is_told_once_when_the_notifier_dies_at(
    city: City, step: str
) -> None:
    await city.cut()
    await city.told.idle.wait(40)
    city.dies_at(step, ("notifier",))
    (entry,) = customers(1, city.told.clock.now())
    late = msgspec.structs.replace(
        entry.customer, customer_id=f"KC-LATE-{city.line}", lines=extent(city.line).lines, contacts=()
    )
    event = CloudEvent(
        source="/registry", id=late.customer_id, type="customer.upserted.v1", time=late.updated_at, data=late
    )
    await city.told.publish([event], CUSTOMERS)
    await city.died(("notifier",))
    words = await city.told.logs["notifier"].fetchval(
        "select count(*) from event where type = 'customer.touched.v1' and stream_id = $1",
        f"customer/{late.customer_id}",
    )
    assert words >= 1
    await city.pass_time(0.5)
    await city.back()
    await city.nothing_doubled()


@on_one_loop
@pytest.mark.parametrize("step", SENDING)
async def test_texts_are_sent_once_when_the_notifier_dies_at(city: City, step: str) -> None:
    number = f"+447700900{100 + city.line + 1}"
    await simulator(city.told.where, "PATCH", "config", {"deliver_seconds": 3.0 if step == "looked-up:1" else 0.15})
    faults = [fault | {"number": number} for fault in SENDING[step]]
    await simulator(city.told.where, "POST", "faults", faults)
    city.dies_at(step, ("notifier",))
    await city.cut()
    await city.told.idle.wait(40)
    await city.pass_time(0.01)  # what gathered goes
    await city.died(("notifier",))
    await city.pass_time(0.5)
    await city.back()
    if step == "refusal-said:1":
        # The number does not exist: that text ends there, and no further one is tried with it.
        spoken = await city.texts()
        assert sum(count for (_, state), count in spoken.items() if state == "refused") == 1
        assert sum(count for (_, state), count in spoken.items() if state == "delivered") >= 3
    else:
        assert await city.texts() == SPOKEN
    await city.nothing_doubled()
