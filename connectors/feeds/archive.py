"""Read kept lists from a file: one JSON object a line, {"at": when it was polled, "body": the list as it came}; also .xz."""

import json
import lzma
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from connectors.feeds.listed import FeedSource, ListedRow
from connectors.feeds.row import UnreadableRowError
from connectors.feeds.snapshots import SnapshotFeed, rows_in


class FeedFileError(Exception):
    """A line of the file is no archived list: cut the file before that line or fetch it again."""


def read_feed(
    path: Path, *, since: datetime | None = None, until: datetime | None = None
) -> Iterator[tuple[datetime, str]]:
    """The archived lists of a .jsonl or .jsonl.xz file, in the file's order: (polled at, body as it came).

    `since` is included, `until` is not; both aware. Bodies are not judged here: an empty or broken one is passed on.

    Raises:
        FeedFileError: a line is not {"at": instant with offset, "body": text}, or the file is cut off.

    """
    number = 0
    try:
        with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):  # noqa: B007 - the except clause names the line
                if line.strip():
                    at, body = _polled(line)
                    if (since is None or at >= since) and (until is None or at < until):
                        yield at, body
    except (ValueError, KeyError, TypeError, EOFError, lzma.LZMAError) as error:
        raise FeedFileError(
            f"{path.name}: no archived list at or after line {number} ({error}): "
            "cut the file before that line or fetch it again"
        ) from error


def _polled(line: str) -> tuple[datetime, str]:
    record = json.loads(line)
    at = datetime.fromisoformat(record["at"])
    if at.tzinfo is None:
        raise ValueError(f"at {record['at']} has no offset")
    body = record["body"]
    if body is None:
        return at, ""
    return at, body if isinstance(body, str) else json.dumps(body)


def areas_in(path: Path, source: FeedSource) -> tuple[str, ...]:
    """Every place that the file's lists name, sorted: what key customers can be matched by."""
    names: set[str] = set()
    for _, body in read_feed(path):
        for row in listed_in(body, source):
            names.update(row.areas)
    return tuple(sorted(names))


def listed_in(body: str, source: FeedSource) -> Iterator[ListedRow]:
    """The rows of one list that can be read; none where it is no list."""
    try:
        rows, _ = rows_in(msgspec.json.decode(body), source)
    except (ValueError, RecursionError):
        return
    for row in rows or ():
        try:
            yield source.read(row)
        except UnreadableRowError:
            continue


def unreadable(path: Path, source: FeedSource, since: datetime | None, until: datetime | None) -> str | None:
    """Why nothing in the file can be read as this feed's, in words; None where something can, or all lists are empty."""
    feed, first = SnapshotFeed(source), None
    for at, body in read_feed(path, since=since, until=until):
        taken = feed.take(at, body)
        if taken.refused is None and taken.counts["rows"]:
            return None
        first = first or taken.unreadable
    if feed.counts.get("list-good"):
        return None
    reasons = ", ".join(f"{count:,} {name}" for name, count in feed.counts.items() if name.startswith("list-"))
    return f"nothing in it can be read as a list of {source.mrid_prefix} ({reasons}). {first or ''}".rstrip()
