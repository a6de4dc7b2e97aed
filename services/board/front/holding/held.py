"""The snapshot that a front holds in memory, each page ready to be sent.

A page lies there as pieces between the marks that are filled in. What is sent of it is put together when somebody asks, once for
each state of what is filled in; pages that the next snapshot has, too, are taken over with all that was made of them.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from services.board.front.holding.pieces import PassingPiece, Piece, gzipped, raw
from services.board.lookup.finding import LookupFinder
from services.board.lookup.index import LookupIndex
from services.board.snapshot.form import (
    ANSWER_MARK,
    AS_OF_MARK,
    LOOKUP,
    QUERY_MARK,
    STALE_MARK,
    Manifest,
    ManifestEntry,
    Standing,
    as_of_part,
    digest_of,
    stale_part,
)
from services.board.utility import LANGUAGES

_MARKS: Final = re.compile(b"(" + b"|".join(map(re.escape, (STALE_MARK, AS_OF_MARK, ANSWER_MARK, QUERY_MARK))) + b")")
_STYLES: Final = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_ETAG_CHARACTERS: Final = 32

Fillings = Mapping[bytes, Piece]
"""By mark; a mark that is not in it is filled with nothing."""

NOTHING: Final = Piece(b"")


class FilledPage(NamedTuple):
    """A page with everything in it, for one state of what is filled in."""

    etag: str
    """Without quotes; that of the compressed body has `-gz` behind it."""

    pieces: tuple[Piece, ...]
    raw: bytes


class HeldPage:
    """One page of the snapshot, whatever paths it has."""

    __slots__ = ("_filled", "_gzip", "content_type", "digest", "language", "pieces", "styles")

    def __init__(self, entry: ManifestEntry, body: bytes) -> None:
        self.digest, self.content_type, self.language = entry.digest, entry.content_type, entry.language
        html = entry.content_type.startswith("text/html")
        parts = _MARKS.split(body) if html else [body]
        self.pieces = tuple((Piece(part), mark) for part, mark in zip(parts[::2], [*parts[1::2], b""], strict=True))
        """Each piece with the mark behind it; behind the last there is none."""

        self.styles = tuple(_allowed(found) for found in _STYLES.findall(body)) if html else ()
        """What style-src allows of this page."""

        self._filled: FilledPage | None = None
        self._gzip: bytes | None = None

    def put_together(self, fillings: Fillings) -> tuple[Piece, ...]:
        """The pieces in their order, with what is filled in."""
        return tuple(self._put_together(fillings))

    def _put_together(self, fillings: Fillings) -> Iterator[Piece]:
        for piece, mark in self.pieces:
            yield piece
            filling = fillings.get(mark, NOTHING)
            if filling.raw:
                yield filling

    def filled(self, state: str, fillings: Fillings) -> FilledPage:
        """With what is filled in now; `state` names that."""
        etag = f"{self.digest[:_ETAG_CHARACTERS]}-{state}" if len(self.pieces) > 1 else self.digest[:_ETAG_CHARACTERS]
        if self._filled is None or self._filled.etag != etag:
            pieces = self.put_together(fillings)
            self._filled, self._gzip = FilledPage(etag, pieces, raw(pieces)), None
        return self._filled

    def gzip(self, filled: FilledPage) -> bytes:
        """The same compressed."""
        if filled is not self._filled:
            return gzipped(filled.pieces)
        if self._gzip is None:
            self._gzip = gzipped(filled.pieces)
        return self._gzip


class HeldParts:
    """What is filled into pages of one language, for one standing."""

    def __init__(self, standing: Standing, language: str) -> None:
        stale, as_of = (standing.parts.get(part(language), "").encode() for part in (stale_part, as_of_part))
        self._fresh: Fillings = {AS_OF_MARK: Piece(as_of)}
        self._stale: Fillings = {AS_OF_MARK: Piece(as_of), STALE_MARK: Piece(stale)}
        self._fresh_state, self._stale_state = digest_of(as_of)[:8], digest_of(stale + as_of)[:8]

    def now(self, *, stale: bool) -> tuple[str, Fillings]:
        """What is filled in, and a name for it."""
        return (self._stale_state, self._stale) if stale else (self._fresh_state, self._fresh)


class HeldSite:
    """One snapshot. Never changed: the next one takes its place as a whole."""

    def __init__(
        self,
        standing: Standing,
        paths: Mapping[str, HeldPage],
        finder: LookupFinder,
    ) -> None:
        self.standing, self.paths, self.finder = standing, paths, finder
        self._parts = {language: HeldParts(standing, language) for language in LANGUAGES}

    def parts(self, language: str | None) -> HeldParts:
        """What is filled into pages of a language; of none, the first."""
        return self._parts.get(language or LANGUAGES[0]) or self._parts[LANGUAGES[0]]

    def with_standing(self, standing: Standing) -> HeldSite:
        """The same pages, whose age was said anew."""
        return HeldSite(standing, self.paths, self.finder)

    @property
    def by_digest(self) -> Mapping[str, HeldPage]:
        """Every page by its name."""
        return {page.digest: page for page in self.paths.values()}


def held_site(
    standing: Standing, manifest: Manifest, bodies: Mapping[str, bytes], before: HeldSite | None = None
) -> HeldSite:
    """Make a site of a snapshot. `bodies`: what `before` does not have."""
    known = before.by_digest if before is not None else {}
    made: dict[ManifestEntry, HeldPage] = {}
    for entry in manifest.paths.values():
        if entry in made:
            continue
        page = known.get(entry.digest)
        if page is None or (page.content_type, page.language) != (entry.content_type, entry.language):
            page = HeldPage(entry, bodies[entry.digest] if entry.digest in bodies else body_of(known[entry.digest]))
        made[entry] = page
    paths = {path: made[entry] for path, entry in manifest.paths.items()}
    index = paths.get(LOOKUP)
    if before is not None and index is not None and before.paths.get(LOOKUP) is index:
        finder = before.finder
    else:
        body = index.pieces[0][0].raw if index is not None else b"{}"
        finder = LookupFinder(msgspec.json.decode(body, type=LookupIndex))
    return HeldSite(standing, paths, finder)


def missing(manifest: Manifest, before: HeldSite | None) -> list[str]:
    """The digests that must be fetched for a manifest."""
    known = before.by_digest if before is not None else {}
    return sorted({entry.digest for entry in manifest.paths.values()} - known.keys())


def passing(html: str) -> Piece:
    """A few bytes for one answer."""
    return PassingPiece(html.encode())


def body_of(page: HeldPage) -> bytes:
    """Its bytes as they came, marks and all."""
    return b"".join(piece.raw + mark for piece, mark in page.pieces)


def _allowed(style: bytes) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(style).digest()).decode()}'"
