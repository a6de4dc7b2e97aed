"""The whole board: what each page says, in both languages, and what of it is made anew."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from services.board.domain.public import Board, PublicCount, PublicPlaces
from services.board.site import Site, render
from services.board.snapshot.form import ANSWER_MARK, AS_OF_MARK, HTML, PARTS, STALE_MARK, Page, hit_part, is_public
from services.board.utility import LANGUAGES
from tests.kits.board import NOW, UTILITY, at, evening, moved, notice, outage, storm

LARGEST = 50_000
"""Bytes of a page, raw (board.md, 7)."""


class Text(HTMLParser):
    """What is seen of a page, and where its links lead."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.tags: list[str] = []
        self._hidden = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self._hidden += tag in ("style", "title")
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if given.get("id"):
            self.ids.add(given["id"] or "")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._hidden:
            self.words.append(" ".join(data.split()))

    @property
    def said(self) -> str:
        return " ".join(self.words)


@pytest.fixture(scope="module")
def site() -> Site:
    return render(evening(), UTILITY)


def seen(site: Site, path: str) -> Text:
    return Text(site.pages[path].body.decode())


def whole(site: Site) -> dict[str, str]:
    """The pages that have an address, as text."""
    return {path: page.body.decode() for path, page in html(site).items() if is_public(path)}


def html(site: Site) -> dict[str, Page]:
    return {path: page for path, page in site.pages.items() if page.content_type == HTML}


def test_the_first_thing_to_be_read_thanks_for_the_visit(site: Site) -> None:
    for path, page in whole(site).items():
        thanks = "Thank you for visiting" if path.startswith("/en") else "感谢您进入东江供电公司停电信息网页"
        assert Text(page).words[0].startswith(thanks), path


def test_every_page_leads_on_and_every_link_of_ours_leads_somewhere(site: Site) -> None:
    for path, page in whole(site).items():
        text = Text(page)
        assert "#main" in text.links, path
        assert "main" in text.ids, path
        for link in (link for link in text.links if link.startswith("/")):
            assert unquote(link) in site.pages, f"{path} leads to {link}"


def test_the_five_headings_of_the_standard_and_please_click_are_there(site: Site) -> None:
    said = seen(site, "/").said
    for heading in ("停电通知", "电费电价", "业务流程", "日常用电常识", "电力政策法规", "请点击"):
        assert heading in said
    assert {"https://www.example.com/tariffs", "https://www.example.com/policies"} <= set(seen(site, "/").links)


def test_the_marks_for_what_moves_with_time_stand_once_in_each_page(site: Site) -> None:
    for path, page in site.pages.items():
        if b"<!doctype" in page.body:
            assert (page.body.count(STALE_MARK), page.body.count(AS_OF_MARK)) == (1, 1), path
    answers = [path for path, page in site.pages.items() if ANSWER_MARK in page.body]
    assert sorted(answers) == sorted(["/off", "/en/off", *(f"{PARTS}answer.{language}.html" for language in LANGUAGES)])


def test_home_says_what_is_off_and_since_when_and_until_when(site: Site) -> None:
    said = seen(site, "/").said
    assert "当前停电: 4处,约7,440户" in said
    assert "其中1处户数未知或少于5户,未计入" in said
    assert "正在抢修 停电时间" not in said, "the time stands in a cell of its own"
    assert "3月5日11:30左右" in said
    assert "暂不能确定,3月5日10:15前再次告知" in said


def test_a_time_that_passed_is_said_to_have_passed_with_an_apology(site: Site) -> None:
    assert "此前告知3月5日09:00左右,未能如期,我们诚恳道歉" in seen(site, "/o/DJ-F-0314").said
    assert "could not keep it: we are sorry" in seen(site, "/en/o/DJ-F-0314").said


def test_no_cause_is_named_that_is_not_confirmed(site: Site) -> None:
    assert "停电原因 正在查找" in seen(site, "/o/DJ-F-0312").said
    assert "停电原因 大风刮断导线" in seen(site, "/o/DJ-F-0314").said


