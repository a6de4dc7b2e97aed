"""Who stayed out under other outages as one was back: by all that is known of all of them, and who they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from schemas.contracts.base import Extent
from services.kernel.model import Decision
from services.places.topology import NetworkModel
from services.restorer.domain.figures.outage import figures_of
from tests.kits.deciders.restorer import Outage, at, extent_changed, reopened, restored, started, withdrawn
from tests.kits.network.models import element

CITY = NetworkModel(
    [
        element("ss", "substation"),
        element("L1", "line", "ss", name="10千伏城东线"),
        *(element(f"T{number}", "transformer", "L1", name=f"城东{number}号公变") for number in (1, 2, 3)),
        *(element(f"P{number}{one}", "usagePoint", f"T{number}") for number in (1, 2, 3) for one in range(number)),
    ]
)
"""One customer on the first transformer, two on the second, three on the third."""
LINE = Extent(lines=("10千伏城东线",))
Held = tuple[str, str | None, str, str | None, int | None]
"""Back under this one at, under which other, out since, back under that at, how many."""


def on(*numbers: int) -> Extent:
    return Extent(transformers=tuple(f"城东{number}号公变" for number in numbers))


def outage(mrid: str, *facts: Any) -> Outage:
    made = Outage(network=CITY, mrid=mrid)
    for fact in facts:
        made.hears(msgspec.structs.replace(fact, mrid=mrid))
    return made


def clock(instant: datetime | None) -> str | None:
    if instant is None:
        return None
    minutes = int((instant - at("0:00")).total_seconds() // 60)
    return f"{minutes // 60}:{minutes % 60:02}"


def held(one: Outage, *others: Outage) -> list[Held]:
    one.looks_beside(*others)
    return [
        (clock(step.off_until) or "", other.mrid, clock(other.since) or "", clock(other.until), other.customers)
        for step in figures_of(one.state).interruptions
        for other in step.held
    ]


def reason(decision: Decision) -> str:
    return decision.reason


def test_one_that_is_heard_of_when_all_is_back_is_named_with_whom_it_held_since_when_and_until_when() -> None:
    line = outage("line", started("9:00", LINE), restored("11:00"))
    assert held(line) == []
    inner = outage("inner", started("10:00", on(2)), restored("12:00"))
    assert held(line, inner) == [("11:00", "inner", "9:00", "12:00", 2)]
    assert held(inner, line) == [], "nobody was off there any more"


def test_nothing_is_said_twice_and_what_is_so_no_longer_is_taken_back() -> None:
    line = outage("line", started("9:00", LINE), restored("11:00"))
    inner = outage("inner", started("10:00", on(2)), restored("12:00"))
    assert reason(line.looks_beside(inner)) == "others-hold-otherwise"
    assert reason(line.looks_beside(inner)) == "nothing-new-from-others"
    inner.hears(msgspec.structs.replace(withdrawn("12:30"), mrid="inner"))
    assert reason(line.looks_beside(inner)) == "others-hold-otherwise"
    assert held(line, inner) == []


def test_of_those_who_lost_power_at_several_instants_it_is_known_which_stay_out() -> None:
    line = outage("line", started("9:00", on(1)), extent_changed("9:30", on(1, 2, 3)), restored("11:00"))
    inner = outage("inner", started("10:00", on(1, 3)), restored("12:00"))
    assert held(line, inner) == [
        ("11:00", "inner", "9:00", "12:00", 1),
        ("11:00", "inner", "9:30", "12:00", 3),
    ]


def test_of_those_who_get_it_back_in_parts_under_the_other_it_is_known_when_each_does() -> None:
    line = outage("line", started("9:00", LINE), restored("11:00"))
    part = restored("12:00", scope="part", extent=on(1))
    inner = outage("inner", started("10:00", on(1, 3)), part)
    assert held(line, inner) == [
        ("11:00", "inner", "9:00", "12:00", 1),
        ("11:00", "inner", "9:00", None, 3),
    ]


def test_each_time_without_power_has_its_own() -> None:
    line = outage("line", started("9:00", LINE), restored("10:00"), reopened("12:00"), restored("14:00"))
    inner = outage("inner", started("13:00", on(3)), restored("15:00"))
    assert held(line, inner) == [("14:00", "inner", "12:00", "15:00", 3)]


def test_of_an_outage_of_which_no_network_was_asked_nothing_is_said() -> None:
    line = Outage(mrid="line")
    line.hears(msgspec.structs.replace(started("9:00", LINE), mrid="line"))
    inner = outage("inner", started("8:00", on(3)))
    assert reason(line.looks_beside(inner)) == "nothing-new-from-others"
