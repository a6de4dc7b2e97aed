"""A whole grid of SimBench: every element is there, everything has power, and feeders are those that the data set names."""

import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.network.simbench import TRANSMISSION, NotSimBench, Table, elements, read_folder
from services.places.topology import NetworkModel, below, without_power
from services.places.topology.checks import check
from tests.kits.networks import EDITION

ROOT = Path(__file__).parents[4]
FOLDER = Path(os.environ.get("OUTAGE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "simbench"
wants_the_grid = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="WHOLE GRID NOT TESTED: simbench is absent; set OUTAGE_SHARED_DATA to the folder that holds it",
)


@pytest.fixture(scope="module")
def tables() -> Mapping[str, Table]:
    return read_folder(FOLDER)


@pytest.fixture(scope="module")
def grid(tables: Mapping[str, Table]) -> NetworkModel:
    return NetworkModel(elements(tables, EDITION))


@wants_the_grid
def test_every_element_is_there_and_has_power(grid: NetworkModel) -> None:
    kinds = Counter(one.kind for one in grid.elements.values())
    assert kinds == {"usagePoint": 36_063, "section": 34_606, "transformer": 686, "line": 283, "substation": 38}
    troubles = Counter(one.trouble for one in check(grid))
    assert set(troubles) == {"two-ways"}, "the 110 kV grid is meshed, and two transformers feed a busbar"


@wants_the_grid
def test_a_feeder_is_what_the_data_set_calls_one(grid: NetworkModel, tables: Mapping[str, Table]) -> None:
    named = {row["id"]: row["subnet"] for row in tables["Line"] if "_Feeder" in row["subnet"]}
    whole: dict[str, set[str]] = defaultdict(set)
    for section, feeder in named.items():
        whole[feeder].add(section)
    feeders = {one for one, element in grid.elements.items() if element.kind == "line"}
    reached = {one: below(grid, [one]) for one in feeders}
    # A switching station hangs on a feeder and has feeders of its own: a section is the nearest one's.
    own = {
        frozenset(reached[one].difference(*(reached[other] for other in reached[one] & feeders - {one})) & named.keys())
        for one in feeders
    }
    assert len(whole) == 264
    assert [feeder for feeder, sections in whole.items() if sections not in own] == []


@wants_the_grid
def test_a_tie_that_is_closed_feeds_the_end_of_a_feeder_from_the_next_one(grid: NetworkModel) -> None:
    tie, cut = "MV1.102 loop_line_switch 1.2", "MV1.102 Switch 7"
    feeder = next(one for one, element in grid.elements.items() if element.kind == "line" and _through(grid, one, cut))
    dark = without_power(grid, [feeder])
    turned = NetworkModel(grid.elements.values(), {tie: "closed", cut: "open"})
    assert len(dark) > 20
    assert {one for one in dark if one not in turned.steps} <= {feeder}


@wants_the_grid
def test_without_the_transmission_grid_everything_is_dark(grid: NetworkModel) -> None:
    assert without_power(grid, [TRANSMISSION]) == grid.elements.keys()


def test_a_folder_without_the_tables_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotSimBench, match=r"has no Node\.csv"):
        read_folder(tmp_path)


def _through(grid: NetworkModel, element: str, switch: str) -> bool:
    return any(way.switch == switch for feed in grid.elements[element].fed_from for way in feed.through)
