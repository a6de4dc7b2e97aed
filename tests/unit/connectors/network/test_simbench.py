"""A whole grid of SimBench: every element is there, everything has power, and feeders are those that the data set names."""

import lzma
import os
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from connectors.network.simbench import TRANSMISSION, NotSimBench, Table, elements, read_folder
from services.places.topology import NetworkModel, below, without_power
from services.places.topology.checks import check
from tests.kits.network.models import EDITION

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


GRID = {
    "Node": "id;type;vmR;voltLvl;substation\nn0;busbar;380;1;NULL\nn1;busbar;20;5;Station\nn2;busbar;20;5;NULL\n",
    "Line": "id;nodeA;nodeB\nline;n1;n2\n",
    "Switch": "id;nodeA;nodeB;cond\n",
    "Transformer": "id;nodeHV;nodeLV\ntrafo;n0;n1\n",
    "Load": "id;node\nload;n2\n",
}


def written(folder: Path, **instead: str) -> Path:
    for name, text in {**GRID, **instead}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def test_a_small_grid_is_read_from_plain_files(tmp_path: Path) -> None:
    made = NetworkModel(elements(read_folder(written(tmp_path)), EDITION))
    assert set(made.elements) == {TRANSMISSION, "Station", "Station feeder 1", "trafo", "line", "load"}
    assert below(made, ["Station feeder 1"]) == {"Station feeder 1", "line", "load"}


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("Load", "id;bus\nload;n2\n", r"Load\.csv has no column node: give the folder of one SimBench grid"),
        ("Load", "", "has no column id, node"),
        ("Load", "id;node\nload;n9\n", "a table names the node 'n9', and Node.csv has none such"),
        ("Node", GRID["Node"].replace(";20;", ";NULL;"), r"Node\.csv has a voltage \(vmR\) that is no number"),
    ],
)
def test_tables_that_are_no_grid_are_refused_with_what_is_wrong(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    with pytest.raises(NotSimBench, match=says):
        list(elements(read_folder(written(tmp_path, **{name: text})), EDITION))


def test_a_packed_table_that_broke_off_is_refused_by_name(tmp_path: Path) -> None:
    whole = lzma.compress(GRID["Node"].encode())
    (written(tmp_path) / "Node.csv").unlink()
    (tmp_path / "Node.csv.xz").write_bytes(whole)
    assert read_folder(tmp_path)["Node"][0]["id"] == "n0"
    (tmp_path / "Node.csv.xz").write_bytes(whole[:-20])
    with pytest.raises(NotSimBench, match=r"Node\.csv\.xz cannot be read .*: fetch it again"):
        read_folder(tmp_path)


def _through(grid: NetworkModel, element: str, switch: str) -> bool:
    return any(way.switch == switch for feed in grid.elements[element].fed_from for way in feed.through)
