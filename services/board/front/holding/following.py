"""Follow the renderer: take each snapshot that stands, as a whole, and keep a copy for the day on which it is dead.

What is shown never goes back to an older truth while somebody keeps the newer one alive. Where nobody has for so long that the
banner stands over it, an older one that is alive is better: a clock that was ahead would else shut the door to everything true.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final, Literal

import aiohttp
import msgspec
import structlog

from services.board.front.holding.held import HeldSite, body_of, held_site, missing
from services.board.front.holding.sources import SnapshotSource
from services.board.front.holding.staleness import STALE_SECONDS, Freshness
from services.board.snapshot.form import Manifest, Standing
from services.board.snapshot.precedence import follows
from services.board.snapshot.store import SnapshotDamaged, SnapshotNotWritten, SnapshotStore
from services.board.snapshot.watching import Offer
from services.board.threads import in_thread
from services.kernel.clock import Clock
from services.kernel.observing.complaint import Complaint

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 2.0
CURES: Final = (aiohttp.ClientError, OSError, SnapshotDamaged, msgspec.DecodeError)
"""What the next look may cure: the renderer is away, or swept away what was asked for."""

Look = Literal["nothing", "same", "renewed", "taken", "older"]
"""No snapshot yet; the one that is shown; the same pages, dated anew; new pages; an older truth, left alone."""


class Follower:
    """Holds what is shown."""

    def __init__(self, source: SnapshotSource, clock: Clock, copy: SnapshotStore | None = None) -> None:
        self._source, self._copy = source, copy
        self.freshness = Freshness(clock)
        self.site: HeldSite | None = None
        self._manifest: Manifest | None = None
        self._complaint = Complaint("the copy of the snapshot is not written", clock)

    async def begin(self) -> bool:
        """Show the copy that was kept; whether there is one. Its age is known by this machine's clock alone."""
        if self._copy is None:
            return False
        try:
            found = await in_thread(self._kept)
        except (OSError, SnapshotDamaged) as error:
            log.warning("the copy of the snapshot cannot be used, and goes", reason=str(error))
            with suppress(SnapshotNotWritten):
                self._copy.clear()
            return False
        if found is None:
            return False
        self.site, self._manifest = found
        self.freshness.took(self.site.standing, None)
        log.info("the copy of the snapshot is shown", as_of=self.site.standing.as_of.isoformat())
        return True

    async def look(self) -> Look:
        """Ask once what stands, and take it.

        Raises:
            aiohttp.ClientError, OSError, SnapshotDamaged, msgspec.DecodeError: see CURES.

        """
        offer = await self._source.current()
        if offer is None:
            return "nothing"
        held = self.site.standing if self.site is not None else None
        if held is not None and not follows(offer.standing, held):
            if offer.standing == held:
                self.freshness.took(held, offer.seconds)
                return "same"
            if not (self.freshness.stale and _is_alive(offer)):
                return "older"
            log.warning("an older truth that is alive is shown", as_of=offer.standing.as_of.isoformat())
        same = await self._take(offer.standing)
        self.freshness.took(offer.standing, offer.seconds)
        await self._keep()
        return "renewed" if same else "taken"

    async def _take(self, standing: Standing) -> bool:
        """Show it; whether the pages are the same."""
        before = self.site
        if before is not None and before.standing.manifest == standing.manifest:
            self.site = before.with_standing(standing)
            return True
        manifest = await self._source.manifest(standing.manifest)
        bodies = await self._source.blobs(missing(manifest, before))
        self.site = await in_thread(lambda: held_site(standing, manifest, bodies, before))
        self._manifest = manifest
        return False

    async def _keep(self) -> None:
        site, manifest, copy = self.site, self._manifest, self._copy
        if site is None or manifest is None or copy is None:
            return
        standing = site.standing
        try:
            await in_thread(lambda: copy.publish(standing.manifest, manifest, _Bodies(site), standing))
        except SnapshotNotWritten as error:
            self._complaint.say(error)
        else:
            self._complaint.over()

    def _kept(self) -> tuple[HeldSite, Manifest] | None:
        copy = self._copy
        standing = copy.standing() if copy is not None else None
        if copy is None or standing is None:
            return None
        manifest = copy.manifest(standing.manifest)
        bodies = {digest: copy.blob(digest) for digest in missing(manifest, None)}
        return held_site(standing, manifest, bodies), manifest


def _is_alive(offer: Offer) -> bool:
    return offer.seconds is not None and offer.standing.age_seconds + offer.seconds <= STALE_SECONDS


class _Bodies(Mapping[str, bytes]):
    """The bytes of a held site, made when asked for."""

    def __init__(self, site: HeldSite) -> None:
        self._pages = site.by_digest

    def __getitem__(self, digest: str) -> bytes:
        return body_of(self._pages[digest])

    def __iter__(self) -> Iterator[str]:
        return iter(self._pages)

    def __len__(self) -> int:
        return len(self._pages)
