"""In which territory an outage lies: dispatch says it, else the network model, else the policy; and what is promised there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts import dispatch
from schemas.contracts.base import Extent
from schemas.envelope import newest
from services.places.topology import NetworkModel
from tests.kits.deciders.restorer import (
    CREW,
    FAULT_DONE,
    MRID,
    POLICY,
    Outage,
    at,
    crew,
    in_every_order,
    reported,
    restored,
    started,
)
from tests.kits.network.models import EDITION, element

TOWN_AND_COUNTRY = NetworkModel(
    [
        element("ss", "substation"),
        element("L1", "line", "ss", name="10千伏城东线", territory="urban"),
        element("L2", "line", "ss", name="10千伏山里线", territory="rural"),
        element("L3", "line", "ss", name="10千伏河谷线"),
        element("T1", "transformer", "L1"),
        element("P1", "usagePoint", "T1"),
        element("T2", "transformer", "L2"),
        element("P2", "usagePoint", "T2"),
        element("T3", "transformer", "L3", territory="urban"),
        element("P3", "usagePoint", "T3"),
        element("T4", "transformer", "L3", areas=("A4",)),
        element("P4", "usagePoint", "T4"),
        element("A4", "area", name="山口村", territory="remote"),
        element("L5", "line", "ss", name="10千伏无名线"),
        element("P5", "usagePoint", "L5"),
    ]
)
URBAN, RURAL, BOTH, UNSAID = (
    Extent(lines=(name,)) for name in ("10千伏城东线", "10千伏山里线", "10 kV河谷线", "10千伏无名线")
)


def open_promises(outage: Outage) -> set[str]:
    return {p["ruleId"] for p in outage.view["promises"] if p["state"] in {"open", "atRisk"}}


def outage(*facts: dispatch.Fact, network: NetworkModel | None = TOWN_AND_COUNTRY, policy: Any = POLICY) -> Outage:
    found = Outage(policy, network)
    found.hears_all(*facts)
    return found


def test_the_country_is_not_promised_a_crew_in_45_minutes() -> None:
    fault = outage(reported(extent=RURAL), started(extent=RURAL))
    assert open_promises(fault) == {FAULT_DONE}
    (made,) = fault.events("promise.made")
    assert (made.territories, made.territory_from, made.network_models) == (("rural",), "network", (EDITION,))


def test_what_dispatch_says_outranks_the_model() -> None:
    fault = outage(reported(extent=RURAL, territory="urban"))
    assert open_promises(fault) == {CREW}
    (made,) = fault.events("promise.made")
    assert (made.territories, made.territory_from, made.network_models) == (("urban",), "dispatch", ())


def test_where_nobody_says_it_the_policy_does() -> None:
    for network in (None, TOWN_AND_COUNTRY):
        fault = outage(reported(extent=UNSAID), network=network)
        assert open_promises(fault) == {CREW}
        (made,) = fault.events("promise.made")
        assert (made.territories, made.territory_from) == (("urban",), "policy")
    country = replace(POLICY, settings=replace(POLICY.settings, territory="rural"))
    assert open_promises(outage(reported(extent=UNSAID), policy=country)) == {FAULT_DONE}


def test_a_line_through_town_and_country_is_promised_what_is_due_in_either() -> None:
    fault = outage(reported(extent=BOTH))
    assert open_promises(fault) == {CREW, FAULT_DONE}
    assert {made.rule.rule_id: made.territories for made in fault.events("promise.made")} == {
        CREW: ("urban",),
        FAULT_DONE: ("remote",),
    }
    assert fault.view["territories"] == ["urban", "remote"]


def test_a_point_lies_where_what_feeds_it_lies_and_a_village_where_its_area_does() -> None:
    assert open_promises(outage(reported(extent=Extent(usage_points=("P2",))))) == {FAULT_DONE}
    assert open_promises(outage(reported(extent=Extent(usage_points=("P4",))))) == {FAULT_DONE}
    assert open_promises(outage(reported(extent=Extent(areas=("山口村",))))) == {FAULT_DONE}


def test_a_caller_in_town_and_a_fault_in_the_country_the_start_says_where_it_is() -> None:
    fault = outage(reported(extent=URBAN))
    assert open_promises(fault) == {CREW}
    fault.hears(started(extent=RURAL))
    assert open_promises(fault) == {FAULT_DONE}
    (voided,) = fault.events("promise.voided")
    assert (voided.rule.rule_id, voided.reason) == (CREW, "no-longer-applies")


def test_an_outage_that_grows_into_the_town_does_not_make_its_crew_late() -> None:
    fault = outage(reported("9:20", extent=RURAL), started("9:12", extent=RURAL), crew("10:30"))
    fault.hears(dispatch.ExtentChanged(mrid=MRID, changed_at=at("11:00"), extent=URBAN))
    assert open_promises(fault) == {FAULT_DONE}


def test_an_edition_that_comes_in_the_middle_moves_no_promise() -> None:
    fault = outage(reported(extent=RURAL))
    moved = [replace_territory(one, "urban") for one in TOWN_AND_COUNTRY.elements.values()]
    fault.network = NetworkModel(moved)
    fault.hears_all(reported("9:30", extent=RURAL), started(extent=RURAL))
    assert open_promises(fault) == {FAULT_DONE}


def replace_territory(element: Any, territory: str) -> Any:
    return msgspec.structs.replace(element, territory=territory)


def test_what_a_first_version_said_stands_urban_where_it_left_it_out() -> None:
    said = newest("fault.reported.v1", dispatch.FaultReportedV1(mrid=MRID, reported_at=at("9:20"), extent=RURAL))
    assert isinstance(said, dispatch.FaultReported)
    assert said.territory == "urban"
    assert open_promises(outage(said)) == {CREW}


@pytest.mark.parametrize(("territory", "type_name"), [("urban", "fault.reported.v1"), (None, "fault.reported.v2")])
def test_what_says_its_territory_is_kept_as_before_so_that_older_readers_read_on(
    territory: Any, type_name: str
) -> None:
    fault = outage(reported(territory=territory))
    assert fault.log[0].type == type_name


def test_only_reports_that_come_first_cost_a_look() -> None:
    fault = outage(reported("9:20", extent=RURAL))
    fault.hears_all(*(reported(f"9:{30 + n}", extent=URBAN, report_id=f"R-{n}") for n in range(5)))
    assert len(fault.events("territory.by-model")) == 1
    fault.hears(reported("9:10", extent=URBAN))
    assert [word.territories for word in fault.events("territory.by-model")] == [("rural",), ("urban",)]


@given(
    st.lists(
        st.one_of(
            st.builds(
                lambda clock, where, territory: reported(clock, extent=where, territory=territory),
                st.sampled_from(["9:05", "9:20", "9:30"]),
                st.sampled_from([Extent(), URBAN, RURAL, BOTH]),
                st.sampled_from([None, None, "urban", "remote"]),
            ),
            st.builds(
                lambda clock, where, confirmed: started(clock, where, confirmed=confirmed),
                st.sampled_from(["9:00", "9:12"]),
                st.sampled_from([Extent(), URBAN, RURAL]),
                st.booleans(),
            ),
            st.just(restored("12:00")),
        ),
        min_size=1,
        max_size=4,
        unique_by=repr,
    )
)
def test_in_whatever_order_it_is_told_the_same_is_promised_for_the_same_territories(facts: list[dispatch.Fact]) -> None:
    ends = {
        (tuple(sorted(each.wanted())), tuple(each.view.get("territories", ())))
        for each in in_every_order(outage(), facts)
    }
    assert len(ends) == 1
