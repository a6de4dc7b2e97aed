"""A network by CSV: every cell is read as it is meant, and whatever is wrong is named by line and column, with what to do."""

import io
from pathlib import Path

import pytest

from connectors.network.rows import elements_in
from connectors.table import CsvTable, Errors, FileProblem, opened
from schemas.contracts.base import Position
from schemas.contracts.network import Feed, NetworkElement, SwitchBetween
from tests.kits.network.models import EDITION, by

HEADER = (
    "element_id,kind,name,public_name,fed_from,areas,nominal_voltage,territory,customers_served,dedicated,"
    "latitude,longitude,name_en,name_zh-cn\n"
)
SHORT = "element_id,kind,name,fed_from,areas\n"
STATION = "SS,substation,东江变电站,,\n"
MANY_WAYS = ";".join(f"变@{chr(0x4E00 + n)}" for n in range(20_000))


def read(text: str) -> tuple[list[NetworkElement], Errors]:
    errors = Errors()
    return list(elements_in(CsvTable(io.StringIO(text, newline="")), errors, EDITION)), errors


def rows(*cells: str) -> str:
    return SHORT + STATION + "".join(f"{row}\n" for row in cells)


def ways(cell: str, *more: str) -> tuple[Feed, ...]:
    """What `fed_from` says in a row of element X, beside elements SS, L1 and L2."""
    made, errors = read(rows("L1,line,一线,SS,", "L2,line,二线,SS,", f'X,section,段,"{cell}",', *more))
    assert [str(one) for one in errors.kept] == []
    return next(one for one in made if one.element_id == "X").fed_from


# --- what is read


def test_every_column_is_read() -> None:
    area = "A1,area,中山路一带,,,,,,,,,,,\n"
    row = "T1,transformer,中山路1号公变,1号公变,SS,A1,10,城区,510,是,30.5728,114.2793,Zhongshan Road 1,中山路一号\n"
    made, errors = read(HEADER + "SS,substation,东江变电站,,,,,,,,,,,\n" + area + row)
    assert errors.kept == []
    assert made[-1] == NetworkElement(
        element_id="T1",
        kind="transformer",
        name="中山路1号公变",
        names={"en": "Zhongshan Road 1", "zh-CN": "中山路一号"},
        public_name="1号公变",
        fed_from=(by("SS"),),
        areas=("A1",),
        nominal_voltage=10.0,
        territory="urban",
        customers_served=510,
        dedicated=True,
        position=Position(latitude=30.5728, longitude=114.2793),
        model=EDITION,
    )


def test_what_is_left_empty_is_not_said() -> None:
    (station,), _ = read(SHORT + STATION)
    assert station == NetworkElement(element_id="SS", kind="substation", name="东江变电站", model=EDITION)


@pytest.mark.parametrize(
    ("written", "kind"),
    [("usagePoint", "usagePoint"), ("Usage Point", "usagePoint"), ("用电点", "usagePoint"), ("变压器", "transformer")],
)
def test_kinds_are_read_as_they_are_written_in_english_and_chinese(written: str, kind: str) -> None:
    made, errors = read(rows(f"X,{written},x,SS,"))
    assert (made[-1].kind, errors.count) == (kind, 0)


def test_a_way_may_lead_through_switches_some_of_them_open() -> None:
    assert ways("L1") == (by("L1"),)
    assert ways("L1@S1") == (by("L1", "S1"),)
    assert ways("L1@S1+S2:open") == (
        Feed(
            element_id="L1",
            through=(SwitchBetween(switch="S1"), SwitchBetween(switch="S2", normally="open")),
        ),
    )


@pytest.mark.parametrize(
    "cell", ["L1@S1;L2@S2:open", "L1@S1；L2@S2:open", "L1 ＠ S1、L2＠S2：常开；", "L1@S1:closed;L2@S2: OPEN"]
)
def test_ways_are_parted_by_semicolons_of_any_width(cell: str) -> None:
    assert ways(cell) == (by("L1", "S1"), by("L2", "S2", normally="open"))


def test_the_same_way_twice_is_one_and_two_ways_from_one_element_are_two() -> None:
    assert ways("L1@S1;L1@S1") == (by("L1", "S1"),)
    assert ways("L1@S1;L1@S2") == (by("L1", "S1"), by("L1", "S2"))


def test_an_id_may_hold_a_colon_a_plus_and_a_comma() -> None:
    made, errors = read(rows('"urn:x:L+1,a",line,线,SS,', 'X,section,段,"urn:x:L+1,a@urn:s:7+S8:open",'))
    assert (errors.kept, made[-1].fed_from[0].element_id) == ([], "urn:x:L+1,a")
    assert [way.switch for way in made[-1].fed_from[0].through] == ["urn:s:7", "S8"]


