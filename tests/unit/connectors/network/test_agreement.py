"""Rows of a network file are held to each other: what contradicts another row is named with both lines, what is missing once."""

import io
from collections.abc import Iterator

from connectors.network.rows import elements_in
from connectors.table import CsvTable, Errors
from schemas.contracts.network import NetworkElement
from services.places.topology import NetworkModel
from services.places.topology.checks import check
from tests.kits.network.models import EDITION

HEADER = "element_id,kind,name,fed_from,areas\n"
STATION = "SS,substation,东江变电站,,\n"


def read(*rows: str) -> tuple[list[NetworkElement], Errors]:
    """A file that begins with a substation in line 2."""
    errors = Errors()
    text = HEADER + STATION + "".join(f"{row}\n" for row in rows)
    return list(elements_in(CsvTable(io.StringIO(text, newline="")), errors, EDITION)), errors


def said(*cells: str) -> Iterator[tuple[int, str | None, str]]:
    """Line, column and problem of each error, in order."""
    _, errors = read(*cells)
    yield from ((one.line, one.column, one.problem) for one in errors.kept)


def test_an_id_that_stands_twice_is_named_with_both_lines() -> None:
    assert list(said("L1,line,线,SS,", "L1,line,线二,SS,")) == [
        (4, "element_id", "element L1 stands in line 3 already: remove one row")
    ]


def test_a_source_and_an_area_that_no_row_has_are_named_by_the_first_row_that_names_them() -> None:
    assert list(said("T1,transformer,变,L9,A9", "T2,transformer,变二,L9,", "T3,transformer,变三,SS,A9")) == [
        (3, "fed_from", "fed_from: no row has the element L9 (named in 2 rows): add it, or correct the id"),
        (3, "areas", "areas: no row has the element A9 (named in 2 rows): add it, or correct the id"),
    ]


def test_an_area_must_be_one() -> None:
    assert list(said("T1,transformer,变,SS,SS")) == [
        (3, "areas", "areas: SS is no area but another kind of element (line 2): correct the id")
    ]


def test_of_a_row_that_is_wrong_itself_the_rows_that_name_it_are_not_called_wrong() -> None:
    assert [
        line for line, _, _ in said("L1,cable,线,SS,", "T1,transformer,变,L1,", "L2,line", "T2,transformer,变二,L2,")
    ] == [3, 5]


def test_a_switch_cannot_have_the_id_of_an_element_wherever_that_stands() -> None:
    problem = "fed_from: the switch L2 has the id of the element in line 4: give one another id"
    assert list(said("L1,line,线,SS@L2,", "L2,line,线二,SS,")) == [(3, "fed_from", problem)]


def test_a_switch_is_normally_open_or_closed_and_not_both() -> None:
    assert list(said("L1,line,线,SS@S1,", "L2,line,线二,SS@S1:open,")) == [
        (4, "fed_from", "fed_from: the switch S1 is normally open here and closed in line 3: correct one")
    ]


def test_loops_and_what_no_substation_feeds_are_no_errors_but_findings() -> None:
    made, errors = read("a,section,一,b,", "b,section,二,a,", "c,section,三,,")
    assert errors.count == 0
    assert {(one.trouble, one.elements) for one in check(NetworkModel(made))} == {
        ("loop", ("a", "b")),
        *(("no-source", (one,)) for one in "abc"),
    }


def test_two_ways_in_are_no_error() -> None:
    made, errors = read("L1,line,一,SS,", "L2,line,二,SS,", "T,transformer,变,L1;L2,")
    assert (errors.count, len(made[-1].fed_from)) == (0, 2)


def test_among_a_hundred_thousand_rows_the_one_that_is_wrong_is_named() -> None:
    good = [f"P{n},usagePoint,p{n},SS," for n in range(100_000)]
    good[70_000] = "P70000,usagePoint,p70000,S5,"
    _, errors = read(*good)
    assert [str(one) for one in errors.kept] == [
        "line 70003 (element P70000): fed_from: no row has the element S5: add it, or correct the id"
    ]
