"""A renderer and fronts as processes of different machines are: over real HTTP, with real folders."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from services.board.front.holding.sources import FolderSource, RendererSource, session
from services.board.rendering.inner import InnerServer
from services.board.rendering.rounds import Renderer
from services.board.snapshot.store import SnapshotDamaged, SnapshotStore
from services.kernel.manual_clock import ManualClock
from tests.kits.board.fronts import listening
from tests.kits.board.snapshots import AS_OF, FullDisk
from tests.kits.board.truths import Pages, Truth
from tests.kits.waiting import until


class Far:
    """A renderer with its inner port, whose rounds and clock a test moves."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.clock, self.truth, self.store = clock, Truth(clock), SnapshotStore(folder)
        self.renderer = Renderer(self.truth, Pages(), self.store, clock)
        self.inner = InnerServer(self.store, clock, "127.0.0.1", 0)

    async def round(self) -> str:
        outcome = await self.renderer.round()
        self.inner.look()
        return outcome

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.inner.port}"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(AS_OF)


@pytest.fixture
async def far(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Far]:
    made = Far(tmp_path / "renderer", clock)
    await made.inner.start()
    yield made
    await made.inner.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with session() as made:
        yield made


async def reads(http: aiohttp.ClientSession, port: int, path: str = "/") -> tuple[int, str]:
    async with http.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.text()


async def shows(http: aiohttp.ClientSession, port: int, words: str) -> None:
    async def there() -> bool:
        return words in (await reads(http, port))[1]

    await until(there, 10, f"the front to show {words}")


async def test_what_the_renderer_wrote_is_read_at_the_front_and_nothing_that_is_not_there(
    far: Far, http: aiohttp.ClientSession
) -> None:
    source = RendererSource(far.url, http)
    assert await source.current() is None
    await far.round()
    offer = await source.current()
    assert offer is not None
    assert (offer.standing, offer.seconds) == (far.store.standing(), 0.0)
    manifest = await source.manifest(offer.standing.manifest)
    digests = sorted({entry.digest for entry in manifest.paths.values()})
    assert await source.blobs(digests) == {digest: far.store.blob(digest) for digest in digests}
    assert await source.blobs([]) == {}
    with pytest.raises(SnapshotDamaged, match="something else"):
        await source.blobs(["f" * 64])
    for path in ("/blobs/..%2fcurrent", "/blobs/" + "f" * 64, "/manifests/" + "f" * 64, "/lock", "/"):
        async with http.get(far.url + path) as answer:
            assert answer.status == 404
    async with http.get(f"{far.url}/blobs/{digests[0]}") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        etag = answer.headers["ETag"]
    async with http.get(f"{far.url}/blobs/{digests[0]}", headers={"If-None-Match": etag}) as answer:
        assert answer.status == 304
    for body in (b"no list", b"[1]", b'["a"]' * 2, b"[%s]" % b",".join([b'"a"'] * 201)):
        async with http.post(f"{far.url}/blobs", data=body) as answer:
            assert answer.status == 400


async def test_a_renderer_that_dies_leaves_the_pages_and_after_five_minutes_the_banner(
    far: Far, clock: ManualClock, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await far.round()
    async with listening(RendererSource(far.url, http), tmp_path, clock, board_copy=tmp_path / "copy") as front:
        await shows(http, front.port, "5处停电")
        far.truth.board = replace(far.truth.board, outages=())
        clock.advance(timedelta(seconds=5))
        await far.round()
        await shows(http, front.port, "0处停电")
        await far.inner.stop()
        clock.advance(timedelta(minutes=4))
        assert "old since" not in (await reads(http, front.port))[1]
        clock.advance(timedelta(minutes=2))
        status, words = await reads(http, front.port)
        assert status == 200
        assert "old since" in words
        assert "0处停电" in words
    # Restarted while it is still dead:
    async with listening(RendererSource(far.url, http), tmp_path, clock, board_copy=tmp_path / "copy") as front:
        status, words = await reads(http, front.port)
        assert (status, "old since" in words, "0处停电" in words) == (200, True, True)


async def test_a_front_with_no_snapshot_gives_the_hotline_and_shows_pages_once_there_are_some(
    far: Far, clock: ManualClock, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    async with listening(RendererSource(far.url, http), tmp_path, clock) as front:
        status, words = await reads(http, front.port)
        assert (status, words.count("95598")) == (503, 2)
        await far.round()
        await shows(http, front.port, "5处停电")


async def test_of_two_renderers_by_turns_the_older_truth_is_never_shown(
    far: Far, clock: ManualClock, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    behind = Far(tmp_path / "behind", clock)
    behind.truth.board = replace(far.truth.board, outages=())
    behind.truth.behind = timedelta(seconds=60)
    await behind.inner.start()
    turns = iter(range(1_000_000))
    sources = [RendererSource(one.url, http) for one in (behind, far)]

    class ByTurns(RendererSource):
        """A service of two pods: each question goes to another."""

        async def current(self) -> object:  # type: ignore[override]
            chosen = sources[next(turns) % 2]
            self._url = chosen._url
            return await chosen.current()

    source = ByTurns(far.url, http)
    async with listening(source, tmp_path, clock) as front:
        await far.round()
        await shows(http, front.port, "5处停电")
        for _ in range(20):
            clock.advance(timedelta(seconds=5))
            await asyncio.gather(far.round(), behind.round())
            await front.follower.look()
            assert "5处停电" in (await reads(http, front.port))[1]
    await behind.inner.stop()


async def test_while_the_renderers_disk_is_full_the_snapshot_before_is_served(
    far: Far, clock: ManualClock, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await far.round()
    async with listening(RendererSource(far.url, http), tmp_path, clock) as front:
        await shows(http, front.port, "5处停电")
        far.store._disk = FullDisk(0)
        far.truth.board = replace(far.truth.board, outages=())
        clock.advance(timedelta(seconds=5))
        assert await far.round() == "not-written"
        await front.follower.look()
        assert "5处停电" in (await reads(http, front.port))[1]
        far.store._disk = FullDisk(-1)
        assert await far.round() == "published"
        await shows(http, front.port, "0处停电")


async def test_in_one_process_the_front_reads_the_renderers_folder(
    clock: ManualClock, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    far = Far(tmp_path / "renderer", clock)
    async with listening(FolderSource(far.store, clock), tmp_path, clock) as front:
        assert (await reads(http, front.port))[0] == 503
        await far.round()
        await shows(http, front.port, "5处停电")


async def test_a_front_ends_though_a_reader_never_sends_the_rest(
    far: Far, clock: ManualClock, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await far.round()
    async with asyncio.timeout(15), listening(RendererSource(far.url, http), tmp_path, clock) as front:
        await shows(http, front.port, "5处停电")
        _, half = await asyncio.open_connection("127.0.0.1", front.port)
        half.write(b"POST /off HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\npoint")
        await half.drain()
    half.close()


async def test_half_a_head_holds_no_connection_for_ever(
    far: Far, http: aiohttp.ClientSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.kernel.running.http_server.HEAD_SECONDS", 0.2)
    await far.round()
    async with listening(RendererSource(far.url, http), tmp_path) as front:
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
        writer.write(b"GET / HTTP/1.1\r\nHost")
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
