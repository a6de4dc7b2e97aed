"""Is my power off? By the place, in the address; by a usage point's number, which stands in no address and no log."""

import logging
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from services.board.domain.points import point_digest
from services.board.domain.public import PublicPlaces
from services.board.lookup.index import lookup_page
from tests.kits.board import evening, outage
from tests.kits.board.fronts import FrontDesk, Heard
from tests.kits.board.snapshots import small_site

SALT = b"salt" * 8
POINT = "330100459"


def site() -> dict[str, object]:
    off = outage("DJ-F-1", places=PublicPlaces(areas=("中山路", "中山东路", "<b>街")))
    board = replace(
        evening(), outages=(off,), notices=(), points={"DJ-F-1": frozenset({point_digest(POINT, SALT)})}, salt=SALT
    )
    return {**small_site(), **lookup_page(board)}


async def desk(**said: object) -> FrontDesk:
    made = FrontDesk(**said)  # type: ignore[arg-type]
    await made.shows(site())  # type: ignore[arg-type]
    return made


async def test_a_place_that_is_off_is_shown_with_what_was_asked() -> None:
    heard = await (await desk()).get("/off?q=中山路")
    assert heard.status == 200
    assert "<article>off: DJ-F-1 zh-CN</article>" in heard.text
    assert "asked zh-CN: 中山路" in heard.text
    assert heard.headers["cache-control"] == "no-store"
    assert "etag" not in heard.headers


async def test_in_english_it_is_answered_in_english() -> None:
    heard = await (await desk()).get("/en/off?q=中山路")
    assert "<article>off: DJ-F-1 en</article>" in heard.text


async def test_what_is_not_found_is_not_said_to_have_power() -> None:
    heard = await (await desk()).get("/off?q=没有的路")
    assert "nothing known zh-CN" in heard.text
    assert "article" not in heard.text


async def test_names_that_are_like_it_lead_to_the_same_question_about_them() -> None:
    heard = await (await desk()).get("/en/off?q=中山")
    assert '<a lang="zh-CN" href="/en/off?q=%E4%B8%AD%E5%B1%B1%E8%B7%AF">中山路</a>' in heard.text
    assert heard.text.index("alike") < heard.text.index("nothing known"), "what is meant comes first"


async def test_a_name_with_html_in_it_is_shown_and_not_done() -> None:
    heard = await (await desk()).get("/off?q=%3Cb%3E街x")
    assert "&lt;b&gt;街" in heard.text
    assert "<b>" not in heard.text


@pytest.mark.parametrize("q", ["", "%20", "&q=", "%E2%80%8B"])
async def test_a_question_for_nothing_is_asked_again(q: str) -> None:
    assert "unclear" in (await (await desk()).get(f"/off?q={q}")).text


async def test_without_a_question_the_page_with_the_form_comes_and_may_be_kept() -> None:
    heard = await (await desk()).get("/off")
    assert "我家停电了吗" in heard.text
    assert heard.headers["cache-control"].startswith("public")


async def test_compressed_it_is_the_same() -> None:
    one = await desk()
    assert (await one.get("/off?q=中山路", accept_encoding="gzip")).text == (await one.get("/off?q=中山路")).text


async def test_a_usage_point_is_found_by_its_number_and_repeated_nowhere() -> None:
    heard = await (await desk()).post("/off", f"point={POINT}".encode())
    assert "<article>off: DJ-F-1 zh-CN</article>" in heard.text
    assert POINT not in heard.text
    assert "asked" not in heard.text


async def test_a_point_that_is_unknown_and_one_that_is_not_affected_get_the_same_bytes() -> None:
    one = await desk()
    answers = {(await one.post("/off", f"point={point}".encode())).body for point in ("1", "999999999", "x", "", "<b>")}
    assert len(answers) == 1
    assert b"nothing known zh-CN" in answers.pop()


async def test_a_number_in_an_address_is_looked_for_as_a_place_and_so_not_found() -> None:
    heard = await (await desk()).get(f"/off?q={POINT}")
    assert "article" not in heard.text
    assert "unclear" in heard.text, (
        "it has a form of its own: that nothing is known of it would be said of nothing asked"
    )
    assert "nothing known" not in heard.text


