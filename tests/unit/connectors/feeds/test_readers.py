"""A reader is named as it ships, or as a function of yours; what is wrong with the name is said with what to do."""

from pathlib import Path

import pytest

from connectors.feeds.readers import SHIPPED, ReaderNotFound, reader_of

TOWN = """
from connectors.feeds.listed import FeedSource, ListedRow

def read_row(row):
    return ListedRow(local_id=row.id("nr"), areas=row.names("town"))

SOURCE = FeedSource("connectors/elsewhere", "elsewhere", read_row, rows=("list",))
number = 5
"""


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path / "nowhere"))  # so that what the reader adds is taken away again
    path = tmp_path / "town_list.py"
    path.write_text(TOWN, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SHIPPED)
def test_a_reader_that_ships_is_found_by_its_name(name: str) -> None:
    source = reader_of(name)
    assert (source.name, source.mrid_prefix) == (f"connectors/{name}", name)


@pytest.mark.parametrize("named", ["town_list:read_row", "town_list.py:read_row", "./town_list.py:read_row"])
def test_your_own_function_is_found_by_module_or_file_and_gives_the_feed_its_name(town: Path, named: str) -> None:
    source = reader_of(named)
    assert (source.name, source.mrid("7"), source.rows) == ("connectors/town_list", "town_list-7", ())
    assert source.read({"nr": 7, "town": "A"}).areas == ("A",)


def test_a_whole_feed_may_be_named_too(town: Path) -> None:
    source = reader_of("town_list:SOURCE")
    assert (source.name, source.mrid_prefix, source.rows) == ("connectors/elsewhere", "elsewhere", ("list",))


def test_name_and_place_of_the_rows_may_be_given(town: Path) -> None:
    source = reader_of("town_list:read_row", name="east", rows="data.outages")
    assert (source.name, source.mrid_prefix, source.rows) == ("connectors/east", "east", ("data.outages",))
    assert reader_of("ssen", name="ssen-north").mrid("1") == "ssen-north-1"
    assert reader_of("ssen", rows="faults").rows == ("faults",)


@pytest.mark.parametrize(
    ("named", "why"),
    [
        ("nobody", "name bchydro or ssen"),
        ("town_list:nothing", "town_list has no function nothing"),
        ("town_list:number", "town_list has no function number"),
        ("no_such_module:read_row", "cannot be loaded .*ModuleNotFoundError"),
        ("absent.py:read_row", "there is no file absent.py"),
    ],
)
def test_a_name_that_leads_nowhere_is_refused_with_the_way(town: Path, named: str, why: str) -> None:
    with pytest.raises(ReaderNotFound, match=why):
        reader_of(named)


def test_a_reader_that_cannot_be_loaded_says_what_its_code_said(town: Path) -> None:
    town.with_name("broken_list.py").write_text("1 / 0", encoding="utf-8")
    with pytest.raises(ReaderNotFound, match="ZeroDivisionError: division by zero"):
        reader_of("broken_list.py:read_row")


@pytest.mark.parametrize("name", ["East Side", "ost/1", "", "x" * 31, "Ö"])
def test_a_name_that_no_outage_can_carry_is_refused(town: Path, name: str) -> None:
    with pytest.raises(ReaderNotFound, match="call the feed by small letters"):
        reader_of("town_list:read_row", name=name)
