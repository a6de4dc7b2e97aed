"""A copy of the network that has what the topic lost is emptied and read again, by services that run: `network reread`."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from connectors.registry.entry import RegistryEntry
from devstack.cases.commands import ctl
from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.customers import Contact, CustomerUpserted
from schemas.contracts.network import ModelRef
from services.network.copy import NetworkCopy
from tests.kits.network.models import EDITION, element, words
from tests.kits.system.breakable import Breakable, Told, told
from tests.kits.system.load import HOUR

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

COPIES = ("planner", "notifier", "restorer")
LINE, RENAMED = "10千伏城东线", "10千伏城东一线"
NEXT = ModelRef(model_id=EDITION.model_id, date=EDITION.date + timedelta(days=1))
CITY = [
    element("ss", "substation"),
    element("L1", "line", "ss", name=LINE),
    element("T1", "transformer", "L1", name="东一变"),
    element("P1", "usagePoint", "T1"),
]
GHOST = element("GHOST", "transformer", "L1", name="旧变")


async def cited(city: Told) -> dict[str, datetime]:
    """Which edition the decisions of each service cite."""
    return {name: await city.logs[name].fetchval("select date from network_edition where ready") for name in COPIES}


async def ghosts(city: Told) -> int:
    counted = [
        await city.logs[name].fetchval(
            "select count(*) from network_element where element_id = 'GHOST' and until is null"
        )
        for name in COPIES
    ]
    return sum(counted)


async def all_cite(city: Told, edition: ModelRef, within: float = 60.0) -> bool:
    """Whether all of them do, waited for."""
    until = city.clock.monotonic() + within
    while set((await cited(city)).values()) != {edition.date}:
        if city.clock.monotonic() > until:
            return False
        await city.idle.wait()
    return True


async def test_services_that_cite_an_old_edition_for_ever_cite_the_new_one_once_they_read_it_again(
    tmp_path: Path,
) -> None:
    async with Breakable(tmp_path / "data"), told(tmp_path / "data") as city:
        await city.draw(CITY, EDITION)
        assert await all_cite(city, EDITION)
        # The topic had it once, and lost it with its removal: each copy has it still.
        for name in COPIES:
            async with city.logs[name].transaction():
                await NetworkCopy().put(city.logs[name], words(GHOST, after=10))
        renamed = [replace(one, name=RENAMED if one.element_id == "L1" else one.name, model=NEXT) for one in CITY]
        await city.draw(renamed, NEXT)
        await city.idle.wait()
        assert set((await cited(city)).values()) == {EDITION.date}, (
            "with a stranger among its elements it is never whole"
        )

        code, said = await ctl(
            ["network", "reread", "--reason", "旧变 is no more", "--yes", "--json"], tmp_path, {}, 120.0
        )
        assert code == 0, said
        assert {one["service"] for one in json.loads(said)} == set(COPIES)
        assert await all_cite(city, NEXT)
        assert await ghosts(city) == 0
        for name in COPIES:
            asked = await city.logs[name].fetchval("select count(*) from stream where stream_id like 'operator/%'")
            assert asked == 1, f"{name} has it on record"

        # They decide by it: the line by its new name means whoever hangs on it.
        point = CustomerUpserted(
            customer_id="hospital",
            name="医院",
            importance="special",
            usage_points=("P1",),
            contacts=(Contact(contact_id="duty"),),
            updated_at=city.clock.now(),
        )
        await city.register([RegistryEntry(point, {"duty": "+447700900150"})])
        began = city.clock.now()
        await city.tell(
            dispatch.OutageStarted(
                mrid="F-1", outage_class="fault", started_at=began, extent=Extent(lines=(RENAMED,)), ert=began + HOUR
            )
        )
        await city.idle.wait()
        texts = await city.logs["notifier"].fetch("select customer_id, trigger from notification")
        assert [(row["customer_id"], row["trigger"]) for row in texts] == [("hospital", "fault")]
