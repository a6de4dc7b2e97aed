"""The renderer's inner port, where fronts ask what stands and fetch it. Never for the public: it has parts and operators' feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec
import structlog
from aiohttp import web

from services.board.snapshot.store import SnapshotDamaged, SnapshotStore
from services.board.snapshot.watching import BLOBS_AT_ONCE, StandingWatch
from services.board.threads import in_thread
from services.kernel.clock import Clock

log = structlog.get_logger(__name__)

JSON: Final = "application/json"
BYTES: Final = "application/octet-stream"
MOST_BODY: Final = 100 * BLOBS_AT_ONCE


class InnerServer:
    """Serves one store."""

    def __init__(self, store: SnapshotStore, clock: Clock, host: str, port: int) -> None:
        self._store, self._watch = store, StandingWatch(store, clock)
        self._host, self.port = host, port
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; `port` then holds the port taken. OSError if it is not free."""
        app = web.Application(client_max_size=MOST_BODY)
        app.router.add_get("/current", self._current)
        app.router.add_get("/manifests/{digest}", self._manifest)
        app.router.add_get("/blobs/{digest}", self._blob)
        app.router.add_post("/blobs", self._blobs)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()

    def look(self) -> None:
        """See what stands now: looked at each round, the time since is known whenever a front asks."""
        try:
            self._watch.look()
        except SnapshotDamaged as damaged:
            log.warning("what stands cannot be read", reason=str(damaged))

    async def _current(self, _request: web.Request) -> web.Response:
        try:
            offer = self._watch.look()
        except SnapshotDamaged as damaged:
            return web.Response(status=503, text=str(damaged))
        if offer is None:
            return web.Response(status=204)
        body = msgspec.json.encode(offer)
        return web.Response(body=body, content_type=JSON)

    async def _manifest(self, request: web.Request) -> web.Response:
        return await _by_digest(request, self._store.packed_manifest, JSON)

    async def _blob(self, request: web.Request) -> web.Response:
        return await _by_digest(request, self._store.blob, BYTES)

    async def _blobs(self, request: web.Request) -> web.Response:
        try:
            wanted = msgspec.json.decode(await request.read(), type=list[str])
        except msgspec.DecodeError as error:
            return web.Response(status=400, text=f"a list of digests is expected: {error}")
        if len(wanted) > BLOBS_AT_ONCE:
            return web.Response(status=400, text=f"at most {BLOBS_AT_ONCE} digests at once")
        found = await in_thread(lambda: self._found(wanted))
        return web.Response(body=msgspec.msgpack.encode(found), content_type=BYTES)

    def _found(self, wanted: list[str]) -> dict[str, bytes]:
        """Those that are there: a front that misses one asks again what stands."""
        found: dict[str, bytes] = {}
        for digest in wanted:
            try:
                found[digest] = self._store.blob(digest)
            except SnapshotDamaged:
                continue
        return found


async def _by_digest(request: web.Request, read: Callable[[str], bytes], kind: str) -> web.Response:
    digest = request.match_info["digest"]
    try:
        body = await in_thread(lambda: read(digest))
    except SnapshotDamaged as damaged:
        return web.Response(status=404, text=str(damaged))
    return _named(request, digest, body, kind)


def _named(request: web.Request, digest: str, body: bytes, kind: str) -> web.Response:
    """What is named by its content never changes."""
    etag = f'"{digest}"'
    kept = {"ETag": etag, "Cache-Control": "private, max-age=31536000, immutable"}
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers=kept)
    return web.Response(body=body, content_type=kind, headers=kept)