def test_rows_may_name_what_comes_later_in_the_file() -> None:
    made, errors = read(rows("T,transformer,变,L,A", "L,line,线,SS,", "A,area,区,,"))
    assert (len(made), errors.count) == (4, 0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_file_is_read_in_every_form_that_spreadsheets_save(tmp_path: Path, encoding: str, delimiter: str) -> None:
    path = tmp_path / "network.csv"
    lines = [
        SHORT.strip().split(","),
        STATION.strip().split(","),
        ["L1", "line", "10千伏城东线", '"SS@S1、SS@S2:open"', ""],
    ]
    path.write_bytes("".join(delimiter.join(cells) + "\r\n" for cells in lines).encode(encoding))
    errors = Errors()
    with opened(path) as source:
        made = list(elements_in(source.table, errors, EDITION))
    assert errors.kept == []
    assert (made[-1].name, len(made[-1].fed_from)) == ("10千伏城东线", 2)


# --- what is wrong in a row


@pytest.mark.parametrize(
    ("column", "value", "says"),
    [
        ("element_id", "", "element_id is empty: give each element an id that stays the same"),
        ("element_id", "A;B", "element_id holds ;, which parts ids in fed_from: write the id without it"),
        ("element_id", "A@B", "element_id holds @, which parts"),
        ("element_id", "A、B", "element_id holds 、, which parts"),
        ("element_id", "1.10104E+15", "element_id was turned into a figure by a spreadsheet: format the column as text"),
        ("element_id", "x" * 101, "element_id cannot be used (it is longer than 100 characters): correct it"),
        ("kind", "cable", "kind must be one of substation, line, section, transformer, usagePoint, area (or 变电站"),
        ("kind", "", "kind must be one of substation"),
        ("name", "", "name cannot be used (it is empty): correct it"),
        ("name", "x" * 201, "name cannot be used (it is longer than 200 characters)"),
        ("public_name", "x" * 201, "public_name cannot be used"),
        ("name_en", "x" * 201, "name_en cannot be used (it is longer than 200 characters)"),
        ("fed_from", "@S1", "fed_from: '@S1' names no element: write ELEMENT, ELEMENT@SWITCH or"),
        ("fed_from", "SS@", "fed_from: 'SS@' lacks a switch: write"),
        ("fed_from", "SS@S1++S2", "fed_from: 'SS@S1++S2' lacks a switch"),
        ("fed_from", "SS@:open", "fed_from: 'SS@:open' lacks a switch"),
        ("fed_from", "SS@S1@S2", "fed_from: 'SS@S1@S2' holds @ twice: write"),
        ("fed_from", "SS@S1:opn", "'opn' in 'SS@S1:opn' is no state of a switch: write open or closed"),
        ("fed_from", "X", "fed_from: X is fed from itself: name what feeds it, or leave it out"),
        ("fed_from", "y" * 101, "fed_from cannot be used (it is longer than 100 characters)"),
        ("fed_from", f"SS@{'s' * 101}", "fed_from cannot be used (it is longer than 100 characters)"),
        ("fed_from", MANY_WAYS, "and Kafka takes 900,000 at once: name fewer ways or areas"),
        ("areas", "y" * 101, "areas cannot be used (it is longer than 100 characters)"),
        ("nominal_voltage", "10000", "nominal_voltage must be kilovolts above 0, up to 2000, such as 10 or 0.4"),
        ("nominal_voltage", "0", "nominal_voltage must be kilovolts"),
        ("nominal_voltage", "10kV", "nominal_voltage must be kilovolts"),
        ("nominal_voltage", "nan", "nominal_voltage must be kilovolts"),
        ("territory", "suburb", "territory must be one of urban, rural, remote (or 城区, 农村, 边远, 特殊边远)"),
        ("customers_served", "many", "customers_served must be a whole number of customers, such as 85"),
        ("customers_served", "-1", "customers_served must be a whole number"),
        ("customers_served", "1.5", "customers_served must be a whole number"),
        ("customers_served", "3000000000", "customers_served must be a whole number"),
        ("dedicated", "perhaps", "dedicated must be yes or no (or empty for no)"),
        ("latitude", "91", "latitude must be degrees from -90 to 90, such as 30.5728"),
        ("latitude", "30°34'", "latitude must be degrees"),
        ("longitude", "-181", "longitude must be degrees from -180 to 180, such as 114.2793"),
    ],
)  # fmt: skip
def test_a_cell_that_cannot_be_used_is_named_with_what_to_do(column: str, value: str, says: str) -> None:
    cells = dict.fromkeys(HEADER.strip().split(","), "")
    cells |= {"element_id": "X", "kind": "line", "name": "线", "fed_from": "SS", column: value}
    made, errors = read(
        HEADER + "SS,substation,东江变电站,,,,,,,,,,,\n" + ",".join(f'"{cell}"' for cell in cells.values()) + "\n"
    )
    (error,) = errors.kept
    assert (error.line, error.column, len(made)) == (3, column, 1)
    assert says in str(error)
    assert str(error).startswith("line 3 (element X)" if column != "element_id" else "line 3")


@pytest.mark.parametrize(("given", "lacking"), [("latitude", "longitude"), ("longitude", "latitude")])
def test_half_a_position_is_none(given: str, lacking: str) -> None:
    _, errors = read(f"element_id,kind,name,latitude,longitude\nX,line,线,{'30,' if given == 'latitude' else ',30'}\n")
    assert str(errors.kept[0]) == f"line 2 (element X): {lacking} is empty where {given} is given: give both or neither"
    assert errors.kept[0].column == lacking


def test_a_row_of_too_few_cells_names_its_element() -> None:
    _, errors = read(rows("X,line"))
    assert str(errors.kept[0]).startswith("line 3 (element X): 2 cells under 5 columns")


def test_columns_that_are_not_known_are_refused_with_those_that_are() -> None:
    with pytest.raises(
        FileProblem, match=r"columns 'feeder' are not known: the columns are element_id, kind, name, .*name_en"
    ):
        read("element_id,kind,name,feeder\n")
    with pytest.raises(FileProblem, match="columns name are missing"):
        read("element_id,kind\n")
