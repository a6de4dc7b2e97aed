"""Where a front takes snapshots from: a folder of its own machine, or the renderer's inner port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import aiohttp
import msgspec

from services.board.snapshot.form import FORM, Manifest, digest_of
from services.board.snapshot.store import SnapshotDamaged, SnapshotStore
from services.board.snapshot.watching import BLOBS_AT_ONCE, Offer, StandingWatch
from services.board.threads import in_thread
from services.kernel.clock import Clock

ANSWER_SECONDS: Final = 10.0


class SnapshotSource(Protocol):
    """Says what stands, and gives what it is made of."""

    async def current(self) -> Offer | None:
        """What stands; None: nothing yet."""
        ...

    async def manifest(self, digest: str) -> Manifest:
        """Its paths."""
        ...

    async def blobs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        """All of these."""
        ...


class FolderSource:
    """A renderer's own folder."""

    def __init__(self, store: SnapshotStore, clock: Clock) -> None:
        self._store, self._watch = store, StandingWatch(store, clock)

    async def current(self) -> Offer | None:
        """See SnapshotSource."""
        return self._watch.look()

    async def manifest(self, digest: str) -> Manifest:
        """See SnapshotSource."""
        return await in_thread(lambda: self._store.manifest(digest))

    async def blobs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        """See SnapshotSource."""
        return await in_thread(lambda: {digest: self._store.blob(digest) for digest in digests})


class RendererSource:
    """A renderer on another machine. Whatever it gives is held against its name."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url, self._session = url.rstrip("/"), session

    async def current(self) -> Offer | None:
        """See SnapshotSource."""
        async with self._session.get(f"{self._url}/current") as answer:
            if answer.status == 204:  # noqa: PLR2004 - no content: it has made no snapshot yet
                return None
            answer.raise_for_status()
            offer = msgspec.json.decode(await answer.read(), type=Offer)
        return offer if offer.standing.form <= FORM else None

    async def manifest(self, digest: str) -> Manifest:
        """See SnapshotSource."""
        async with self._session.get(f"{self._url}/manifests/{digest}") as answer:
            answer.raise_for_status()
            body = await answer.read()
        _hold(digest, body)
        return msgspec.json.decode(body, type=Manifest)

    async def blobs(self, digests: Sequence[str]) -> Mapping[str, bytes]:
        """See SnapshotSource."""
        found: dict[str, bytes] = {}
        for start in range(0, len(digests), BLOBS_AT_ONCE):
            some = digests[start : start + BLOBS_AT_ONCE]
            async with self._session.post(f"{self._url}/blobs", data=msgspec.json.encode(some)) as answer:
                answer.raise_for_status()
                given = msgspec.msgpack.decode(await answer.read(), type=dict[str, bytes])
            for digest in some:
                _hold(digest, given.get(digest, b""))
                found[digest] = given[digest]
        return found


def session() -> aiohttp.ClientSession:
    """A session whose requests end in time."""
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))


def _hold(digest: str, body: bytes) -> None:
    if digest_of(body) != digest:
        raise SnapshotDamaged(f"the renderer gave something else than {digest}: it is gone there, or was cut short")
