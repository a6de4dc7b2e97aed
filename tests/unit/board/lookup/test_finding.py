"""Is my power off? What is known is found however it is written; what is not known is never said to have power."""

import sys
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.board.domain.points import point_digest
from services.board.domain.public import PublicPlaces
from services.board.lookup.finding import MOST_ASKED, MOST_SHOWN, LookupFinder
from services.board.lookup.index import LookupIndex, index_of
from tests.kits.board import evening, outage, storm

SALT = b"salt" * 8
FINDER = LookupFinder(index_of(evening()))


@pytest.mark.parametrize(
    "query", ["中山路一带", " 中山路 一带 ", "１０千伏城东线", "10kV城东线", "中山路一带。", "10千伏 城东线\u200b"]
)
def test_a_place_is_found_however_it_is_written(query: str) -> None:
    found = FINDER.place(query)
    assert found.verdict == "found"
    assert "DJ-F-0312" in found.things


def test_what_is_off_is_shown_before_what_is_planned() -> None:
    board = evening()
    both = replace(board.outages[0], places=PublicPlaces(areas=("工业大道一带",)))
    finder = LookupFinder(index_of(replace(board, outages=(both,))))
    assert finder.place("工业大道一带").things == ("DJ-F-0312", "DJ-C-0309", "DJ-P-0304", "DJ-P-0311", "DJ-P-0310")


def test_an_address_within_a_known_place_is_asked_back_and_never_answered_for_the_place() -> None:
    """北中山路 holds the name of 中山路, and is another road."""
    finder = LookupFinder(
        index_of(replace(evening(), outages=(outage("A", "中山路"), outage("B", "中山路12号")), notices=()))
    )
    for query in ("中山路12号3单元", "北中山路"):
        found = finder.place(query)
        assert (found.verdict, found.things) == ("alike", ())
        assert "中山路" in found.alike
    assert finder.place("中山路12号3单元").alike[0] == "中山路12号", "the nearest first"


def test_a_part_of_a_name_and_a_name_that_begins_alike_are_asked_back() -> None:
    finder = LookupFinder(
        index_of(replace(evening(), outages=(outage("A", "中山东路"), outage("B", "老城中山路口")), notices=()))
    )
    assert finder.place("中山路").alike == ("老城中山路口", "中山东路")


def test_at_most_ten_are_shown_and_it_is_said_that_there_are_more() -> None:
    finder = LookupFinder(index_of(storm(500)))
    district = finder.place("3区")
    assert (len(district.things), district.more) == (MOST_SHOWN, True)
    assert len(finder.place("区域").alike) == MOST_SHOWN


@pytest.mark.parametrize(
    "query", ["", "   ", "\u200b", "路", "330100459", "3301 0045 9", "x" * 61, "x" * 10_000, "\x00\x1b[2J"]
)
def test_what_names_no_place_is_asked_again(query: str) -> None:
    assert FINDER.place(query).verdict == "unclear"


@given(st.text(max_size=300))
def test_whatever_is_asked_there_is_an_answer_that_can_be_shown(query: str) -> None:
    found = FINDER.place(query)
    assert len(found.asked) <= MOST_ASKED
    assert {category(character) for character in found.asked}.isdisjoint({"Cc", "Cf", "Cs"}), "nothing hides or turns"
    assert len(found.things) <= MOST_SHOWN
    assert len(found.alike) <= MOST_SHOWN
    assert (found.verdict == "found") == bool(found.things)
    assert (found.verdict == "alike") == bool(found.alike)


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8))
def test_every_name_that_is_written_is_found_by_itself(names: list[str]) -> None:
    index = index_of(replace(evening(), outages=(outage("A", places=PublicPlaces(areas=tuple(names))),), notices=()))
    finder = LookupFinder(index)
    for written in filter(None, index.written.split("\n")):
        assert finder.place(written).verdict in ("found", "unclear")
        assert finder.place(written).things in (("A",), ())


def test_a_usage_point_is_found_by_its_number_in_whatever_form_and_repeated_nowhere() -> None:
    board = replace(evening(), points={"DJ-F-0312": frozenset({point_digest("330100459", SALT)})}, salt=SALT)
    finder = LookupFinder(index_of(board))
    for number in ("330100459", "3301 00459", "３３０１００４５９"):
        found = finder.point(number)
        assert (found.verdict, found.things, found.asked) == ("found", ("DJ-F-0312",), "")


def test_a_point_that_is_unknown_and_one_that_is_not_affected_get_the_same_answer() -> None:
    over = {"DJ-F-0301": frozenset({point_digest("77", SALT)})}
    finder = LookupFinder(index_of(replace(evening(), points=over, salt=SALT)))
    assert finder.point("77") == finder.point("no such point") == finder.point("")


def test_an_empty_index_knows_nothing_and_says_so() -> None:
    finder = LookupFinder(LookupIndex())
    assert finder.place("中山路").verdict == "nothing"
    assert finder.point("1").verdict == "nothing"


def test_a_question_with_no_answer_costs_no_walk_through_twenty_thousand_names() -> None:
    """By how many steps of Python it takes, not by a clock: the search itself is one of the text."""
    finder = LookupFinder(index_of(storm(5_000)))
    steps = 0

    def count(*_: object) -> None:
        nonlocal steps
        steps += 1

    sys.setprofile(count)
    try:
        finder.place("没有这个地方没有这个地方没有这个地方没有这个地方没有这个地方")
    finally:
        sys.setprofile(None)
    assert steps < 5_000
