"""The board proves to the real gateway that people can read a notice: what a page over real HTTP shows, and that every hour."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from msgspec.structs import replace
from prometheus_client import CollectorRegistry

from services.board.domain.public import Board
from services.board.showing.door import Door
from services.board.showing.watch import ShownWatch
from services.board.showing.words import SOURCE
from services.gateway.dispatch.tokens import Token, digest_of, make
from services.kernel.manual_clock import ManualClock
from tests.kits.public.board import NOW, board, page
from tests.kits.stack.gateway import Served, a_source, on_topic, prepare, served

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TYPES = frozenset({"notice.shown.v1", "notice.unreadable.v1"})


@dataclass
class Pages:
    """A board's public side: what it answers."""

    status: int = 200
    body: str = ""
    looks: int = 0
    url: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        assert request.path.startswith("/n/")
        self.looks += 1
        return web.Response(status=self.status, text=self.body, content_type="text/html")


@dataclass
class Shown:
    """Everything one watch meets."""

    pages: Pages
    gateway: Served
    door: Door
    kafka: str
    mrid: str
    clock: ManualClock
    board: Board | None = None
    watch: ShownWatch = field(init=False)

    def __post_init__(self) -> None:
        self.begins()

    def begins(self) -> None:
        """The process starts, as after a death: it knows nothing."""
        self.watch = ShownWatch(lambda: self.board, self.door, self.clock, CollectorRegistry())

    async def said(self) -> list[tuple[str, dict[str, Any]]]:
        """What lies on the topic of this notice: type without version, and data."""
        records = [one for one in await on_topic(self.kafka, SOURCE) if one.key == self.mrid.encode()]
        return [(one.headers["ce_type"].decode()[:-3], json.loads(one.value or b"")) for one in records]


@pytest.fixture
async def shown(kafka: str, postgres: str, tmp_path: Path) -> AsyncIterator[Shown]:
    await prepare(kafka, postgres)
    pages = Pages()
    app = web.Application()
    app.router.add_get("/{path:.*}", pages.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pages.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[union-attr]
    token, file = make(), tmp_path / "board.token"
    file.write_text(token + "\n")
    async with served(kafka, postgres, tmp_path) as gateway, aiohttp.ClientSession() as session:
        gateway.allow(Token("board", digest_of(token), (SOURCE,), TYPES))
        await asyncio.sleep(1.1)
        mrid = "P" + a_source().rpartition("/")[2]
        door = Door(session, pages.url, gateway.url, file)
        made = Shown(pages, gateway, door, kafka, mrid, ManualClock(NOW))
        made.board = board(mrid, "a" * 64, "b" * 64)
        yield made
    await runner.cleanup()


async def test_a_page_with_the_words_is_proof_at_once_then_every_hour_and_a_restart_adds_none(shown: Shown) -> None:
    shown.pages.body = page("b" * 64)
    await shown.watch.turn()
    ((kind, fact),) = await shown.said()
    assert (kind, fact["noticeId"], fact["version"], fact["digest"]) == ("notice.shown", f"{shown.mrid}/2", 2, "b" * 64)
    assert (fact["url"], fact["channel"]) == (f"{shown.pages.url}/n/{shown.mrid}", "board")
    shown.clock.advance(MINUTE)
    await shown.watch.turn()
    assert shown.pages.looks == 1
    shown.begins()
    await shown.watch.turn()
    assert (shown.pages.looks, len(await shown.said())) == (2, 1)
    shown.clock.advance(HOUR)
    await shown.watch.turn()
    assert (shown.pages.looks, len(await shown.said())) == (3, 2)


async def test_a_page_without_the_words_is_no_proof_and_has_two_minutes_to_have_them(shown: Shown) -> None:
    shown.pages.body = page("a" * 64)  # the version before: the snapshot, or a cache, is behind
    await shown.watch.turn()
    shown.clock.advance(10 * timedelta(seconds=1))
    await shown.watch.turn()
    assert (shown.pages.looks, await shown.said()) == (2, [])
    shown.pages.body = page("b" * 64)
    shown.clock.advance(10 * timedelta(seconds=1))
    await shown.watch.turn()
    assert [kind for kind, _ in await shown.said()] == ["notice.shown"]


async def test_other_words_are_said_as_what_they_are(shown: Shown) -> None:
    shown.pages.body = page("f" * 64)
    await shown.watch.turn()
    ((kind, fact),) = await shown.said()
    assert (kind, fact["digest"]) == ("notice.shown", "f" * 64)


async def test_hours_without_a_page_are_said_from_the_first_look_that_failed_to_the_last(shown: Shown) -> None:
    shown.pages.body = page("b" * 64)
    await shown.watch.turn()
    shown.pages.status = 503
    shown.clock.advance(HOUR)
    for _ in range(40):
        await shown.watch.turn()
        shown.clock.advance(MINUTE)
    shown.pages.status = 200
    await shown.watch.turn()
    said = await shown.said()
    gone = [fact for kind, fact in said if kind == "notice.unreadable"]
    assert {fact["reason"] for fact in gone} == {"http-503"}
    assert (gone[0]["since"], gone[-1]["until"]) == ("2026-03-05T02:00:00Z", "2026-03-05T02:39:00Z")
    assert len(gone) <= 4
    assert said[-1][0] == "notice.shown"


async def test_while_the_gateway_is_away_what_was_seen_waits_with_its_time(shown: Shown, tmp_path: Path) -> None:
    shown.pages.body = page("b" * 64)
    there = shown.door._gateway
    shown.door._gateway = "http://127.0.0.1:1"
    await shown.watch.turn()
    assert len(shown.watch.waiting) == 1
    shown.door._gateway = there
    shown.clock.advance(3 * MINUTE)
    await shown.watch.turn()
    ((_, fact),) = await shown.said()
    assert fact["shownAt"] == "2026-03-05T01:00:00Z"


async def test_a_notice_that_is_withdrawn_is_looked_at_no_more(shown: Shown) -> None:
    shown.pages.body = page("b" * 64)
    await shown.watch.turn()
    assert shown.board is not None
    withdrawn = replace_state(shown.board, "withdrawn")
    shown.board = withdrawn
    shown.clock.advance(2 * HOUR)
    await shown.watch.turn()
    assert (shown.pages.looks, len(await shown.said())) == (1, 1)


def replace_state(was: Board, state: str) -> Board:
    """The same board, its notice standing otherwise."""
    return replace(was, notices=tuple(replace(one, state=state) for one in was.notices))
