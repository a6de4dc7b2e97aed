"""See which snapshot stands, and how long ago that was said, from the folder in which it lies."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from services.board.snapshot.form import Standing
from services.board.snapshot.store import SnapshotStore
from services.kernel.clock import Clock

BLOBS_AT_ONCE: Final = 200
"""That one request to the inner port may name."""


class Offer(Struct, frozen=True):
    """A snapshot that can be shown; also what a renderer's inner port answers to who asks what stands."""

    standing: Standing
    seconds: float | None = None
    """How long ago it was written; None: it lay there at the first look, and nobody knows."""


class StandingWatch:
    """Looks into a store again and again. What takes another's place between two looks was written then."""

    def __init__(self, store: SnapshotStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._seen: Standing | None = None
        self._looked = False
        self._at: float | None = None

    def look(self) -> Offer | None:
        """What stands now; None: nothing yet.

        Raises:
            services.board.snapshot.store.SnapshotDamaged: it cannot be read.

        """
        standing = self._store.standing()
        now = self._clock.monotonic()
        if standing != self._seen:
            self._at = now if self._looked else None
        self._seen, self._looked = standing, True
        if standing is None:
            return None
        return Offer(standing, None if self._at is None else now - self._at)
