"""Keep snapshots in a folder: whoever reads it finds the one before or the one after, whole, whatever happens while it is written.

    FOLDER/blobs/<aa>/<digest>        the bytes of a page, named by their sha256
    FOLDER/manifests/<digest>.json    every path of one snapshot
    FOLDER/current                    which manifest stands and how old its truth is: the one file that is replaced
    FOLDER/lock                       held while one process writes

The last KEEP manifests stay, with all they name, so that a reader who is at one of them finds its pages.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeVar

import msgspec
import structlog

from services.board.snapshot.disk import NEW, Disk, new
from services.board.snapshot.form import FORM, Manifest, Page, Standing, digest_of, packed
from services.board.snapshot.precedence import follows, is_from_the_future

log = structlog.get_logger(__name__)

KEEP: Final = 20
DIGEST: Final = re.compile(r"[0-9a-f]{64}")
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

Outcome = Literal["published", "beat", "older", "busy"]
"""New pages stand; the same pages stand, their age was said anew; another writer's newer truth stands; another writes now."""

T = TypeVar("T", Manifest, Standing)


class SnapshotNotWritten(Exception):
    """The disk refused; what stood before stands. The message says why."""


class SnapshotDamaged(Exception):
    """What was asked for is not there, or not what its name says. The message says which."""


class _Spared(NamedTuple):
    """What no sweep touches: the snapshot that stands, and the one that is being written."""

    manifests: frozenset[str]
    names: frozenset[str]
    """What the latter names."""


