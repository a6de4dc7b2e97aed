"""After any pause of the notifier, on real processes: no text of before goes out until what happened meanwhile is read."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest
from msgspec import structs

from connectors.registry.entry import RegistryEntry
from schemas.contracts import dispatch
from services.policy.model import Telling
from tests.kits.system.breakable import Breakable, Told, simulator, told
from tests.kits.system.load import HOUR, customers, extent

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

COUNT = 4
SETTLED_SECONDS = Telling().settling.total_seconds() + 30.0
# Longer than a session of the consumer group: the partitions are gone, and come back.
FROZEN_SECONDS = 12.0


def urgent(one: RegistryEntry) -> RegistryEntry:
    return RegistryEntry(structs.replace(one.customer, importance="special"), one.numbers)


async def restored_texts(city: Told) -> dict[str, int]:
    """Texts that say "power is back", by state."""
    rows = await city.logs["notifier"].fetch(
        "select state, count(*) as n from notification where trigger = 'restored' group by 1"
    )
    return {row["state"]: row["n"] for row in rows}


async def pause_while_texts_wait(
    city: Told, first: int, pause: Callable[[], Awaitable[None]], go_on: Callable[[], Awaitable[None]]
) -> None:
    """The provider is ill, power comes back, texts wait; the notifier pauses, power goes off again, the provider is well."""
    mrids = [f"F-{number}" for number in range(first, first + COUNT)]
    now = city.clock.now()
    await city.tell(
        *(
            dispatch.OutageStarted(
                mrid=mrid, outage_class="fault", started_at=now, extent=extent(first + number), ert=now + HOUR
            )
            for number, mrid in enumerate(mrids)
        )
    )
    await city.idle.wait()
    await simulator(city.where, "POST", "faults", [{"kind": "5xx", "rate": 1.0, "status": 503}])
    before = sum((await restored_texts(city)).values())
    back = city.clock.now()
    await city.tell(*(dispatch.SupplyRestored(mrid=mrid, restored_at=back, scope="all") for mrid in mrids))
    async with asyncio.timeout(SETTLED_SECONDS):
        while sum((await restored_texts(city)).values()) < before + COUNT:
            await asyncio.sleep(0.2)
    await pause()
    off = city.clock.now()
    await city.tell(
        *(dispatch.OutageReopened(mrid=mrid, reopened_at=off, ert=off + HOUR, reason="tripped again") for mrid in mrids)
    )
    await simulator(city.where, "DELETE", "faults")
    await go_on()


async def test_no_text_of_before_a_pause_goes_out_unread(tmp_path: Path) -> None:
    async with Breakable(tmp_path / "data") as system, told(system.folder) as city:
        # Nothing to them waits for more news.
        await city.register([urgent(one) for one in customers(4 * COUNT, city.clock.now())])

        async def stop() -> None:
            await system.hold("notifier")

        async def start() -> None:
            await system.release("notifier")
            await system.ready()

        async def freeze() -> None:
            system.kill("notifier", SIGSTOP)

        async def thaw() -> None:
            await asyncio.sleep(FROZEN_SECONDS)
            system.kill("notifier", SIGCONT)

        await pause_while_texts_wait(city, 0, stop, start)
        await city.idle.wait()
        assert await restored_texts(city) == {"suppressed": COUNT}, "stopped and started again"
        await pause_while_texts_wait(city, COUNT, freeze, thaw)
        await asyncio.sleep(3.0)
        await city.idle.wait()
        assert await restored_texts(city) == {"suppressed": 2 * COUNT}, "frozen and thawed"
