"""A front whose snapshots and clock a test moves, asked without a network or over a real one."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from prometheus_client import CollectorRegistry

from services.board.front.addresses import AddressLimit
from services.board.front.app import Front
from services.board.front.holding.following import Follower, Look
from services.board.front.looking_up import LookUp
from services.board.front.metrics import FrontMetrics
from services.board.front.operators import OperatorTokens
from services.board.front.process import FrontProcess, trusted
from services.board.process import Surroundings
from services.board.settings import FrontSettings
from services.board.snapshot.form import Manifest, Page, Standing
from services.board.snapshot.making import SnapshotMaker
from services.board.snapshot.store import SnapshotDamaged, SnapshotStore
from services.board.snapshot.watching import Offer
from services.kernel.clock import Clock
from services.kernel.manual_clock import ManualClock
from tests.kits.board import UTILITY
from tests.kits.board.snapshots import AS_OF, small_site


class Renders:
    """A renderer's side: what it offers, and whether it answers at all."""

    def __init__(self) -> None:
        self._maker = SnapshotMaker()
        self._manifests: dict[str, Manifest] = {}
        self._bodies: dict[str, bytes] = {}
        self.offer: Offer | None = None
        self.away = False
        self.fetched: list[str] = []

    def stands(
        self, pages: Mapping[str, Page], as_of: datetime = AS_OF, age: float = 1.0, seconds: float | None = 0.0
    ) -> Standing:
        """From now on this snapshot stands."""
        made = self._maker.make(pages)
        self._manifests[made.digest] = made.manifest
        self._bodies |= made.bodies
        standing = Standing(
            manifest=made.digest,
            as_of=as_of,
            made_at=as_of + timedelta(seconds=age),
            age_seconds=age,
            parts=made.parts,
        )
        self.offer = Offer(standing, seconds)
        return standing

    async def current(self) -> Offer | None:
        """See SnapshotSource."""
        if self.away:
            raise ConnectionRefusedError("nobody listens")
        return self.offer

    async def manifest(self, digest: str) -> Manifest:
        """See SnapshotSource."""
        return self._manifests[digest]

    async def blobs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        """See SnapshotSource."""
        if missing := [digest for digest in digests if digest not in self._bodies]:
            raise SnapshotDamaged(f"{missing[0]} is gone")
        self.fetched += digests
        return {digest: self._bodies[digest] for digest in digests}


@dataclass
class Heard:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The words, whatever way they came."""
        body = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return body.decode()


@dataclass
class FrontDesk:
    """A front in this process."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(AS_OF + timedelta(seconds=1)))
    renders: Renders = field(default_factory=Renders)
    copy: Path | None = None
    operators: Path | None = None
    proxies: str = ""
    places: float = 1_000
    points: float = 1_000

    def __post_init__(self) -> None:
        self.registry = CollectorRegistry()
        self.follower = Follower(
            self.renders, self.clock, SnapshotStore(self.copy, keep=2) if self.copy is not None else None
        )
        self.front = Front(
            self.follower,
            UTILITY,
            FrontMetrics(self.registry),
            look_up=LookUp(AddressLimit(self.places, self.clock), AddressLimit(self.points, self.clock)),
            operators=OperatorTokens(self.operators),
            tries=AddressLimit(30, self.clock),
            trusted=trusted(self.proxies),
        )

    async def shows(self, pages: Mapping[str, Page] | None = None, **said: Any) -> Look:
        """These pages stand, and the front has looked."""
        self.renders.stands(small_site() if pages is None else pages, **said)
        return await self.follower.look()

    async def get(self, target: str, **headers: str) -> Heard:
        """GET; header names with _ for -."""
        return await self.ask("GET", target, headers)

    async def post(self, target: str, body: bytes, **headers: str) -> Heard:
        """POST of a form."""
        return await self.ask("POST", target, {"content_type": "application/x-www-form-urlencoded", **headers}, body)

    async def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        peer: str = "203.0.113.7",
        declare: bool = True,
    ) -> Heard:
        """Any request, as a server hands it on."""
        parts = urlsplit(target)
        given = {name.replace("_", "-").lower(): value for name, value in (headers or {}).items()}
        if body and declare:
            given.setdefault("content-length", str(len(body)))
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(parts.path),
            "query_string": quote(parts.query, safe="%=&+").encode(),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in given.items()],
            "client": (peer, 40_000),
        }
        chunks = [body[at : at + 4_096] for at in range(0, len(body), 4_096)] or [b""]
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            chunk = chunks.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.front(scope, receive, send)
        start, *rest = sent
        return Heard(
            start["status"],
            {name.decode(): value.decode("latin-1") for name, value in start["headers"]},
            b"".join(message.get("body", b"") for message in rest),
        )


@asynccontextmanager
async def listening(
    renders: Any, folder: Path, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[FrontProcess]:
    """A front that listens on a port of this machine, and follows `renders`."""
    given = FrontSettings.model_construct(
        **{
            **{name: one.default for name, one in FrontSettings.model_fields.items() if not one.is_required()},
            "board_port": 0,
            "board_utility": folder / "board.toml",
            **settings,
        }
    )
    around = Surroundings("board-front", given)
    if clock is not None:
        around.clock = clock
    process = FrontProcess(given, renders, UTILITY, around)
    running = asyncio.create_task(process.run())
    try:
        async with asyncio.timeout(10):
            while not process.server.started:
                await asyncio.sleep(0.01)
        yield process
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
