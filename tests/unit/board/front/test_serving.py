"""What a reader of the board gets."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from services.board.snapshot.form import ANSWER_MARK, AS_OF_MARK, STALE_MARK, Page, missing_part
from tests.kits.board.fronts import FrontDesk
from tests.kits.board.snapshots import html, small_site


async def open_desk(**said: object) -> FrontDesk:
    desk = FrontDesk(**said)  # type: ignore[arg-type]
    assert await desk.shows() == "taken"
    return desk


async def test_a_page_comes_with_the_time_filled_in_and_no_banner() -> None:
    desk = await open_desk()
    heard = await desk.get("/")
    assert heard.status == 200
    assert heard.headers["content-type"] == "text/html; charset=utf-8"
    assert "as of 09:12 zh-CN" in heard.text
    assert "old since" not in heard.text
    assert "as of 09:12 en" in (await desk.get("/en")).text


async def test_no_mark_is_left_in_any_page() -> None:
    desk = await open_desk()
    for path in ("/", "/en", "/off", "/off?q=x", "/nowhere"):
        body = (await desk.get(path)).body
        assert not any(mark in body for mark in (STALE_MARK, AS_OF_MARK, ANSWER_MARK))


async def test_after_five_minutes_the_banner_stands_over_every_page_and_the_pages_stay() -> None:
    desk = await open_desk()
    before = await desk.get("/")
    desk.clock.advance(timedelta(minutes=5))
    for path, language in (
        ("/", "zh-CN"),
        ("/en", "en"),
        ("/o/DJ-F-1", "zh-CN"),
        ("/nowhere", "zh-CN"),
        ("/off?q=中山路", "zh-CN"),
    ):
        heard = await desk.get(path)
        assert f"old since 09:12 {language}" in heard.text
    after = await desk.get("/", if_none_match=before.headers["etag"])
    assert after.status == 200, "a page with the banner is another page"
    assert "3处停电" in after.text


async def test_who_has_the_page_is_told_so_in_a_few_bytes() -> None:
    desk = await open_desk()
    for accepted in ("", "gzip"):
        first = await desk.get("/", accept_encoding=accepted)
        again = await desk.get("/", accept_encoding=accepted, if_none_match=first.headers["etag"])
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["cache-control"] == first.headers["cache-control"]


async def test_compressed_and_plain_bytes_have_different_names_and_the_same_words() -> None:
    desk = await open_desk()
    plain, packed = await desk.get("/"), await desk.get("/", accept_encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert plain.headers["etag"] != packed.headers["etag"]
    assert plain.text == packed.text
    assert plain.headers["vary"] == packed.headers["vary"] == "accept-encoding"
    assert int(packed.headers["content-length"]) == len(packed.body)


async def test_head_has_the_headers_of_get_and_no_body() -> None:
    desk = await open_desk()
    for path in ("/", "/nowhere", "/off?q=x"):
        get, head = await desk.ask("GET", path), await desk.ask("HEAD", path)
        assert (head.status, head.headers, head.body) == (get.status, get.headers, b"")


async def test_every_page_forbids_scripts_frames_and_what_is_not_its_own() -> None:
    desk = await open_desk()
    for path in ("/", "/en", "/nowhere", "/off?q=x"):
        headers = (await desk.get(path)).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "script" not in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-frame-options"] == "DENY"
        assert "server" not in headers


async def test_a_page_that_is_not_there_says_so_in_its_language() -> None:
    desk = await open_desk()
    chinese, english = await desk.get("/nowhere"), await desk.get("/en/nowhere")
    assert (chinese.status, english.status) == (404, 404)
    assert "no such page zh-CN" in chinese.text
    assert "no such page en" in english.text
    assert chinese.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/_parts/lookup", "/_parts/hit/DJ-F-1.en.html", "/_parts/", "/_parts/missing.en.html", "/%5Fparts/lookup"]
)
async def test_nobody_gets_at_the_parts(path: str) -> None:
    desk = await open_desk()
    assert (await desk.get(path)).status == 404


@pytest.mark.parametrize(
    ("path", "to"), [("/en/", "/en"), ("/now/城东/", "/now/%E5%9F%8E%E4%B8%9C"), ("/o/DJ-F-1//", "/o/DJ-F-1")]
)
async def test_a_slash_too_many_leads_to_the_page(path: str, to: str) -> None:
    desk = await open_desk()
    heard = await desk.get(path)
    assert (heard.status, heard.headers["location"]) == (308, to)


@pytest.mark.parametrize("path", ["//evil.example/", "/_parts/lookup/", "/\\evil.example/"])
async def test_no_slash_leads_to_somebody_elses_page_or_to_a_part(path: str) -> None:
    desk = await open_desk()
    assert (await desk.ask("GET", "http://x" + path)).status == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST", "OPTIONS", "TRACE", "X"])
async def test_nothing_but_reading_is_possible(method: str) -> None:
    desk = await open_desk()
    heard = await desk.ask(method, "/")
    assert (heard.status, heard.headers["allow"]) == (405, "GET, HEAD")
    if method != "POST":
        assert (await desk.ask(method, "/off")).headers["allow"] == "GET, HEAD, POST"


async def test_feeds_may_be_read_by_other_sites_and_pages_not() -> None:
    desk = await open_desk()
    feed = await desk.get("/feeds/notices.atom")
    assert (feed.status, feed.body, feed.headers["access-control-allow-origin"]) == (200, b"<feed/>", "*")
    assert "access-control-allow-origin" not in (await desk.get("/")).headers


async def test_before_there_ever_was_a_snapshot_the_hotline_is_given_in_both_languages() -> None:
    desk = FrontDesk()
    for method, target in (("GET", "/"), ("GET", "/en/now"), ("POST", "/off"), ("GET", "/off?q=中山路")):
        heard = await desk.ask(method, target)
        assert heard.status == 503
        assert heard.headers["retry-after"] == "10"
        assert heard.headers["cache-control"] == "no-store"
        assert heard.text.count("95598") == 2
        assert "东江供电公司" in heard.text
        assert "Please call" in heard.text


async def test_a_page_stays_whole_while_the_next_snapshot_takes_its_place() -> None:
    """The answer was begun; its bytes are those of the snapshot it began with, and so is its name."""
    desk = await open_desk()
    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)
        if message["type"] == "http.response.start":
            assert await desk.shows(small_site(now="4处停电"), as_of=desk.clock.now()) == "taken"

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [],
        "client": ("203.0.113.7", 1),
    }
    await desk.front(scope, None, send)  # type: ignore[arg-type]
    assert "3处停电".encode() in sent[1]["body"]  # type: ignore[operator]
    length = dict(sent[0]["headers"])[b"content-length"]  # type: ignore[call-overload]
    assert int(length) == len(sent[1]["body"])  # type: ignore[arg-type]
    assert "4处停电" in (await desk.get("/")).text


async def test_a_notice_that_is_withdrawn_in_the_minute_it_is_read_is_gone_with_the_next_snapshot() -> None:
    desk = await open_desk()
    pages = small_site()
    del pages["/o/DJ-F-1"]
    read = await desk.get("/o/DJ-F-1")
    await desk.shows(pages, as_of=desk.clock.now())
    again = await desk.get("/o/DJ-F-1", if_none_match=read.headers["etag"])
    assert again.status == 404


async def test_pages_of_the_same_bytes_in_two_languages_have_each_their_own_time() -> None:
    pages = {**small_site(), "/same": html("same"), "/en/same": html("same", "en")}
    desk = FrontDesk()
    await desk.shows(pages)
    assert "as of 09:12 zh-CN" in (await desk.get("/same")).text
    assert "as of 09:12 en" in (await desk.get("/en/same")).text


async def test_an_error_of_ours_gives_the_hotline_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = await open_desk()
    monkeypatch.setattr("services.board.front.answers.takes_gzip", lambda _: 1 / 0)
    heard = await desk.get("/")
    assert heard.status == 500
    assert "95598" in heard.text
    assert 'outage_board_answers_total{kind="failed",status="500"} 1.0' in generate_latest(desk.registry).decode()


async def test_answers_are_counted_by_what_they_are_and_by_nothing_of_the_reader() -> None:
    desk = await open_desk()
    for target in ("/", "/nowhere", "/off?q=中山路"):
        await desk.get(target)
    said = generate_latest(desk.registry).decode()
    assert 'outage_board_answers_total{kind="page",status="200"} 1.0' in said
    assert 'outage_board_answers_total{kind="missing",status="404"} 1.0' in said
    assert 'outage_board_lookups_total{outcome="nothing"} 1.0' in said
    assert "203.0.113" not in said
    assert "中山路" not in said


OPERATORS = "".join(
    f'[operator.{name}]\nsha256 = "{hashlib.sha256(token).hexdigest()}"\n'
    for name, token in (("mobile-east", b"east"), ("mobile-west", b"west"))
)
THEIRS = "/t/mobile-east/outages.json"


@pytest.fixture
async def known(tmp_path: Path) -> FrontDesk:
    """A front that knows two telecom operators."""
    (tmp_path / "operators.toml").write_text(OPERATORS)
    return await open_desk(operators=tmp_path / "operators.toml")


async def test_an_operators_token_opens_what_is_its_own_and_nobody_keeps_it(known: FrontDesk) -> None:
    heard = await known.get(THEIRS, authorization="Bearer east")
    assert (heard.status, heard.body) == (200, b'{"sites":[]}')
    assert heard.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in heard.headers


@pytest.mark.parametrize("said", ["", "Bearer west", "Bearer wrong", "Basic east", "Bearer ", "east"])
@pytest.mark.parametrize("path", [THEIRS, "/t/nobody/outages.json", "/t/", "/t/mobile-east/../mobile-west/"])
async def test_without_it_nothing_is_learnt_not_even_who_there_is(known: FrontDesk, said: str, path: str) -> None:
    heard = await known.get(path, authorization=said)
    assert (heard.status, heard.text) == (401, "a token of this operator is needed\n")


async def test_who_tries_many_tokens_is_shut_out_for_a_while_and_the_operator_is_not(known: FrontDesk) -> None:
    tried = [(await known.get(THEIRS, authorization=f"Bearer {number}")).status for number in range(32)]
    assert tried[-1] == 429
    assert (await known.get(THEIRS, authorization="Bearer east")).status == 200


async def test_an_operators_feed_that_is_not_there_is_not_there(known: FrontDesk) -> None:
    assert (await known.get("/t/mobile-east/other", authorization="Bearer east")).status == 404


async def test_a_site_without_a_page_for_what_is_missing_still_answers() -> None:
    pages: dict[str, Page] = {path: page for path, page in small_site().items() if path != missing_part("zh-CN")}
    desk = FrontDesk()
    await desk.shows(pages)
    assert (await desk.get("/nowhere")).status == 404
