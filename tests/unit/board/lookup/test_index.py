"""The look-up's index has every public name of what is open or in force, and nothing else."""

import msgspec
from msgspec.structs import replace

from services.board.domain.points import point_digest
from services.board.domain.public import PublicPlaces
from services.board.lookup.finding import LookupFinder
from services.board.lookup.index import LookupIndex, index_of, lookup_page
from services.board.snapshot.form import LOOKUP
from tests.kits.board import at, evening, notice, outage, version

SALT = b"salt" * 8


def test_names_of_areas_districts_lines_and_transformers_are_found() -> None:
    index = index_of(evening())
    written = set(index.written.split("\n"))
    assert {"中山路一带", "城东", "10千伏城东线", "工业大道1号公变"} <= written
    assert len(index.names.split("\n")) == len(written) == len(index.found)


def test_what_is_off_stands_before_what_is_planned_and_nothing_twice() -> None:
    index = index_of(evening())
    assert index.things == (
        "DJ-F-0312",
        "DJ-F-0313",
        "DJ-P-0304",
        "DJ-F-0314",
        "DJ-C-0309",
        "DJ-P-0311",
        "DJ-P-0310",
    )


def test_what_is_over_withdrawn_or_went_on_as_another_is_not_in_it() -> None:
    board = evening()
    joined = outage("DJ-F-0399", "北街", joined_into="DJ-F-0312")
    index = index_of(replace(board, outages=(*board.outages, joined)))
    assert not {"DJ-F-0301", "DJ-P-0317", "DJ-P-0220", "DJ-F-0399"} & set(index.things)
    assert "老城" not in index.written
    assert "北街" not in index.written


def test_a_usage_point_stands_in_it_as_a_digest_only() -> None:
    board = replace(evening(), points={"DJ-F-0312": frozenset({point_digest("330100459", SALT)})}, salt=SALT)
    (page,) = lookup_page(board).values()
    assert b"330100459" not in page.body
    index = msgspec.json.decode(page.body, type=LookupIndex)
    assert index.points == {point_digest("330100459", SALT).hex(): (0,)}


def test_points_of_what_is_over_are_left_out() -> None:
    board = replace(evening(), points={"DJ-F-0301": frozenset({point_digest("1", SALT)})}, salt=SALT)
    assert index_of(board).points == {}


def test_the_same_board_makes_the_same_bytes() -> None:
    board = evening()
    turned = replace(board, outages=board.outages[::-1], notices=board.notices[::-1])
    assert lookup_page(board)[LOOKUP].body == lookup_page(turned)[LOOKUP].body


def test_names_that_a_person_could_break_lines_with_stay_on_one() -> None:
    nasty = outage("X", places=PublicPlaces(areas=("北\n街", "东\r路", "\u202e南里", " ", "<b>")), began_at=at(5, 9))
    index = index_of(replace(evening(), outages=(nasty,), notices=(notice(),)))
    assert len(index.names.split("\n")) == len(index.written.split("\n")) == len(index.found)
    assert "" not in index.names.split("\n")


def test_work_that_has_begun_is_found_by_the_street_of_its_notice_though_its_start_names_the_line_alone() -> None:
    noticed = notice(
        "DJ-P-0304", version(mrid="DJ-P-0304", places=PublicPlaces(areas=("江滨路一带",), lines=("10千伏江滨线",)))
    )
    begun = outage(
        "DJ-P-0304", places=PublicPlaces(lines=("10千伏江滨线",)), outage_class="planned", notice_of="DJ-P-0304"
    )
    board = replace(evening(), outages=(begun,), notices=(noticed,))
    found = LookupFinder(index_of(board)).place("江滨路一带")
    assert (found.verdict, found.things) == ("found", ("DJ-P-0304",))
