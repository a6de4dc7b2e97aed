"""Which notices the public must be able to read now, and what a page proves of one."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from schemas.contracts.dispatch import NoticeShown, NoticeUnreadable
from services.board.domain.public import Board, NoticeState, PublicNotice, PublicPlaces, PublicVersion
from services.board.showing import words
from services.board.showing.wanted import WantedNotice, digest_on, judged, wanted

NOW = datetime(2026, 3, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOTICE = WantedNotice("P-1", "P-1/2", 2, "b" * 64, NOW + 8 * DAY, frozenset({"a" * 64}))


def version(number: int, digest: str, starts: datetime = NOW + 8 * DAY) -> PublicVersion:
    return PublicVersion(
        notice_id=f"P-1/{number}",
        version=number,
        published_at=NOW - DAY,
        starts_at=starts,
        ends_at=starts + timedelta(hours=9),
        places=PublicPlaces(areas=("中山路一带",)),
        digest=digest,
    )


def board(state: NoticeState = "in-force", **more: datetime) -> Board:
    notice = PublicNotice(
        mrid="P-1",
        outage_class="planned",
        state=state,
        versions=(version(1, "a" * 64), version(2, "b" * 64, **more)),
        changed_at=NOW,
    )
    return Board(as_of=NOW, zone="Asia/Shanghai", today=date(2026, 3, 5), notices=(notice,))


def test_the_last_version_in_force_is_to_be_read_until_the_work_begins() -> None:
    assert wanted(board(), NOW) == {"P-1/2": NOTICE}
    assert wanted(board(starts=NOW), NOW) == {}


@pytest.mark.parametrize("state", ["withdrawn", "superseded", "closed"])
def test_what_is_not_in_force_need_not_be_read(state: NoticeState) -> None:
    assert wanted(board(state), NOW) == {}


def page(head: str, body: str = "") -> str:
    return f"<!doctype html><html><head><title>停电公告</title>{head}</head><body>{body}</body></html>"


META = '<meta name="notice-digest" content="{}">'


@pytest.mark.parametrize(
    ("text", "outcome", "reason"),
    [
        (page(META.format("b" * 64)), "shown", ""),
        (page(META.format("b" * 64) + META.format("f" * 64)), "shown", ""),
        (page(META.format("f" * 64)), "other-words", ""),
        (page(META.format("a" * 64)), "unreadable", "older-version-on-the-page"),
        (page(""), "unreadable", "not-on-the-page"),
        (page(META.format("none")), "unreadable", "not-on-the-page"),
        (page("", META.format("b" * 64)), "unreadable", "not-on-the-page"),
        ("b" * 64, "unreadable", "not-on-the-page"),
        ("<meta name='notice-digest'", "unreadable", "not-on-the-page"),
    ],
)
def test_only_the_head_of_the_page_says_what_it_shows(text: str, outcome: str, reason: str) -> None:
    found = judged(NOTICE, text)
    assert (found.outcome, found.reason) == (outcome, reason)


def test_a_digest_that_people_wrote_into_the_text_is_none() -> None:
    assert digest_on(page("", "原因:&lt;meta name=notice-digest content=" + "b" * 64)) is None


def test_the_same_word_within_a_quarter_of_an_hour_has_one_name_and_the_next_another() -> None:
    first = words.shown(NOTICE, NOTICE.digest, NOW, "https://outages.example/n/P-1")
    again = words.shown(NOTICE, NOTICE.digest, NOW + timedelta(minutes=14), "https://outages.example/n/P-1")
    later = words.shown(NOTICE, NOTICE.digest, NOW + timedelta(minutes=15), "https://outages.example/n/P-1")
    other = words.shown(NOTICE, "f" * 64, NOW, "https://outages.example/n/P-1")
    assert first.id == again.id
    assert len({first.id, later.id, other.id}) == 3


def test_words_keep_the_contracts_by_which_others_read_them() -> None:
    shown = msgspec.json.decode(words.shown(NOTICE, NOTICE.digest, NOW, "https://outages.example/n/P-1").body)
    fact = msgspec.convert(shown["data"], NoticeShown)
    assert (shown["type"], shown["source"], fact.notice_id, fact.version) == ("notice.shown.v1", "/board", "P-1/2", 2)
    gone = msgspec.json.decode(words.unreadable(NOTICE, NOW - DAY, NOW, "no-answer").body)
    assert msgspec.convert(gone["data"], NoticeUnreadable).reason == "no-answer"


@pytest.mark.parametrize("page", ["<![foo", "<!doctype html><![if gte mso 9]", "\x00\xff", "<meta name=notice-digest"])
def test_what_no_parser_can_read_is_no_page_of_ours(page: str) -> None:
    assert digest_on(page) is None
