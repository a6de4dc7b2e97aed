"""A plan judged by the network model, on a real PostgreSQL: which lines there are, what lies on them, the year of every point."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import PlannedCancelled
from schemas.contracts.network import ModelRef
from tests.kits.deciders.planner import NOW, amend, request, span
from tests.kits.network.copied import brought
from tests.kits.network.models import EDITION, by, element, thrown, whole
from tests.kits.stack.tables.planner import LATER, room
from tests.kits.stack.tables.room import Room

__all__ = ["room"]

CITY = [
    element("ss", "substation"),
    element("L1", "line", "ss", name="35千伏钢厂线", kilovolts=35),
    element("L2", "line", "ss", name="35千伏城西线", kilovolts=35),
    element("L3", "line", "ss", name="10千伏专线", kilovolts=10),
    element("T1", "transformer", "L1", name="钢厂1号变", areas=("A1",)),
    element("T2", "transformer", "L1", by("L2", "tie", normally="open"), name="钢厂2号变", areas=("A1",)),
    element("T3", "transformer", "L2", name="城西变", areas=("A2",)),
    element("UP-1", "usagePoint", "T1"),
    element("UP-2", "usagePoint", "T2"),
    element("UP-3", "usagePoint", "T3"),
    element("A1", "area", name="钢厂"),
    element("A2", "area", name="城西"),
]


@pytest.fixture
async def modelled(room: Room) -> Room:
    await brought(room.pool, *CITY, whole(CITY))
    return room


def line(name: str, *areas: str, transformers: Sequence[str] = (), points: Sequence[str] = ()) -> Extent:
    return Extent(lines=(name,), areas=areas, transformers=tuple(transformers), usage_points=tuple(points))


async def test_a_line_cut_twice_a_year_uses_up_the_year_of_every_point_on_it(modelled: Room) -> None:
    assert (await modelled.say(request(mrid="P-1", extent=line("35千伏钢厂线", "钢厂")))).reason == "published"
    again = request(mrid="P-2", extent=line("35 kV 钢厂线", "钢厂"), period=LATER)
    assert (await modelled.say(again)).reason == "yearly-budget-used"
    answer = await modelled.last("P-2", "plan.%")
    assert answer["networkModels"] == [{"modelId": "DJ-GIS", "date": EDITION.date.isoformat().replace("+00:00", "Z")}]
    assert "UP-1 used up by P-1" in str(answer["findings"])


@pytest.mark.parametrize(
    "second",
    [
        line("35千伏钢厂线", "钢厂", transformers=("钢厂2号变",)),
        line("35千伏钢厂线", "钢厂", points=("UP-2",)),
        line("35千伏钢厂线", "钢厂", points=("up-1",)),
    ],
    ids=("by the line, one transformer named", "by a point", "by a point written otherwise"),
)
async def test_the_year_is_used_up_whatever_the_plans_name(modelled: Room, second: Extent) -> None:
    await modelled.say(request(mrid="P-1", extent=line("35千伏钢厂线", "钢厂")))
    assert (await modelled.say(request(mrid="P-2", extent=second, period=LATER))).reason == "yearly-budget-used"


async def test_another_line_has_its_year_still(modelled: Room) -> None:
    await modelled.say(request(mrid="P-1", extent=line("35千伏钢厂线", "钢厂")))
    assert (
        await modelled.say(request(mrid="P-2", extent=line("35千伏城西线", "城西"), period=LATER))
    ).reason == "published"


async def test_a_point_that_hangs_on_another_line_since_a_switch_was_thrown_counts_there(modelled: Room) -> None:
    turned = element("T2", "transformer", by("L1", "cut"), by("L2", "tie", normally="open"), areas=("A1",))
    await brought(modelled.pool, turned, thrown("cut", "open"), thrown("tie", "closed"), after=50)
    await modelled.say(request(mrid="P-1", extent=line("35千伏钢厂线", "钢厂")))
    assert (
        await modelled.say(request(mrid="P-2", extent=line("35千伏城西线", "城西"), period=LATER))
    ).reason == "published"
    third = request(mrid="P-3", extent=line("35千伏钢厂线", "钢厂", points=("UP-2",)), period=LATER)
    assert (await modelled.say(third)).reason == "yearly-budget-used"
    assert "UP-2 used up by P-2" in str((await modelled.last("P-3", "plan.%"))["findings"])


async def test_an_area_says_where_work_is_and_not_that_all_in_it_is_cut(modelled: Room) -> None:
    """T2 lies in the area of both lines, and hangs on one."""
    await modelled.say(request(mrid="P-1", extent=line("35千伏钢厂线", "钢厂")))
    other = request(mrid="P-2", extent=line("35千伏城西线", "城西", "钢厂"), period=LATER)
    assert (await modelled.say(other)).reason == "published"


async def test_a_plan_keeps_the_place_that_its_notice_has_by_the_model(room: Room) -> None:
    """Two were booked on one line before there was a model to count by: the first may still become less."""
    whole_day = line("35千伏钢厂线", "钢厂")
    for mrid in ("P-1", "P-2"):
        assert (await room.say(request(mrid=mrid, extent=whole_day))).reason == "published"
    await brought(room.pool, *CITY, whole(CITY))
    room.clock.advance(timedelta(minutes=1))
    shorter = amend(2, span("2026-03-12 09:00", "2026-03-12 12:00"), whole_day, mrid="P-1")
    await room.say(shorter)
    assert "reasons" not in await room.last("P-1", "plan.%")


async def test_a_model_that_names_no_line_refuses_none(room: Room) -> None:
    bare = [element("ss", "substation"), element("T1", "transformer", "ss", name="钢厂1号变")]
    await brought(room.pool, *bare, whole(bare))
    assert (await room.say(request(mrid="P-1", extent=line("35千伏钢厂线", "钢厂")))).reason == "published"


async def test_while_the_next_edition_comes_in_the_one_before_is_cited(modelled: Room) -> None:
    later = ModelRef(model_id=EDITION.model_id, date=EDITION.date + timedelta(days=1))
    moved = replace(element("T3", "transformer", "L1", name="城西变"), model=later)
    everything = [one if one.element_id != "T3" else moved for one in CITY]
    await brought(modelled.pool, whole(everything, later), after=50)
    await modelled.say(request(mrid="P-1", extent=line("35千伏钢厂线", "钢厂")))
    assert EDITION.date.isoformat().replace("+00:00", "Z") in str(
        (await modelled.last("P-1", "plan.%"))["networkModels"]
    )
    await brought(modelled.pool, moved, after=60)
    await modelled.say(request(mrid="P-2", extent=line("35千伏城西线", "城西"), period=LATER))
    assert later.date.isoformat().replace("+00:00", "Z") in str((await modelled.last("P-2", "plan.%"))["networkModels"])


async def test_work_that_was_withdrawn_leaves_the_year_to_others(modelled: Room) -> None:
    await modelled.say(request(mrid="P-1", extent=line("35千伏钢厂线", "钢厂")))
    await modelled.say(PlannedCancelled(mrid="P-1", revision_number=2, cancelled_at=NOW))
    assert (
        await modelled.say(request(mrid="P-2", extent=line("35千伏钢厂线", "钢厂"), period=LATER))
    ).reason == "published"


@pytest.mark.parametrize(
    ("sentence", "extent", "reasons", "warnings"),
    [
        ("as the model has it", line("35千伏钢厂线", "钢厂", transformers=["钢厂1号变"]), (), ()),
        ("no such line", line("35千伏刚厂线", "钢厂"), ("line-unknown",), ()),
        ("an area of another line", line("35千伏钢厂线", "城西"), (), ("area-not-on-line:城西",)),
        ("a line on which nothing hangs", line("10千伏专线", "城西"), (), ()),
        (
            "a transformer of another line",
            line("35千伏钢厂线", "钢厂", transformers=["城西变"]),
            (),
            ("transformer-not-on-line:城西变",),
        ),
    ],
)
async def test_the_places_of_a_plan_are_held_beside_the_model(
    modelled: Room, sentence: str, extent: Extent, reasons: tuple[str, ...], warnings: tuple[str, ...]
) -> None:
    await modelled.say(request(mrid="P-1", extent=extent))
    answer = await modelled.last("P-1", "plan.%")
    found = answer.get("warnings", [])
    assert isinstance(found, list)
    assert (tuple(answer.get("reasons", ())), tuple(one for one in found if "-not-on-line:" in one)) == (
        reasons,
        warnings,
    ), sentence  # type: ignore[arg-type]


async def test_without_a_model_places_are_names(room: Room) -> None:
    assert (await room.say(request(mrid="P-1", extent=line("35千伏刚厂线", "钢厂")))).reason == "published"
    assert "networkModels" not in await room.last("P-1", "plan.%")


MIXED = [
    element("ss", "substation", kilovolts=110),
    element("L1", "line", "ss", name="35千伏钢厂线", kilovolts=35),
    element("UP-1", "usagePoint", "L1"),
    element("ss2", "substation", "L1", name="35千伏厂区变", kilovolts=35),
    element("L2", "line", "ss2", name="10千伏厂区线", kilovolts=10),
    element("T2", "transformer", "L2", name="厂区1号公变"),
    element("UP-2", "usagePoint", "T2"),
]


async def test_below_a_line_of_35_kv_whoever_takes_power_at_10_kv_has_three_a_year(room: Room) -> None:
    await brought(room.pool, *MIXED, whole(MIXED))
    below = line("10千伏厂区线", "钢厂")
    assert (await room.say(request(mrid="P-1", extent=below))).reason == "published"
    all_of_it = line("35千伏钢厂线", "钢厂")
    assert (await room.say(request(mrid="P-2", extent=all_of_it, period=LATER))).reason == "published"
    again = request(mrid="P-3", extent=all_of_it, period=span("2026-11-20 08:00", "2026-11-20 17:00"))
    assert (await room.say(again)).reason == "yearly-budget-used"
    findings = str((await room.last("P-3", "plan.%"))["findings"])
    assert "UP-1 used up by P-2" in findings
    assert "UP-2 used up" not in findings
