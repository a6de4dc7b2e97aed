"""An empty list says nothing: whom an outage holds is what was last said of its places, never what was left unsaid."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import CurtailmentOrdered, ExtentChanged
from services.notifier.domain.customer.reconcile import _named
from services.notifier.domain.outage.facts import FactRegisters
from services.notifier.domain.outage.learning import learn
from services.notifier.domain.outage.truth import Truth, truth
from tests.kits.deciders.notifier import LINE, WHERE, City, amended, at, customer, part, published, span, started

WEST = "10千伏城西线"
NOWHERE = Extent()
COUNT = Extent(customers_affected=5)
BLANK = Extent(lines=("\u200b",), areas=(" ",))
BOTH = Extent(lines=(LINE, WEST))


def mall() -> Any:
    return customer("mall", lines=(WEST,), areas=())


def hospital() -> Any:
    return customer(areas=())


def begun(extent: Extent = NOWHERE, **changes: Any) -> Any:
    return started("P1", at(12, 8), outage_class="planned", extent=extent, **changes)


def held(city: City, mrid: str) -> set[str]:
    return {name for name, member in city.tables.members[mrid].items() if member.touched}


@pytest.mark.parametrize("silent", [NOWHERE, COUNT, BLANK])
def test_planned_work_that_starts_without_naming_places_is_where_its_notice_says(silent: Extent) -> None:
    city = City(at(5, 9), hospital(), mall())
    city.hears(published(extent=BOTH))
    city.moves_to(at(12, 8, 1))
    city.hears(begun(silent))
    assert held(city, "P1") == {"hospital", "mall"}


@pytest.mark.parametrize("silent", [NOWHERE, COUNT, BLANK])
def test_a_part_of_which_nobody_says_what_it_leaves_gives_power_back_there_alone(silent: Extent) -> None:
    city = City(at(5, 9), hospital(), mall())
    city.hears(published(extent=BOTH))
    city.moves_to(at(12, 8, 1))
    city.hears(begun(silent, ert=at(12, 17)))
    city.moves_to(at(12, 10))
    city.hears(part(Extent(lines=("10kV城西线",)), silent, at(12, 10), "P1"))
    assert held(city, "P1") == {"hospital"}
    assert "restored" not in " ".join(city.reached("hospital"))
    city.hears(part(Extent(lines=(LINE,)), silent, at(12, 11), "P1"))
    assert held(city, "P1") == set(), "one part after another, all of the notice"


@pytest.mark.parametrize("silent", [NOWHERE, COUNT, BLANK])
def test_an_extent_of_a_count_alone_tells_nobody_that_they_are_not_affected(silent: Extent) -> None:
    city = City(at(5, 9, 14), hospital())
    city.hears(started(ert=at(5, 11, 30)))
    before = city.reached()
    decision = city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 9, 20), extent=silent))
    assert (decision.reason, decision.events) == ("names-no-place", ())
    assert city.reached() == before == ["fault"]
    assert held(city, "F1") == {"hospital"}


def test_a_confirmed_start_of_a_count_alone_is_where_it_was_predicted() -> None:
    city = City(at(5, 9, 14), hospital())
    city.hears(started(extent=WHERE, confirmed=False))
    city.hears(started(extent=COUNT, ert=at(5, 11, 30)))
    assert city.reached() == ["fault"]


def test_an_order_of_curtailment_that_names_nothing_leaves_the_notices_places() -> None:
    order = CurtailmentOrdered(
        mrid="P1", ordered_at=at(12, 7), planned_period=span(at(12, 8), at(12, 17)), extent=NOWHERE
    )
    city = City(at(12, 7), hospital())
    city.hears(published(outage_class="curtailment", extent=BOTH))
    city.hears(order)
    city.moves_to(at(12, 8, 1))
    city.hears(started("P1", at(12, 8), outage_class="curtailment", extent=NOWHERE))
    assert held(city, "P1") == {"hospital"}


def test_an_amended_notice_that_names_no_place_leaves_those_of_the_one_before() -> None:
    city = City(at(5, 9), hospital())
    city.hears(published(extent=BOTH))
    city.hears(amended(span(at(13, 8), at(13, 17)), extent=NOWHERE))
    assert held(city, "P1") == {"hospital"}


@pytest.mark.parametrize("silent", [NOWHERE, COUNT, BLANK])
def test_an_outage_of_which_nobody_says_where_it_is_is_kept_by_that_name_until_somebody_does(silent: Extent) -> None:
    city = City(at(5, 9, 14), hospital())
    decision = city.hears(started(extent=silent, ert=at(5, 11, 30)))
    assert decision.reason == "no-place-known"
    assert city.requests() == []
    city.hears(ExtentChanged(mrid="F1", changed_at=at(5, 9, 20), extent=WHERE))
    assert city.reached() == ["fault"]


@pytest.mark.parametrize("matched", ["line:10kv城西线", "line:10千伏城西线"])
def test_a_text_names_the_customers_own_line_whatever_form_the_words_before_compared_names_in(matched: str) -> None:
    written = ("10kV 城北线", "１０ｋＶ城西线")
    city = City(at(5, 9, 14), mall())
    city.hears(started(extent=Extent(lines=written), ert=at(5, 11, 30)))
    word = structs.replace(city.of("mall").outages["F1"], matched_by=(matched,))
    assert _named(word, "line", written) == "１０ｋＶ城西线"


FACTS: tuple[Any, ...] = (
    published(extent=BOTH),
    amended(span(at(13, 8), at(13, 17)), extent=COUNT),
    begun(BLANK, confirmed=False),
    begun(Extent(lines=(LINE,)), confirmed=False),
    begun(COUNT),
    ExtentChanged(mrid="P1", changed_at=at(12, 9), extent=COUNT),
    part(Extent(lines=(LINE,)), NOWHERE, at(12, 10), "P1"),
    part(Extent(lines=(WEST,)), NOWHERE, at(12, 10), "P1"),
    part(Extent(lines=(WEST,)), Extent(lines=(LINE,)), at(12, 9, 30), "P1"),
)


def known(facts: tuple[Any, ...]) -> Truth | None:
    registers = FactRegisters()
    for fact in facts:
        registers = learn(registers, fact)
    return truth(registers)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_silent_facts_in_any_order_end_in_one_truth(data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.sampled_from(range(len(FACTS))), unique=True, min_size=1))
    in_order = tuple(FACTS[i] for i in sorted(chosen))
    shuffled = tuple(FACTS[i] for i in chosen)
    assert known(shuffled) == known(in_order) == known((*shuffled, *shuffled))
