"""The archived feed is read in order, by time, and a broken file is named with its line."""

import json
import lzma
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.feeds.archive import FeedFileError, areas_in, read_feed, unreadable
from connectors.feeds.bchydro import SOURCE
from connectors.feeds.ssen import SOURCE as SSEN

LINES: list[dict[str, Any]] = [
    {"at": "2023-05-01T08:00:00+00:00", "body": '[{"id": 1, "municipality": "Delta, Surrey"}]'},
    {"at": "2023-05-01T10:15:00+02:00", "body": ""},
    {"at": "2023-05-01T08:30:00Z", "body": None},
    {"at": "2023-05-01T08:45:00Z", "body": [{"id": 2, "municipality": "Hope"}]},
]


def instant(hour: int, minute: int) -> datetime:
    return datetime(2023, 5, 1, hour, minute, tzinfo=UTC)


def written(folder: Path, text: str, name: str = "feed.jsonl") -> Path:
    path = folder / name
    path.write_bytes(lzma.compress(text.encode()) if name.endswith(".xz") else text.encode())
    return path


def text() -> str:
    return "".join(json.dumps(line) + "\n" for line in LINES)


@pytest.mark.parametrize("name", ["feed.jsonl", "feed.jsonl.xz"])
def test_lists_come_in_order_with_their_bodies_untouched(tmp_path: Path, name: str) -> None:
    lists = list(read_feed(written(tmp_path, text(), name)))
    assert [at for at, _ in lists] == [instant(8, 0), instant(8, 15), instant(8, 30), instant(8, 45)]
    assert [body for _, body in lists][:3] == [LINES[0]["body"], "", ""]


def test_since_is_included_and_until_is_not(tmp_path: Path) -> None:
    path = written(tmp_path, text())
    assert [at for at, _ in read_feed(path, since=instant(8, 15), until=instant(8, 45))] == [
        instant(8, 15),
        instant(8, 30),
    ]


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"at": "2023-05-01T08:00:00Z"}', '{"at": "2023-05-01 08:00:00", "body": "[]"}', '{"at": 5}']
)
def test_a_line_that_is_no_archived_list_is_named_with_what_to_do(tmp_path: Path, line: str) -> None:
    with pytest.raises(FeedFileError, match=r"at or after line 5 .*cut the file before that line or fetch it again"):
        list(read_feed(written(tmp_path, text() + line + "\n")))


def test_a_file_cut_off_gives_what_it_holds_and_then_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, text() * 500, "feed.jsonl.xz")
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FeedFileError, match="fetch it again"):
        list(read_feed(path))


def test_places_are_named_once_each_in_order(tmp_path: Path) -> None:
    assert areas_in(written(tmp_path, text()), SOURCE) == ("Delta", "Hope", "Surrey")


def test_a_file_of_another_utility_is_not_taken_for_a_quiet_month(tmp_path: Path) -> None:
    path = written(tmp_path, text())
    assert unreadable(path, SOURCE, None, None) is None
    assert unreadable(path, SSEN, None, None) == (
        "nothing in it can be read as a list of ssen (2 list-empty-body, 2 list-not-a-list)."
    )
    other = '{"at": "2023-05-01T08:00:00Z", "body": [{"outageId": 7}]}\n'
    why = unreadable(written(tmp_path, other), SOURCE, None, None)
    assert why is not None
    assert why.endswith("The row does not say which outage it speaks of (id is missing).")


def test_a_file_of_empty_lists_is_a_quiet_one(tmp_path: Path) -> None:
    assert unreadable(written(tmp_path, '{"at": "2023-05-01T08:00:00Z", "body": []}\n'), SOURCE, None, None) is None
