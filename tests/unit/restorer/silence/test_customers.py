"""Whom the watch takes for dark: as services/concerned says, and nobody of whom that is not certain."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.base import Extent
from schemas.contracts.customers import CustomerUpserted, Position, Supply
from services.concerned.matching import FIELDS, match, pairs
from services.restorer.domain.silence.customers import (
    HeldCustomer,
    OffOutage,
    PlaceFound,
    WatchedPlaces,
    held,
    watched,
)

AT = datetime(2026, 3, 5, 9, tzinfo=UTC)


def customer(**places: Any) -> CustomerUpserted:
    return CustomerUpserted(
        customer_id="KC-1",
        name="东江医院",
        address="中山路18号",
        position=Position(longitude=120.0, latitude=30.0),
        importance="special",
        updated_at=AT,
        **places,
    )


def off(extent: Extent, *, drawn: bool = False) -> OffOutage:
    lists = frozenset(words for words in FIELDS.values() if getattr(extent, words))
    return OffOutage("F1", AT, lists, drawn)


def named(one: CustomerUpserted, extent: Extent) -> tuple[PlaceFound, ...]:
    """What the tables find of a customer's places in an extent."""
    return tuple(
        PlaceFound("F1", kind, value, "named") for kind, value in pairs(one) if (kind, value) in set(pairs(extent))
    )


def seen(one: CustomerUpserted, extent: Extent, *more: PlaceFound, drawn: bool = False) -> HeldCustomer:
    found = (*named(one, extent), *more)
    return held(watched(one), WatchedPlaces(found), {"F1": off(extent, drawn=drawn)})


NAMES = st.lists(st.sampled_from(["甲线", "乙线", "丙线"]), max_size=2, unique=True).map(tuple)
EXTENTS = st.builds(Extent, lines=NAMES, areas=NAMES, transformers=NAMES, usage_points=NAMES)
BY_PLACES = st.builds(customer, lines=NAMES, areas=NAMES, transformers=NAMES, usage_points=NAMES)
SUPPLY = st.builds(
    lambda number, line, point: Supply(id=str(number), role="main", line=line, usage_point=point),
    st.integers(1, 99),
    st.none() | st.sampled_from(["甲线", "乙线"]),
    st.none() | st.sampled_from(["甲线", "丙线"]),
)
BY_SUPPLIES = st.builds(
    lambda supplies, areas: customer(supplies=tuple(supplies), areas=areas),
    st.lists(SUPPLY, min_size=1, max_size=3, unique_by=lambda one: one.id),
    NAMES,
)


@given(BY_PLACES | BY_SUPPLIES, EXTENTS)
def test_by_names_it_is_as_the_notifier_would_tell(one: CustomerUpserted, extent: Extent) -> None:
    assert bool(seen(one, extent).outages) == bool(match(extent, [one]))


@given(BY_SUPPLIES, EXTENTS)
def test_who_has_a_supply_that_no_outage_names_is_off_in_part_at_most(one: CustomerUpserted, extent: Extent) -> None:
    found = seen(one, extent)
    if found.outages and not found.is_partly:
        names = {form for _, form in pairs(extent)}
        assert all(
            {place for _, place in pairs(customer(supplies=(way,), areas=one.areas))} & names for way in one.supplies
        )


def test_in_an_outage_with_a_shape_an_area_says_nothing_for_where_premises_lie_is_not_known_here() -> None:
    town = Extent(areas=("城东",))
    assert seen(customer(areas=("城东",)), town).outages
    assert not seen(customer(areas=("城东",)), town, drawn=True).outages


def test_what_feeds_a_place_takes_its_power_unless_the_place_is_back() -> None:
    one, line = customer(usage_points=("UP-1",)), Extent(lines=("甲线",))
    fed = PlaceFound("F1", "usagePoint", "up-1", "fed")
    assert seen(one, line, fed).outages
    assert not seen(one, line, fed, PlaceFound("F1", "usagePoint", "up-1", "fed", back=True)).outages


def test_it_keeps_neither_name_nor_address_nor_position() -> None:
    kept = str(watched(customer(lines=("甲线",))))
    assert not any(word in kept for word in ("东江医院", "中山路", "120.0"))
