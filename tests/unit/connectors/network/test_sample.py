"""The sample network is the city of the demo: its lines, its customers, its registry, and nothing is wrong with it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.network.rows import elements_in
from connectors.registry.one_file import read_registry
from connectors.table import Errors, opened
from demo.city import city
from operations.network.standing import customers_served, standing
from schemas.contracts.base import Extent
from services.concerned.matching import places_of
from services.places import normal
from services.places.topology import NetworkModel, above, resolve
from services.places.topology.checks import check, check_registered
from tests.kits.network.models import EDITION

SAMPLES = Path(__file__).parents[4] / "connectors" / "samples"
EXTENTS = (
    city.EAST,
    city.RIVER,
    city.INDUSTRY,
    city.SCHOOL,
    city.BOTH,
    city.MILL,
    city.ALUMINIUM,
    city.ONE_TRANSFORMER,
)


@pytest.fixture(scope="module")
def network() -> NetworkModel:
    errors = Errors()
    with opened(SAMPLES / "dongjiang-network.csv") as source:
        model = NetworkModel(elements_in(source.table, errors, EDITION))
    assert [str(one) for one in errors.kept] == []
    return model


def test_nothing_is_wrong_with_it(network: NetworkModel) -> None:
    assert list(check(network)) == []


def test_every_key_customer_is_registered_at_places_that_it_has(network: NetworkModel) -> None:
    entries = read_registry(SAMPLES / "dongjiang-customers.csv", updated_at=datetime(2026, 3, 1, tzinfo=UTC)).entries
    assert entries
    places = {one.customer.customer_id: places_of(one.customer) for one in entries}
    assert list(check_registered(network, places.items())) == []
    for customer, extent in places.items():
        (transformer,) = (way.element_id for way in network.elements[extent.usage_points[0]].fed_from)
        ways = [way.element_id for way in network.elements[transformer].fed_from]
        feeding = [network.elements[one] for one in above(network, ways)]
        lines = {normal(one.name) for one in feeding if one.kind == "line"}
        assert {normal(name) for name in extent.lines} <= lines, f"{customer} has its supplies in the network"


@pytest.mark.parametrize("extent", EXTENTS, ids=lambda extent: ",".join(extent.lines or extent.transformers))
def test_what_the_demos_outages_name_is_there_with_as_many_customers_as_dispatch_says(
    network: NetworkModel, extent: Extent
) -> None:
    assert resolve(network, extent).unknown.is_empty()
    by_line = resolve(network, Extent(lines=extent.lines, transformers=extent.transformers))
    assert by_line.doubtful == ()
    assert customers_served(network, by_line.elements) == extent.customers_affected


def test_the_electronics_works_has_a_second_supply_and_the_end_of_the_line_east_a_tie(network: NetworkModel) -> None:
    (first, now), (second, later) = standing(network, "DJ-TR-0501").ways
    assert ((first.element_id, now), (second.element_id, later)) == (("DJ-L-102", True), ("DJ-S-1012", False))
    switched = NetworkModel(network.elements.values(), {"DJ-SW-0087": "closed", "DJ-SW-1012": "open"})
    dark = resolve(switched, Extent(lines=("10千伏城东线",)))
    assert customers_served(switched, dark.elements) == 510 + 85
