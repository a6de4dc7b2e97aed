"""Remember an import in its data folder: which file, how far it came, and what the feed knows."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from datetime import datetime
from pathlib import Path

import msgspec

from connectors.feeds.listed import FeedSource
from connectors.feeds.snapshots import FeedStateError, SnapshotFeed
from operations.errors import Away, Refused
from operations.system.whole_files import write_whole

STATE_FILE = "import.json"


class ImportJob(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for; another job does not go on in the folder of this one. Times: aware, `until` not included."""

    file: str
    digest: str
    """sha256 of the file's bytes."""
    since: datetime | None
    until: datetime | None


class Stall(msgspec.Struct, frozen=True, kw_only=True):
    """The system took long over one instant of the domain."""

    at: datetime
    seconds: float


class ImportState(msgspec.Struct, kw_only=True):
    """How far an import came. Only saved once Kafka has acknowledged all that it counts."""

    job: ImportJob
    feed: msgspec.Raw
    """SnapshotFeed.dump()."""
    lists: int = 0
    """Lists of this job that were played."""
    events: dict[str, int] = {}
    """Events that Kafka acknowledged, by type; those of a list that was played again after a stop count once."""
    steps: int = 0
    """Instants at which the system was let to settle."""
    seconds: float = 0.0
    """Real seconds spent on playing."""
    stalls: list[Stall] = []
    stops: int = 0
    """How often it went on after a stop."""
    restarts: dict[str, int] = {}
    """Services that died and came back, over all runs."""
    finished: bool = False


def job_of(file: Path, since: datetime | None, until: datetime | None) -> ImportJob:
    """The job of importing `file` from `since` to `until`."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return ImportJob(file=file.name, digest=digest, since=since, until=until)


def begun(job: ImportJob, feed: SnapshotFeed) -> ImportState:
    """A job of which nothing was played yet."""
    return ImportState(job=job, feed=msgspec.Raw(feed.dump()))


def load(folder: Path) -> ImportState | None:
    """What is remembered in `folder`; None where no import was begun.

    Raises:
        Refused: the file is there but cannot be read.

    """
    try:
        return msgspec.json.decode((folder / STATE_FILE).read_bytes(), type=ImportState)
    except FileNotFoundError:
        return None
    except msgspec.MsgspecError as error:
        raise Refused(
            f"{folder / STATE_FILE} cannot be read ({error}): begin again with --fresh, or name another folder"
        ) from None


def feed_of(state: ImportState, source: FeedSource) -> SnapshotFeed:
    """The feed as it was when `state` was saved.

    Raises:
        Refused: another version of this program saved it.

    """
    try:
        return SnapshotFeed.load(source, bytes(state.feed))
    except FeedStateError as error:
        raise Refused(f"{error} (--fresh begins again)") from None


def save(folder: Path, state: ImportState, feed: SnapshotFeed) -> None:
    """Remember `state` with what `feed` knows now; whoever reads sees the old one or the new one, whole."""
    state.feed = msgspec.Raw(feed.dump())
    write_whole(folder / STATE_FILE, msgspec.json.encode(state))


def prepare(folder: Path, job: ImportJob, *, fresh: bool) -> ImportState | None:
    """The folder of an import's own stack: what to go on with, or None once it is empty.

    An import that came to its end is removed: running it again means playing it again.

    Raises:
        Refused: it holds another import that is unfinished, or something that is no import.
        Away: a stack still runs in it.

    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise Refused(f"{folder} is no folder of its own: name another one with --data DIR")
    state = load(folder) if folder.exists() and not fresh else None
    if state is not None and not state.finished:
        if state.job != job:
            raise Refused(
                f"{folder} holds an unfinished import of {state.job.file} "
                f"({_span(state.job)}): give the same command to go on, or --fresh to begin anew"
            )
        return state
    if folder.exists() and any(folder.iterdir()):
        if not (folder / STATE_FILE).is_file():
            raise Refused(
                f"{folder} holds something that is no import's: name another folder with --data DIR, "
                "or --running to import into the system that runs there"
            )
        _refuse_if_used(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return None


def _refuse_if_used(folder: Path) -> None:
    """What runs in a folder holds its `stack.lock` (devstack.servers.stack)."""
    lock = folder / "stack.lock"
    if not lock.exists():
        return
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Away(f"a stack still runs in {folder}: stop it, or name another folder with --data DIR") from None


def _span(job: ImportJob) -> str:
    since = f"from {job.since.isoformat()}" if job.since else "from its start"
    return f"{since} {f'until {job.until.isoformat()}' if job.until else 'to its end'}"