def test_fewer_than_five_are_not_counted_out_loud(site: Site) -> None:
    assert "少于5户" in seen(site, "/o/DJ-F-0313").said


def test_a_notice_that_moved_keeps_its_first_time_struck_through_and_says_that_nothing_is_cut_then(site: Site) -> None:
    page = site.pages["/n/DJ-P-0310"].body.decode()
    assert "<del>3月10日13:00至16:00</del>" in page
    assert "3月10日13:00至16:00不因此停电" in page
    assert "第1版" in page
    assert '<meta name="notice-digest" content="' + f"{2:064x}" in page


def test_a_notice_is_withdrawn_in_public_until_its_time_is_over() -> None:
    gone = notice("DJ-P-0317", state="withdrawn", withdrawn_at=at(4, 15), explanation="改期")
    site = render(replace(evening(), notices=(gone,), outages=()), UTILITY)
    assert "已取消" in seen(site, "/").said
    assert "本次停电已取消,届时不因此停电" in seen(site, "/n/DJ-P-0317").said
    later = render(replace(evening(), notices=(gone,), outages=(), as_of=at(12, 0)), UTILITY)
    assert "目前没有已公告的计划停电" in seen(later, "/planned").said
    assert "已取消" in seen(later, "/past").said


def test_without_any_outage_nobody_is_told_that_they_have_power(site: Site) -> None:
    none = render(replace(evening(), outages=(), notices=()), UTILITY)
    assert "这不表示您处一定有电" in seen(none, "/now").said
    assert "does not mean that you have power" in seen(none, "/en/now").said


def test_what_is_not_measured_is_not_shown_as_kept(site: Site) -> None:
    row = seen(site, "/fulfilment").said.partition("12秒内接听")[2].partition("平均到达时间")[0]
    assert "未计量" in row
    assert "100" not in row


def test_no_mark_of_ours_is_read_as_text(site: Site) -> None:
    for path, page in html(site).items():
        assert b"&lt;span" not in page.body, path


def test_names_of_the_city_are_marked_as_chinese_in_english_pages(site: Site) -> None:
    page = site.pages["/en"].body.decode()
    assert '<span lang="zh-CN">中山路一带</span>' in page


def test_a_page_of_fifty_outages_and_fifty_notices_is_small() -> None:
    site = render(storm(50, 50), UTILITY)
    assert max(len(page.body) for page in html(site).values()) < LARGEST


def test_a_storm_is_listed_by_district_fifty_to_a_page() -> None:
    site = render(storm(1_200), UTILITY)
    assert "outages" in seen(site, "/en/now").said
    first = seen(site, "/now/0区")
    assert "第1页,共3页" in first.said
    assert "/now/0区/2" in map(unquote, first.links)
    listed = {
        link
        for path in site.pages
        if path.startswith("/now/")
        for link in seen(site, path).links
        if link.startswith("/o/")
    }
    assert len(listed) == 1_200, "each outage stands in some list"


def test_two_districts_of_nearly_one_name_have_pages_of_their_own() -> None:
    named = [
        outage(f"O-{n}", "x", places=PublicPlaces(districts=(name,))) for n in range(30) for name in ("a/b", "a-b")
    ]
    each = tuple(replace(one, mrid=f"O-{number}") for number, one in enumerate(named))
    site = render(replace(evening(), outages=each), UTILITY)
    pages = [path for path in site.pages if re.fullmatch(r"/now/[^/]+", path)]
    assert len(pages) == 2


def test_nothing_is_made_anew_where_nothing_changed_but_the_time(site: Site) -> None:
    later = render(replace(evening(), as_of=at(5, 9, 21)), UTILITY, site)
    changed = {path for path, page in later.pages.items() if site.pages[path] != page}
    assert changed == {f"{PARTS}{part}.{language}.html" for part in ("as-of", "stale") for language in LANGUAGES}
    assert later.rendered == len(changed)


