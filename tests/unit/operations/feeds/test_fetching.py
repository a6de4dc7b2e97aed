"""A list over real HTTP: what is asked of the server, and the name of every way in which no list comes."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from operations.feeds.fetching import AGENT, LONGEST_WAIT, FetchFailed, ListFetcher, shown
from services.kernel.manual_clock import ManualClock
from tests.kits.lists.server import ListServer

NOW = datetime(2026, 3, 5, 1, 12, tzinfo=UTC)


def fetcher(server: ListServer, path: str = "/list", **options: object) -> ListFetcher:
    return ListFetcher(server.url + path, ManualClock(NOW), **options)  # type: ignore[arg-type]


async def test_a_list_comes_as_it_is_with_the_time_it_came(server: ListServer) -> None:
    server.says([{"id": 1}])
    async with fetcher(server, "/list?f=json") as made:
        fetched = await made.fetch()
    assert (fetched.at, fetched.body, fetched.unchanged) == (NOW, b'[{"id": 1}]', False)
    assert (server.asked[0]["User-Agent"], server.asked[0]["Accept"]) == (AGENT, "application/json")
    assert "Authorization" not in server.asked[0]


async def test_an_unchanged_list_is_not_sent_again_and_still_is_the_list(server: ListServer) -> None:
    server.tagged = True
    server.says([{"id": 1}])
    async with fetcher(server) as made:
        await made.fetch()
        again = await made.fetch()
        server.says([])
        changed = await made.fetch()
    assert (again.body, again.unchanged) == (b'[{"id": 1}]', True)
    assert (changed.body, changed.unchanged) == (b"[]", False)
    assert "If-None-Match" not in server.asked[0]
    assert server.asked[1]["If-None-Match"].startswith('"')
    assert server.asked[1]["If-Modified-Since"] == "Thu, 05 Mar 2026 01:12:00 GMT"


async def test_nobody_who_begins_anew_claims_to_have_the_list(server: ListServer) -> None:
    server.tagged = True
    for _ in range(2):
        async with fetcher(server) as made:
            assert not (await made.fetch()).unchanged
    assert all("If-None-Match" not in asked for asked in server.asked)


async def test_rights_and_name_are_told_as_they_were_given(server: ListServer) -> None:
    async with fetcher(server, authorization="Bearer abc", agent="town/1") as made:
        await made.fetch()
    assert (server.asked[0]["Authorization"], server.asked[0]["User-Agent"]) == ("Bearer abc", "town/1")


@pytest.mark.parametrize(
    ("status", "headers", "trouble", "wait"),
    [
        (429, {"Retry_After": "120"}, "wait", timedelta(minutes=2)),
        (503, {"Retry_After": "Thu, 05 Mar 2026 01:42:00 GMT"}, "wait", timedelta(minutes=30)),
        (503, {"Retry_After": "Thu, 05 Mar 2026 00:00:00 GMT"}, "wait", timedelta()),
        (429, {"Retry_After": "99999999999999"}, "wait", LONGEST_WAIT),
        (429, {"Retry_After": "tomorrow"}, "wait", None),
        (429, {}, "wait", None),
        (503, {}, "server-error", None),
        (500, {}, "server-error", None),
        (401, {}, "refused", None),
        (404, {}, "refused", None),
        (204, {}, "refused", None),
    ],
)
async def test_each_answer_that_is_no_list_has_its_name_and_how_long_to_wait(
    server: ListServer, status: int, headers: dict[str, str], trouble: str, wait: timedelta | None
) -> None:
    server.says(b"", status, **headers)
    async with fetcher(server) as made:
        with pytest.raises(FetchFailed, match=f"/list answered {status}") as failed:
            await made.fetch()
    assert (failed.value.trouble, failed.value.wait) == (trouble, wait)


async def test_a_list_that_is_larger_than_the_limit_is_not_read_to_its_end(server: ListServer) -> None:
    server.says(b"[" + b" " * 3_000_000 + b"]")
    async with fetcher(server, largest=1024**2) as made:
        with pytest.raises(FetchFailed, match="gave more than 1 MiB") as failed:
            await made.fetch()
    assert failed.value.trouble == "too-large"


async def test_the_limit_is_of_what_a_compressed_list_unfolds_to(server: ListServer) -> None:
    server.says(gzip.compress(b"[" + b" " * 8_000_000 + b"]"), Content_Encoding="gzip")
    async with fetcher(server, largest=1024**2) as made:
        with pytest.raises(FetchFailed) as failed:
            await made.fetch()
    assert failed.value.trouble == "too-large"


async def test_a_list_that_breaks_off_is_none(server: ListServer) -> None:
    async with fetcher(server, "/cut-off") as made:
        with pytest.raises(FetchFailed, match="does not answer") as failed:
            await made.fetch()
    assert failed.value.trouble == "no-answer"


async def test_a_server_that_leads_in_circles_is_left(server: ListServer) -> None:
    async with fetcher(server, "/round") as made:
        with pytest.raises(FetchFailed, match="leads on and on"):
            await made.fetch()


async def test_a_server_that_is_silent_is_waited_for_so_long_and_no_longer(server: ListServer) -> None:
    server.silent = True
    async with fetcher(server, seconds=0.2) as made:
        with pytest.raises(FetchFailed, match=r"no whole answer within 0\.2 s"):
            await made.fetch()


async def test_a_server_that_is_away_is_said_to_be_without_what_is_secret_in_its_address(server: ListServer) -> None:
    async with ListFetcher("http://user:geheim@127.0.0.1:1/list?key=geheim", ManualClock(NOW)) as made:
        with pytest.raises(FetchFailed, match=r"http://127\.0\.0\.1:1/list does not answer") as failed:
            await made.fetch()
    assert "geheim" not in str(failed.value)


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/list", "list.json", "", "https://"])
def test_only_an_address_of_http_is_one(address: str) -> None:
    with pytest.raises(ValueError, match="no address of HTTP"):
        shown(address)
