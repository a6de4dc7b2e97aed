"""The whole board in one site: pages, the look-up, feeds; what did not change is the very same page."""

from msgspec.structs import replace

from services.board.lookup.index import index_of
from services.board.rendering.whole import WholeSite
from services.board.snapshot.form import (
    ANSWER_MARK,
    AS_OF_MARK,
    LOOKUP,
    STALE_MARK,
    answer_part,
    as_of_part,
    hit_part,
    missing_part,
    say_part,
    stale_part,
)
from services.board.snapshot.making import SnapshotMaker
from services.board.utility import LANGUAGES
from tests.kits.board import UTILITY, evening


def test_it_has_every_page_the_feeds_and_all_that_a_front_puts_pages_together_from() -> None:
    pages = WholeSite(UTILITY)(evening())
    assert {
        "/",
        "/en",
        "/now",
        "/o/DJ-F-0312",
        "/en/n/DJ-P-0311",
        "/off",
        "/feeds/notices.atom",
        LOOKUP,
    } <= pages.keys()
    for language in LANGUAGES:
        assert {
            stale_part(language),
            as_of_part(language),
            missing_part(language),
            hit_part("DJ-F-0312", language),
        } <= pages.keys()
        assert {
            say_part(one, language) for one in ("asked", "nothing", "alike", "more", "unclear", "wait")
        } <= pages.keys()  # type: ignore[arg-type]
        assert pages[answer_part(language)].body.count(ANSWER_MARK) == 1


def test_every_html_page_has_both_marks_once() -> None:
    pages = WholeSite(UTILITY)(evening())
    whole = {path: page for path, page in pages.items() if page.body.startswith(b"<!doctype")}
    assert len(whole) > 20
    assert [path for path, page in whole.items() if page.body.count(STALE_MARK) != 1] == []
    assert [path for path, page in whole.items() if page.body.count(AS_OF_MARK) != 1] == []


def test_whatever_the_look_up_can_find_can_be_shown() -> None:
    site = WholeSite(UTILITY)
    pages = site(evening())
    for mrid in index_of(evening()).things:
        assert hit_part(mrid, "zh-CN") in pages, mrid


def test_time_that_goes_on_changes_no_name() -> None:
    site, maker, board = WholeSite(UTILITY), SnapshotMaker(), evening()
    first = maker.make(site(board))
    later = maker.make(site(replace(board, as_of=board.as_of.replace(second=30))))
    assert later.digest == first.digest


def test_after_a_restart_an_alert_refers_to_the_one_before() -> None:
    board = evening()
    first = WholeSite(UTILITY)(board)
    moved_on = replace(board.outages[0], crew="on-the-way", changed_at=board.as_of)
    later = replace(board, outages=(moved_on, *board.outages[1:]))
    again = WholeSite(UTILITY, stood=first)(later)
    assert b"<references>" in again["/o/DJ-F-0312.cap"].body
    assert b"<references>" not in WholeSite(UTILITY)(later)["/o/DJ-F-0312.cap"].body
