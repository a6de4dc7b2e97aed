"""Keep on disk what a feed remembers, with the facts that Kafka has not yet acknowledged: a restart loses and repeats none.

A list is taken in three steps: what it leads to is written down; the facts are sent; that they are sent is written down.
After a crash in between they are sent again under the same ids, and whoever has them takes them once.
"""

from __future__ import annotations

import fcntl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import msgspec

from connectors.feeds.listed import FeedSource
from connectors.feeds.snapshots import FeedStateError, ListResult, SnapshotFeed
from connectors.feeds.state import FeedSettings, cloud_event
from operations.errors import Away, CommandError, NotFound, Refused
from operations.feeds.believing import BelievedList, forget_word, word_on
from operations.feeds.kept_form import FORM, VERSION, KeptFeed, WaitingFact, damaged
from operations.system.whole_files import write_whole
from schemas.cloudevent import CloudEvent, ContractError, parse_structured

LOCK = ".lock"


class FeedFile:
    """A feed with its file; without a path it is kept in memory alone. Holds a lock on the file: use as context manager.

    Raises:
        Refused: the file is damaged, is another feed's, or cannot be written.
        Away: another process works with it.

    """

    def __init__(
        self, path: Path | None, source: FeedSource, *, fresh: bool = False, settings: FeedSettings | None = None
    ) -> None:
        self.path, self._source, self._settings = path, source, settings
        self._lock: IO[bytes] | None = None
        self.feed = SnapshotFeed(source, settings)
        self.waiting: tuple[CloudEvent, ...] = ()
        self.gone_on = False
        """Whether there was a state to go on with."""
        if path is not None:
            self._hold(path)
            if path.exists() and not fresh:
                try:
                    self.feed, self.waiting = read_state(path, source, settings)
                except CommandError:
                    self.close()
                    raise
                self.gone_on = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let others work with the file."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def gather(self, at: datetime, body: str | bytes) -> ListResult:
        """What a list leads to, added to what waits; for lists that can be taken again from a file. `keep` before sending."""
        taken = self.feed.take(at, body)
        self.waiting = (*self.waiting, *map(cloud_event, taken.events))
        return taken

    def keep(self) -> None:
        """Write down what was gathered.

        Raises:
            Refused: it cannot be written down.

        """
        self._write(self.waiting)

    def take(self, at: datetime, body: str | bytes) -> ListResult:
        """What a list leads to, written down before anything of it is sent.

        Raises:
            Refused: it cannot be written down; then nothing was taken.

        """
        before = self.feed.dump()
        taken = self.feed.take(at, body)
        try:
            self._write((*self.waiting, *map(cloud_event, taken.events)))
        except Refused:
            self.feed = SnapshotFeed.load(self._source, before, self._settings)
            raise
        return taken

    def sent(self) -> None:
        """All that waited is acknowledged."""
        if self.waiting:
            self._write(())

    def heed(self) -> BelievedList | None:
        """Take a person's word that the list not believed is true, if one was left for the question that stands."""
        if self.path is None or self.feed.vanished is None:
            return None
        word = word_on(self.path, self.feed.vanished)
        if word is not None:
            self.feed.believe()
            self._write(self.waiting)
            forget_word(self.path)
        return word

    def _write(self, waiting: Sequence[CloudEvent]) -> None:
        if self.path is not None:
            facts = tuple(
                WaitingFact(
                    id=one.id,
                    source=one.source,
                    type=one.type,
                    time=one.time,
                    data=msgspec.Raw(msgspec.json.encode(one.data)),
                )
                for one in waiting
            )
            state = KeptFeed(form=FORM, version=VERSION, feed=msgspec.Raw(self.feed.dump()), waiting=facts)
            try:
                write_whole(self.path, msgspec.json.encode(state), keep=True)
            except OSError as error:
                raise Refused(
                    f"{self.path} cannot be written ({error.strerror}), so nothing was taken from the list"
                ) from None
        self.waiting = tuple(waiting)

    def _hold(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = path.with_name(path.name + LOCK).open("wb")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise Away(f"another process works with {path}: end it first, or keep another state with --state") from None
        except OSError as error:
            raise Refused(f"{path} cannot be kept there ({error.strerror}): name another file with --state") from None


def read_state(
    path: Path, source: FeedSource, settings: FeedSettings | None = None
) -> tuple[SnapshotFeed, tuple[CloudEvent, ...]]:
    """What stands in a state file: the feed, and the facts that wait.

    Raises:
        NotFound: there is no such file.
        Refused: it is damaged, or another feed's.

    """
    try:
        state = msgspec.json.decode(path.read_bytes(), type=KeptFeed)
        if (state.form, state.version) != (FORM, VERSION):
            raise Refused(
                f"{path} is {state.form!r} of version {state.version}, this program knows {FORM!r} of version {VERSION}: "
                "name the state of this feed with --state"
            )
        return SnapshotFeed.load(source, bytes(state.feed), settings), tuple(map(_event, state.waiting))
    except FileNotFoundError:
        raise NotFound(f"there is no state {path}: name the file that the poller keeps, with --state") from None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, ContractError) as error:
        raise Refused(damaged(path, error)) from None
    except FeedStateError as error:
        raise Refused(f"{path}: {error}") from None


def _event(fact: WaitingFact) -> CloudEvent:
    return parse_structured(msgspec.json.encode(fact))