class SnapshotStore:
    """One folder. `publish` is for one process at a time (another's turn is `busy`), reading for any number."""

    def __init__(self, folder: Path, *, keep: int = KEEP, disk: Disk | None = None) -> None:
        self.folder = folder
        self._keep = keep
        self._disk = disk or Disk()
        self._kept: dict[str, frozenset[str]] = {}
        """Digest of a manifest → all it names; the newest last."""

        self._mine: bytes | None = None
        """`current` as this process wrote it; another's means that the folder must be looked at again."""

    def publish(self, digest: str, manifest: Manifest, bodies: Mapping[str, bytes], standing: Standing) -> Outcome:
        """Let `manifest`, whose digest this is, stand. `bodies`: by digest, at least those no manifest before had.

        Raises:
            SnapshotNotWritten: the disk refused.

        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._alone() as alone:
                return self._publish(digest, manifest, bodies, standing) if alone else "busy"
        except OSError as error:
            self._mine = None
            raise SnapshotNotWritten(_why(error)) from error

    def standing(self) -> Standing | None:
        """Which snapshot stands; None: none yet, or of a form that only a newer version knows.

        Raises:
            SnapshotDamaged: the file is no standing.

        """
        found = self._current()
        return None if found is None else _of_our_form(_decoded(found, Standing, "current"))

    def manifest(self, digest: str) -> Manifest:
        """The manifest of that name.

        Raises:
            SnapshotDamaged: see there.

        """
        return _decoded(self._whole(self._manifest_path(digest), digest), Manifest, f"manifest {digest}")

    def packed_manifest(self, digest: str) -> bytes:
        """The same as its bytes."""
        return self._whole(self._manifest_path(digest), digest)

    def blob(self, digest: str) -> bytes:
        """The bytes of that name.

        Raises:
            SnapshotDamaged: see there.

        """
        return self._whole(self._blob_path(digest), digest)

    def clear(self) -> None:
        """Let nothing stand: what lies here is not to be trusted. Bytes go with the next snapshot, which is written whole.

        Raises:
            SnapshotNotWritten: the disk refused.

        """
        try:
            self._disk.remove(self.folder / "current")
            for path in (self.folder / "manifests").glob("*.json"):
                self._disk.remove(path)
        except OSError as error:
            raise SnapshotNotWritten(_why(error)) from error
        self._mine = None

    def pages(self, wanted: Callable[[str], bool]) -> Mapping[str, Page]:
        """The pages of what stands, of the paths that are wanted; none where nothing stands or it is damaged."""
        found: dict[str, Page] = {}
        try:
            standing = self.standing()
            if standing is None:
                return {}
            for path, entry in self.manifest(standing.manifest).paths.items():
                if wanted(path):
                    body = self.blob(entry.digest)
                    found[path] = Page(body=body, content_type=entry.content_type, language=entry.language)
        except (SnapshotDamaged, OSError) as error:
            log.warning("what stood cannot be read", reason=str(error))
            return {}
        return found

    def _publish(self, digest: str, manifest: Manifest, bodies: Mapping[str, bytes], standing: Standing) -> Outcome:
        before = self._current()
        if before is None or before != self._mine:
            self._look_again()
        held = _or_none(before)
        if held is not None and held.manifest not in self._kept:
            held = None  # what stands is not whole any more: anything that is takes its place
        if held is not None and not follows(standing, held) and not is_from_the_future(held, standing):
            return "older"
        outcome: Outcome = "beat"
        names = frozenset(entry.digest for entry in manifest.paths.values())
        spared = _Spared(frozenset({digest} if held is None else {digest, held.manifest}), names)
        if digest not in self._kept:
            there = frozenset().union(*self._kept.values())
            self._put({self._blob_path(name): bodies[name] for name in names - there}, spared)
            self._put({self._manifest_path(digest): packed(manifest)}, spared)
            outcome = "published"
        elif held is None or held.manifest != digest:
            os.utime(self._manifest_path(digest))  # it stands again: it counts as the newest
            outcome = "published"
        self._kept.pop(digest, None)
        self._kept[digest] = names
        now = packed(standing)
        self._put({self.folder / "current": now}, spared)
        self._mine = now
        self._sweep(self._keep, spared)
        return outcome

    def _put(self, files: Mapping[Path, bytes], spared: _Spared) -> None:
        """Write; where there is no room the older snapshots make it, once."""
        try:
            self._disk.put(files)
        except OSError as error:
            if error.errno not in NO_ROOM or self._kept.keys() <= spared.manifests:
                raise
            log.warning("older snapshots make room", reason=_why(error), kept=len(self._kept))
            self._sweep(1, spared)
            self._disk.put(files)

    def _sweep(self, keep: int, spared: _Spared) -> None:
        """Remove manifests beyond `keep`, the oldest first, and what none of the others names."""
        old = [digest for digest in self._kept if digest not in spared.manifests]
        dropped: set[str] = set()
        for digest in old[: max(0, len(self._kept) - keep)]:
            dropped |= self._kept.pop(digest)
            self._disk.remove(self._manifest_path(digest))
        dropped -= spared.names
        for names in self._kept.values():
            dropped -= names
        for name in dropped:
            self._disk.remove(self._blob_path(name))

    def _look_again(self) -> None:
        """Learn what lies in the folder, and remove what nobody names: a process died, or another one wrote."""
        found: dict[str, frozenset[str]] = {}
        folder = self.folder / "manifests"
        paths = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns) if folder.exists() else []
        for path in paths:
            digest = path.name.removesuffix(".json")
            try:
                names = self._kept.get(digest) or frozenset(
                    entry.digest for entry in self.manifest(digest).paths.values()
                )
            except SnapshotDamaged as damaged:
                log.warning("a snapshot is damaged and goes", reason=str(damaged))
                self._disk.remove(path)
                continue
            found[digest] = names
        named = frozenset().union(*found.values())
        there = set()
        for path in (self.folder / "blobs").glob("*/*"):
            if path.name in named:
                there.add(path.name)
            else:
                self._disk.remove(path)
        for path in folder.glob(f"*{NEW}"):
            self._disk.remove(path)
        self._disk.remove(new(self.folder / "current"))
        # A snapshot of which a page is missing is none: it is written anew when it stands.
        self._kept = {digest: names for digest, names in found.items() if names <= there}

    def _whole(self, path: Path, digest: str) -> bytes:
        try:
            body = path.read_bytes()
        except OSError as error:
            raise SnapshotDamaged(f"{path.name}: {_why(error)}") from error
        if digest_of(body) != digest:
            self._disk.remove(path)  # it helps nobody, and the next snapshot that has it writes it again
            self._mine = None
            raise SnapshotDamaged(f"{path.name} does not hold what its name says")
        return body

    def _current(self) -> bytes | None:
        try:
            return (self.folder / "current").read_bytes()
        except FileNotFoundError:
            return None

    def _blob_path(self, digest: str) -> Path:
        return self.folder / "blobs" / _name(digest)[:2] / digest

    def _manifest_path(self, digest: str) -> Path:
        return self.folder / "manifests" / f"{_name(digest)}.json"

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether nobody else writes until the end of the block."""
        number = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
        finally:
            os.close(number)


def _name(digest: str) -> str:
    if not DIGEST.fullmatch(digest):
        raise SnapshotDamaged("no name of this form is in a snapshot")
    return digest


def _decoded(body: bytes, kind: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SnapshotDamaged(f"{what} cannot be read: {error}") from error


def _of_our_form(standing: Standing) -> Standing | None:
    return standing if standing.form <= FORM else None


def _or_none(current: bytes | None) -> Standing | None:
    """What stands; where that cannot be read nothing does."""
    if current is None:
        return None
    try:
        return _of_our_form(_decoded(current, Standing, "current"))
    except SnapshotDamaged as damaged:
        log.warning("what stood cannot be read and is written anew", reason=str(damaged))
        return None


def _why(error: OSError) -> str:
    return error.strerror or str(error)