async def test_ten_questions_a_minute_then_a_wait_and_other_addresses_are_answered() -> None:
    one = await desk(points=10)
    answers = [(await one.post("/off", b"point=1")).status for _ in range(12)]
    assert answers == [200] * 10 + [429] * 2
    refused = await one.post("/off", b"point=1")
    assert refused.headers["retry-after"] == "60"
    assert "wait" in refused.text
    assert (await one.ask("POST", "/off", {}, b"point=1", peer="198.51.100.9")).status == 200
    assert (await one.get("/off?q=中山路")).status == 200, "places have their own limit"
    assert (await one.get("/")).status == 200
    one.clock.advance(timedelta(minutes=1))
    assert (await one.post("/off", b"point=1")).status == 200


async def test_behind_our_proxy_each_reader_has_his_own_limit_and_a_header_alone_gives_nobody_more() -> None:
    one = await desk(places=2, proxies="10.0.0.0/8")

    async def ask(forwarded: str, peer: str) -> int:
        return (await one.ask("GET", "/off?q=x", {"x-forwarded-for": forwarded}, peer=peer)).status

    assert [await ask(f"198.51.100.{n}", "10.0.0.1") for n in range(5)] == [200] * 5
    assert [await ask(f"198.51.100.{n}", "203.0.113.9") for n in range(5)] == [200] * 2 + [429] * 3
    assert [await ask(f"1.2.3.{n}, 198.51.100.77", "10.0.0.1") for n in range(5)] == [200] * 2 + [429] * 3


async def test_a_question_of_ten_kilobytes_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    one = await desk()
    monkeypatch.setattr("services.board.lookup.finding.LookupFinder.place", lambda *_: 1 / 0)
    monkeypatch.setattr("services.board.lookup.finding.LookupFinder.point", lambda *_: 1 / 0)
    heard = await one.get("/off?q=" + "%E4%B8%AD" * 1_200)
    assert heard.status == 413
    assert "unclear" in heard.text
    for declare in (True, False):
        assert (await one.ask("POST", "/off", {}, b"point=" + b"1" * 10_000, declare=declare)).status == 413


@pytest.mark.parametrize("declared", ["-1", "1e3", "99999999999999999999", "0x10", "１"])
async def test_a_length_that_is_none_is_refused(declared: str) -> None:
    one = await desk()
    declared = declared.encode().decode("latin-1")
    assert (await one.ask("POST", "/off", {"content-length": declared}, b"point=1")).status == 413


HOSTILE = [
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "%00%00",
    "\u202egnp.exe",
    "{{7*7}}${7*7}",
    "../../etc/passwd",
    "%u0041",
    "%",
    "a&" * 20,
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "<!--board:stale-->",
    "<!--board:answer-->",
]


@pytest.mark.parametrize("query", HOSTILE)
async def test_whatever_is_asked_is_answered_and_nothing_of_it_is_done(query: str) -> None:
    one = await desk()
    for heard in (await one.get(f"/off?q={query}"), await one.post("/off", f"point={query}".encode())):
        assert heard.status == 200
        assert "<script" not in heard.text
        assert "\u202e" not in heard.text
        assert "<!--board" not in heard.text
        assert "49" not in heard.text.replace("'sha256-", "")


@given(st.binary(max_size=1_200), st.booleans())
@settings(max_examples=60)
async def test_whatever_bytes_come_there_is_an_answer(query: bytes, form: bool) -> None:
    one = await desk()
    if form:
        heard: Heard = await one.ask("POST", "/off", {}, query)
    else:
        scope_query = query.decode("latin-1")
        heard = await one.ask("GET", "/off?q=" + scope_query.replace("#", ""))
    assert heard.status in (200, 413)


async def test_too_many_fields_are_no_question() -> None:
    heard = await (await desk()).post("/off", b"&".join(b"point=1" for _ in range(50)))
    assert heard.status == 200
    assert "nothing known" in heard.text


async def test_what_was_asked_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    one = await desk()
    with caplog.at_level(logging.DEBUG):
        await one.get("/off?q=中山路12号")
        await one.post("/off", f"point={POINT}".encode())
    assert "中山路12号" not in caplog.text
    assert POINT not in caplog.text
