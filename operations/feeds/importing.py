"""Bring kept lists into a system: read all of them first, then send what they say; the same file twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from connectors.feeds.archive import FeedFileError, read_feed, unreadable
from connectors.feeds.listed import FeedSource
from connectors.feeds.snapshots import ListResult, SnapshotFeed
from connectors.feeds.state import FeedSettings, VanishedOutages
from operations.errors import NotFound, Refused
from operations.feeds.counters import facts_by_type
from operations.feeds.kept import FeedFile
from operations.feeds.publishing import Publish
from services.kernel.clock import Clock
from services.plausibility import FIGURES

AT_ONCE = 1_000
"""Facts that are sent together; then what was taken is written down."""
BELIEVE_ALL = FeedSettings(vanished_least=1_000_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """Kept lists: the file, and which of them are meant. Times are aware; `until` is not included."""

    path: Path
    since: datetime | None = None
    until: datetime | None = None

    def lists(self) -> Iterator[tuple[datetime, str]]:
        """Each list with its time.

        Raises:
            NotFound, Refused: there is no such file, or it is no archive of lists.

        """
        try:
            yield from read_feed(self.path, since=self.since, until=self.until)
        except FileNotFoundError:
            raise NotFound(f"there is no file {self.path}") from None
        except (FeedFileError, OSError) as error:
            raise Refused(str(error)) from None


@dataclass(slots=True)
class FeedImport:
    """What an import came to, or would come to. Facts by type; all of `facts` are `sent` unless it was a dry run."""

    feed: SnapshotFeed
    first: datetime | None = None
    last: datetime | None = None
    lists: int = 0
    facts: dict[str, int] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    unreadable: str | None = None
    """What was wrong with the first row that could not be read."""
    vanished: VanishedOutages | None = None
    """The question that stands open at the end."""


def check(file: ListFile, source: FeedSource, clock: Clock, *, any_time: bool = False) -> None:
    """Hold the whole file to what can be imported, before anything of it is. `any_time`: nothing will be sent.

    Raises:
        NotFound: there is no such file.
        Refused: it has no list in that span, no row that this feed can read, or lists of another time than the system's.

    """
    at = first = last = None
    for at, _ in file.lists():
        first, last = first or at, at
    if first is None or last is None:
        raise Refused(f"{file.path} has no list in that span: look at --from and --until")
    if (why := unreadable(file.path, source, file.since, file.until)) is not None:
        raise Refused(f"{file.path}: {why} Look at --reader and --rows")
    if any_time:
        return
    now = clock.now()
    if first < now - FIGURES.start_back:
        raise Refused(
            f"{file.path} begins at {first:%Y-%m-%d %H:%M} UTC, and facts of more than {_days(FIGURES.start_back)} ago are held "
            "and asked about one by one: give a later --from, or look with --dry-run. Old lists are played on a clock of "
            "their own by `outagectl import bchydro`"
        )
    if last > now + FIGURES.ahead:
        raise Refused(
            f"{file.path} ends at {last:%Y-%m-%d %H:%M} UTC, which is still to come: give --until, or mend its times"
        )


async def import_lists(
    lists: Iterable[tuple[datetime, str]],
    kept: FeedFile,
    publish: Publish | None,
    moved: Callable[[int], None] = lambda _: None,
) -> FeedImport:
    """Take each list and send what it says; without `publish` nothing is sent. `moved`: so many lists more.

    Raises:
        Away: Kafka did not take every fact; what waits is in the state, and the same command goes on.
        Refused: the state cannot be written.

    """
    done = FeedImport(kept.feed)
    for at, body in lists:
        taken = kept.gather(at, body)
        _count(done, taken)
        moved(1)
        if len(kept.waiting) >= AT_ONCE:
            await _send(done, kept, publish)
    await _send(done, kept, publish)
    done.feed, done.vanished = kept.feed, kept.feed.vanished
    return done


def _count(done: FeedImport, taken: ListResult) -> None:
    done.first, done.last = done.first or taken.at, taken.at
    done.lists += 1
    done.unreadable = done.unreadable or taken.unreadable
    for name, number in facts_by_type(taken.events).items():
        done.facts[name] = done.facts.get(name, 0) + number


async def _send(done: FeedImport, kept: FeedFile, publish: Publish | None) -> None:
    """Written down, sent, and that it is sent written down."""
    if publish is None:
        kept.waiting = ()
        return
    kept.keep()
    if waiting := kept.waiting:
        await publish(waiting)
        for event in waiting:
            done.sent[event.type] = done.sent.get(event.type, 0) + 1
        kept.sent()


def _days(span: timedelta) -> str:
    return f"{span.days} days"
