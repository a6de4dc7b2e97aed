"""A list of lines, as OUTAGE_NETWORK_FILE named one, is a network: lines, the areas they run through, transformers on them."""

import io

import pytest

from connectors.network.lines_file import is_lines_file, lines_in
from connectors.table import CsvTable, Errors
from schemas.contracts.base import Extent
from services.places.topology import NetworkModel, resolve
from tests.kits.network.models import EDITION

FILE = """line,area,transformer
10千伏城东线,中山路一带,中山路2号公变
10千伏城东线, 人民路 ,
10千伏城西线,解放路,
10千伏专线,,
10 kV 城东线,解放路,中山路2号公变
人民路,,
"""


def read(text: str) -> tuple[NetworkModel, Errors]:
    errors = Errors()
    table = CsvTable(io.StringIO(text, newline=""))
    assert is_lines_file(table)
    return NetworkModel(lines_in(table, errors, EDITION)), errors


def test_each_line_area_and_transformer_is_an_element_however_it_is_written() -> None:
    model, errors = read(FILE)
    assert errors.count == 0
    kinds = sorted((one.kind, one.name) for one in model.elements.values())
    assert kinds == [
        ("area", "中山路一带"),
        ("area", "人民路"),
        ("area", "解放路"),
        ("line", "10千伏专线"),
        ("line", "10千伏城东线"),
        ("line", "10千伏城西线"),
        ("line", "人民路"),
        ("transformer", "中山路2号公变"),
    ]


def test_what_lies_on_a_line_is_found_by_it() -> None:
    model, _ = read(FILE)
    east = resolve(model, Extent(lines=("10KV城东线",)))
    assert {model.elements[one].name for one in east.elements} == {"10千伏城东线", "中山路2号公变"}
    (line,) = east.named
    assert {model.elements[one].name for one in model.elements[line].areas} == {"中山路一带", "人民路", "解放路"}


def test_a_line_and_an_area_of_one_name_are_two_elements() -> None:
    model, _ = read(FILE)
    assert resolve(model, Extent(lines=("人民路",))).named.isdisjoint(resolve(model, Extent(areas=("人民路",))).named)


def test_a_row_without_a_line_is_named() -> None:
    _, errors = read("line,area\n城东线,中山路\n,人民路\n")
    (error,) = errors.kept
    assert (error.line, error.column) == (3, "line")
    assert "name the line first" in str(error)


@pytest.mark.parametrize("header", ["element_id,kind,name", "line", "area,line"])
def test_another_header_is_no_list_of_lines(header: str) -> None:
    assert not is_lines_file(CsvTable(io.StringIO(header + "\n", newline="")))
