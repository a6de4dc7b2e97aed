"""Make the manifest of a set of pages, without looking again at the bytes of pages that are the same as last time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from services.board.snapshot.form import Manifest, ManifestEntry, Page, digest_of, moves, packed


class MadeSnapshot(NamedTuple):
    """A manifest, its name, and all bytes it names."""

    manifest: Manifest
    digest: str
    bodies: Mapping[str, bytes]
    """By digest."""

    parts: Mapping[str, str]
    """What moves with the clock, by path: for the standing."""


class SnapshotMaker:
    """Remembers what it made last. A page that is the very same object as then is not looked at."""

    def __init__(self) -> None:
        self._pages: Mapping[str, tuple[Page, ManifestEntry]] = {}
        self._last: MadeSnapshot | None = None

    def make(self, pages: Mapping[str, Page]) -> MadeSnapshot:
        """The snapshot of `pages`."""
        parts = {path: page.body.decode() for path, page in pages.items() if moves(path)}
        changed = False
        made: dict[str, tuple[Page, ManifestEntry]] = {}
        for path, page in pages.items():
            if moves(path):
                continue
            before = self._pages.get(path)
            if before is not None and before[0] is page:
                made[path] = before
                continue
            entry = ManifestEntry(digest=digest_of(page.body), content_type=page.content_type, language=page.language)
            changed = changed or before is None or before[1] != entry
            made[path] = (page, entry)
        changed = changed or len(made) != len(self._pages)
        self._pages = made
        if self._last is None or changed:
            manifest = Manifest(paths={path: entry for path, (_, entry) in made.items()})
            bodies = {entry.digest: page.body for page, entry in made.values()}
            self._last = MadeSnapshot(manifest, digest_of(packed(manifest)), bodies, parts)
        else:
            self._last = self._last._replace(parts=parts)
        return self._last