def test_a_time_that_passes_changes_the_pages_that_name_it(site: Site) -> None:
    later = render(replace(evening(), as_of=at(5, 11, 31)), UTILITY, site)
    changed = {path for path, page in later.pages.items() if site.pages[path] != page}
    assert {"/", "/en", "/now", "/o/DJ-F-0312", hit_part("DJ-F-0312", "en")} <= changed
    assert "/n/DJ-P-0310" not in changed


def test_one_outage_that_changes_leaves_the_pages_of_others_alone() -> None:
    before = render(storm(300), UTILITY)
    board = storm(300)
    one = replace(board.outages[7], crew="on-the-way")
    after = render(replace(board, outages=(*board.outages[:7], one, *board.outages[8:])), UTILITY, before)
    assert after.rendered < 24
    assert after.pages == render(replace(board, outages=(*board.outages[:7], one, *board.outages[8:])), UTILITY).pages


def test_an_hour_that_comes_twice_is_told_apart() -> None:
    twice = outage(
        began_at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC), expected_at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    )
    board = replace(
        evening(), zone="Europe/London", as_of=datetime(2026, 10, 25, 0, 45, tzinfo=UTC), outages=(twice,), notices=()
    )
    said = seen(render(board, UTILITY), "/en/o/DJ-F-0312").said
    assert "01:30 BST" in said
    assert "01:30 GMT" in said


def named(name: str) -> Site:
    here = outage(places=PublicPlaces(areas=(name,), districts=(name,)), cause=name)
    return render(replace(evening(), outages=(here,), notices=()), UTILITY)


@given(st.text(min_size=1, max_size=200))
def test_whatever_a_place_is_called_it_stays_text(name: str) -> None:
    strange, plain = named(name), named("x")
    for path in ("/o/DJ-F-0312", "/"):
        assert seen(strange, path).tags == seen(plain, path).tags


def test_markup_in_a_name_is_shown_as_it_is_written() -> None:
    name = '"><script>alert(1)</script>'
    site = render(replace(evening(), outages=(outage(area=name),), notices=()), UTILITY)
    for path, page in html(site).items():
        assert b"<script" not in page.body, path
    assert name in seen(site, "/o/DJ-F-0312").said.replace("&quot;", '"')


def test_no_page_has_a_script_or_asks_another_server(site: Site) -> None:
    for path, page in whole(site).items():
        assert "<script" not in page, path
        assert not re.search(r'(src|action)="https?:', page), path
        assert " style=" not in page, path


def test_an_outage_that_goes_on_as_another_is_not_counted_twice() -> None:
    one = outage("A", status="joined", joined_into="DJ-F-0312")
    site = render(replace(evening(), outages=(outage(), one), notices=(moved(),)), UTILITY)
    assert "1处" in seen(site, "/now").said
    assert "与另一处停电合并处理" in seen(site, "/o/A").said
    assert "/o/DJ-F-0312" in seen(site, "/o/A").links


def test_the_evening_is_as_of_its_own_time() -> None:
    board: Board = evening()
    assert board.as_of == NOW


def test_of_an_outage_that_is_partly_over_only_those_still_off_are_added_up() -> None:
    count = PublicCount(customers=2_000, still_off=300)
    site = render(replace(evening(), outages=(outage(count=count),), notices=()), UTILITY)
    assert "1处,约300户" in seen(site, "/now").said
    assert "约2,000户,其中约300户仍停电" in seen(site, "/o/DJ-F-0312").said


def test_a_notice_taken_back_says_why_in_words() -> None:
    gone = notice("DJ-P-0317", state="withdrawn", withdrawn_at=at(4, 15), withdrawn_because="no-longer-as-noticed")
    site = render(replace(evening(), notices=(gone,)), UTILITY)
    assert "取消原因 工作安排已变更" in seen(site, "/n/DJ-P-0317").said
