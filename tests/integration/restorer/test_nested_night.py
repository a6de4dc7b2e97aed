"""A night in which a small outage lies within a large one, as dispatch tells it and customers hear it."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted
from schemas.contracts.dispatch import OutageStarted, SupplyRestored
from tests.kits.deciders.notifier import at as on_day
from tests.kits.network.models import element, whole
from tests.kits.stack.fanout import resident
from tests.kits.stack.tables.night import Night
from tests.kits.stack.tables.night import night as made

LINE, HOSPITAL_S = "10千伏城东线", "东一变"
CITY = [
    element("ss", "substation", name="城东变电站"),
    element("L1", "line", "ss", name=LINE),
    element("T1", "transformer", "L1", name=HOSPITAL_S),
    element("T2", "transformer", "L1", name="东二变"),
    element("T3", "transformer", "L1", name="东三变"),
    element("P1", "usagePoint", "T1"),
    element("P2", "usagePoint", "T2"),
    element("P3", "usagePoint", "T3"),
]


def at(clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return on_day(5, 9 + hour, minute)


def lives_at(name: str, transformer: str) -> CustomerUpserted:
    return resident(name, lines=(), transformers=(transformer,))


def off(mrid: str, clock: str, extent: Extent) -> OutageStarted:
    return OutageStarted(mrid=mrid, outage_class="fault", started_at=at(clock), ert=at("5:00"), extent=extent)


def back(mrid: str, clock: str, *transformers: str) -> SupplyRestored:
    scope = "part" if transformers else "all"
    return SupplyRestored(mrid=mrid, restored_at=at(clock), scope=scope, extent=Extent(transformers=transformers))


@pytest.fixture
async def night(postgres: str) -> AsyncIterator[Night]:
    async with made(postgres) as one:
        await one.network(*CITY, whole(CITY))
        await one.registered(
            lives_at("hospital", HOSPITAL_S), lives_at("works", "东二变"), lives_at("school", "东三变")
        )
        yield one


async def test_the_hospital_is_told_that_power_is_back_when_it_is(night: Night) -> None:
    await night.says(at("0:20"), off("F-LINE", "0:20", Extent(lines=(LINE,))))
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [["fault"]] * 3

    # A tree has fallen on the transformer of the hospital besides.
    await night.says(at("0:30"), off("F-TREE", "0:30", Extent(transformers=(HOSPITAL_S,))))
    assert night.hears("hospital") == []

    # The works are fed another way.
    (part,) = await night.says(at("0:50"), back("F-LINE", "0:50", "东二变"))
    assert (part["points"]["restored"], part["points"]["remaining"]) == (1, 2)
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [[], ["part-restored"], []]

    # The line is back. Where the tree lies it is not.
    (confirmed,) = await night.says(at("1:30"), back("F-LINE", "1:30"))
    assert [(one["mRID"], one["points"]) for one in confirmed["stayOut"]] == [("F-TREE", 1)]
    assert confirmed["points"]["restored"] == 1
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [[], [], ["restored"]]

    (confirmed,) = await night.says(at("3:10"), back("F-TREE", "3:10"))
    assert "stayOut" not in confirmed
    assert [night.hears(one) for one in ("hospital", "works", "school")] == [["restored"], [], []]


async def test_a_small_outage_that_was_taken_into_a_large_one_ends_and_nobody_hears_of_it(night: Night) -> None:
    await night.says(at("0:20"), off("F-TREE", "0:20", Extent(transformers=(HOSPITAL_S,))))
    assert [night.hears(one) for one in ("hospital", "works")] == [["fault"], []]

    await night.says(at("0:30"), off("F-LINE", "0:30", Extent(lines=(LINE,))))
    assert [night.hears(one) for one in ("hospital", "works")] == [[], ["fault"]]

    # Dispatch closes the small one: the large one has it now.
    (confirmed,) = await night.says(at("0:40"), back("F-TREE", "0:40"))
    assert [(one["mRID"], one["points"]) for one in confirmed["stayOut"]] == [("F-LINE", 1)]
    assert night.hears("hospital") == []

    await night.says(at("2:00"), back("F-LINE", "2:00"))
    assert [night.hears(one) for one in ("hospital", "works")] == [["restored"], ["restored"]]
