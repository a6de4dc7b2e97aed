"""Of an outage in any order of facts: who lost power when, who got it back when, and how that is known."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.contracts.restorations import RestorationRefused
from services.places.topology import NetworkModel
from services.restorer.domain.course.beside import OtherOutage
from services.restorer.domain.evolve import TAKEN_BACK, say
from services.restorer.domain.figures.outage import figures_of
from tests.kits.deciders.merging import Faults, merged
from tests.kits.deciders.restorer import (
    MRID,
    Outage,
    at,
    corrected,
    crew,
    extent_changed,
    part,
    reclassified,
    reopened,
    reported,
    restored,
    started,
    withdrawn,
)
from tests.kits.network.models import by, element

CITY = NetworkModel(
    [
        element("ss", "substation"),
        element("L1", "line", "ss", name="10千伏城东线"),
        element("L2", "line", "ss", name="10千伏城西线"),
        element("T1", "transformer", "L1", name="城东1号公变"),
        element("T2", "transformer", by("L1", "cut"), name="城东2号公变"),
        element("T9", "transformer", "L2", name="城西9号公变"),
        *(element(f"P{number}", "usagePoint", "T1") for number in range(3)),
        *(element(f"Q{number}", "usagePoint", "T2") for number in range(4)),
        *(element(f"R{number}", "usagePoint", "T9") for number in range(5)),
    ]
)
LINE = Extent(lines=("10千伏城东线",))
BOTH = Extent(lines=("10千伏城东线", "10千伏城西线"))
Row = tuple[str, str | None, int | None, str]


def on(*transformers: str) -> Extent:
    return Extent(transformers=transformers)


def counted(number: int | None, *names: str) -> Extent:
    return Extent(usage_points=names or ("up-1", "up-2", "up-3"), customers_affected=number)


def clock(instant: datetime | None) -> str | None:
    if instant is None:
        return None
    since = instant - at("0:00")
    return f"{since.days * 24 + since.seconds // 3600}:{since.seconds // 60 % 60:02}"


def rows(outage: Outage) -> list[Row]:
    return [
        (clock(one.off_from) or "", clock(one.off_until), one.customers, one.known_by)
        for one in figures_of(outage.state).interruptions
    ]


def of(*facts: Any, network: NetworkModel | None = None) -> list[Row]:
    outage = Outage(network=network)
    outage.hears_all(*facts)
    return rows(outage)


def told(*facts: Any) -> list[Row]:
    """The same in whatever order the facts come."""
    found = [of(*order) for order in permutations(facts)]
    assert all(one == found[0] for one in found), "the order in which facts come does not show"
    return found[0]


def said(*found: tuple[str, str | None, int | None]) -> list[Row]:
    return [(*one, "customersAffected") for one in found]


def modelled(*found: tuple[str, str | None, int | None]) -> list[Row]:
    return [(*one, "network-model") for one in found]


def test_whole_and_over() -> None:
    assert told(started("9:00", counted(100)), restored("11:00")) == said(("9:00", "11:00", 100))


def test_it_grows_and_shrinks_by_what_dispatch_says_of_customers() -> None:
    facts = (
        started("9:00", counted(100)),
        extent_changed("9:30", counted(140)),
        extent_changed("10:00", counted(60)),
        restored("11:00"),
    )
    assert told(*facts) == said(("9:00", "10:00", 80), ("9:00", "11:00", 20), ("9:30", "11:00", 40))


def test_a_part_is_back_with_its_number() -> None:
    back = restored("10:00", scope="part", extent=counted(30, "up-1"))
    assert told(started("9:00", counted(100)), back, restored("11:00")) == said(
        ("9:00", "10:00", 30), ("9:00", "11:00", 70)
    )


def test_a_part_without_a_number_leaves_the_number_that_dispatch_said_last() -> None:
    assert told(started("9:00", counted(100)), part("10:00", "up-1"), restored("11:00")) == said(("9:00", "11:00", 100))


def test_a_number_that_comes_late_counts_from_the_beginning() -> None:
    assert told(started("9:00"), extent_changed("10:00", counted(40)), restored("11:00")) == said(("9:00", "11:00", 40))


def test_where_nobody_says_a_number_it_cannot_be_said_and_the_outage_is_told_all_the_same() -> None:
    assert told(started("9:00"), restored("11:00")) == [("9:00", "11:00", None, "not-known")]


def test_nobody_off_is_not_the_same_as_not_known() -> None:
    assert told(started("9:00", counted(0)), restored("11:00")) == said(("9:00", "11:00", 0))


def test_off_still() -> None:
    assert told(started("9:00", counted(100))) == said(("9:00", None, 100))


def test_what_is_only_predicted_interrupts_nobody_until_it_is_confirmed_or_over() -> None:
    guess = started("9:00", counted(100), confirmed=False)
    assert told(guess) == []
    assert told(guess, restored("11:00")) == said(("9:00", "11:00", 100))


def test_reopened_it_is_an_interruption_more() -> None:
    facts = (started("9:00", counted(100)), restored("11:00"), reopened("11:30"), restored("12:00"))
    assert told(*facts) == said(("9:00", "11:00", 100), ("11:30", "12:00", 100))


def test_off_again_where_a_part_was_back_is_an_interruption_more_for_that_part() -> None:
    back = restored("10:00", scope="part", extent=counted(30, "up-1"))
    facts = (started("9:00", counted(100)), back, reopened("10:30"), restored("12:00"))
    assert told(*facts) == said(("9:00", "10:00", 30), ("9:00", "12:00", 70), ("10:30", "12:00", 30))


def test_withdrawn_it_never_was_and_off_after_all_counts_from_then() -> None:
    facts = (started("9:00", counted(100)), restored("11:00"), withdrawn("12:00"))
    assert told(*facts) == []
    assert told(*facts, reopened("13:00")) == said(("13:00", None, 100))


def test_a_corrected_start_moves_the_interruption() -> None:
    facts = (started("9:00", counted(100)), corrected("9:40", "8:30"), restored("11:00"))
    assert told(*facts) == said(("8:30", "11:00", 100))


def test_reclassified_it_counts_as_what_it_is() -> None:
    outage = Outage()
    outage.hears_all(started("9:00", counted(100)), reported("9:05"), reclassified("10:00", "planned"))
    assert figures_of(outage.state).outage_class == "planned"


def test_a_late_fact_after_closing_corrects() -> None:
    outage = Outage()
    outage.hears_all(started("9:00", counted(100)), restored("11:00"))
    outage.moves_to(at("12:00", 6))
    assert outage.status == "closed"
    outage.hears(restored("10:00", scope="part", extent=counted(30, "up-1")), at("13:00", 6))
    assert rows(outage) == said(("9:00", "10:00", 30), ("9:00", "11:00", 70))


def test_by_the_network_step_by_step() -> None:
    found = of(
        started("9:00", LINE),
        restored("10:00", scope="part", extent=on("城东1号公变")),
        restored("11:00"),
        network=CITY,
    )
    assert found == modelled(("9:00", "10:00", 3), ("9:00", "11:00", 4))


def test_by_the_network_an_outage_that_grew_counts_the_others_from_when_they_joined() -> None:
    found = of(started("9:00", LINE), extent_changed("9:30", BOTH), restored("11:00"), network=CITY)
    assert found == modelled(("9:00", "11:00", 7), ("9:30", "11:00", 5))


def test_the_network_outranks_the_number_that_dispatch_says() -> None:
    found = of(started("9:00", Extent(lines=LINE.lines, customers_affected=999)), restored("11:00"), network=CITY)
    assert found == modelled(("9:00", "11:00", 7))


def test_places_that_the_network_does_not_have_count_as_dispatch_says() -> None:
    found = of(started("9:00", Extent(lines=("nowhere",), customers_affected=9)), restored("11:00"), network=CITY)
    assert found == said(("9:00", "11:00", 9))


def test_who_stays_out_under_another_outage_is_named_with_how_many_they_are() -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", LINE))
    outage.others = (OtherOutage("other", on("城东1号公变"), Extent(), at("9:30")),)
    outage.hears(restored("11:00"))
    (one,) = figures_of(outage.state).interruptions
    assert one.customers == 7
    assert [(held.mrid, held.customers) for held in one.held] == [("other", 3)]


def test_who_stays_out_is_forgotten_where_the_restoration_is_taken_back() -> None:
    outage = Outage(network=CITY)
    outage.hears(started("9:00", LINE))
    outage.others = (OtherOutage("other", on("城东1号公变"), Extent(), at("9:30")),)
    outage.hears(restored("11:00"))
    gone = RestorationRefused(mrid=MRID, claimed_at=at("11:00"), reason=TAKEN_BACK)
    assert outage.state.stays != ()
    assert say(outage.state, gone).stays == ()


@pytest.mark.parametrize("hold", [False, True])
def test_merged_the_customers_go_on_under_the_other_each_from_its_own_beginning(hold: bool) -> None:
    faults = Faults("A", "B")
    faults.hold = hold
    faults.hears_all(
        off("A", "9:00", counted(50, "a1", "a2")),
        off("B", "9:20", counted(80, "b1")),
        dispatch.SupplyRestored(mrid="A", restored_at=at("9:40"), scope="part", extent=counted(20, "a1")),
        merged("10:00"),
        dispatch.SupplyRestored(mrid="B", restored_at=at("11:00")),
    )
    faults.hand_on()
    assert rows(faults["A"]) == said(("9:00", "9:40", 20))
    assert rows(faults["B"]) == said(("9:00", "11:00", 30), ("9:20", "11:00", 80))


def test_one_fault_said_twice_counts_once_from_the_earlier_beginning() -> None:
    faults = Faults("A", "B")
    faults.hears_all(
        off("A", "9:00", counted(80, "b1")),
        off("B", "9:20", counted(80, "b1")),
        merged("10:00"),
        dispatch.SupplyRestored(mrid="B", restored_at=at("11:00")),
    )
    assert rows(faults["A"]) == []
    assert rows(faults["B"]) == said(("9:00", "11:00", 80))


def off(mrid: str, clock: str, where: Extent) -> dispatch.OutageStarted:
    return dispatch.OutageStarted(mrid=mrid, started_at=at(clock), extent=where, outage_class="fault")


def test_the_words_on_when_power_comes_back() -> None:
    outage = Outage()
    outage.hears_all(
        started("9:00", counted(100)),
        reported("9:05"),
        crew("9:15", "assigned"),
        dispatch.ErtChanged(mrid=MRID, changed_at=at("9:30"), ert=at("11:00")),
        dispatch.ErtChanged(mrid=MRID, changed_at=at("10:30"), ert=at("12:00")),
        dispatch.ErtChanged(mrid=MRID, changed_at=at("12:40"), ert=at("14:00")),
        restored("12:30"),
    )
    words = figures_of(outage.state).words
    assert (words.first_known, words.first_said, words.last_ert) == (at("9:00"), at("9:30"), at("12:00"))
    assert (words.restored, words.reported, words.dispatched) == (at("12:30"), at("9:05"), at("9:15"))
    assert words.moved == 2


numbers = st.none() | st.integers(0, 50)
clocks = st.sampled_from(["9:00", "9:10", "9:20", "9:30", "10:00", "10:30", "11:00"])
names = st.sampled_from([("up-1",), ("up-2",), ("up-1", "up-2"), ("up-1", "up-2", "up-3")])
facts = st.lists(
    st.one_of(
        st.builds(lambda c, n: started(c, counted(n)), clocks, numbers),
        st.builds(lambda c, n, w: extent_changed(c, counted(n, *w)), clocks, numbers, names),
        st.builds(lambda c, n, w: restored(c, scope="part", extent=counted(n, *w)), clocks, numbers, names),
        st.builds(restored, clocks),
        st.builds(reopened, clocks),
        st.builds(withdrawn, clocks),
        st.builds(corrected, clocks, clocks),
    ),
    max_size=6,
)


@given(st.data())
def test_any_order_and_any_repetition_of_facts_ends_in_the_same_figures(data: st.DataObject) -> None:
    told = [started("9:05", counted(20)), *data.draw(facts)]
    other = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told), max_size=3))]))
    one, two = Outage(), Outage()
    one.hears_all(*told)
    two.hears_all(*other)
    assert figures_of(one.state) == figures_of(two.state)
    for each in figures_of(one.state).interruptions:
        assert each.off_until is None or each.off_from <= each.off_until
