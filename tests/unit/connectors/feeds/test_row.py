"""A value of a row is used as what it is, or is counted as what it is not; nothing of it ends the feed."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.feeds.row import MAX_NAMES_BYTES, FeedRow, UnreadableRowError

HALF_PAST_NINE = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    ["2026-03-05T01:30:00Z", "2026-03-05T09:30:00+08:00", "2026-03-05T09:30:00.000+0800", "2026-03-04T20:30-05:00"],
)
def test_an_instant_is_read_in_every_way_of_writing_it_with_an_offset(written: str) -> None:
    row = FeedRow({"at": written})
    assert row.instant("at", "start") == HALF_PAST_NINE
    assert not row.problems


@pytest.mark.parametrize("value", ["2026-03-05T09:30:00", "soon", "0225-12-01T00:00:00Z", 5, True, ["x"]])
def test_what_is_no_instant_is_counted_under_what_it_should_have_said(value: Any) -> None:
    row = FeedRow({"at": value})
    assert row.instant("at", "start") is None
    assert row.problems == {"start-unreadable"}


@pytest.mark.parametrize("value", [None, ""])
def test_a_time_that_is_left_out_is_no_problem(value: Any) -> None:
    row = FeedRow({"at": value})
    assert (row.instant("at", "start"), row.millis("at", "start"), row.local("at", "%H", "UTC", "start")) == (None,) * 3
    assert row.instant("missing", "start") is None
    assert not row.problems


def test_a_time_of_the_wall_is_placed_in_its_zone() -> None:
    row = FeedRow({"at": "05/03/2026 09:30 AM"})
    assert row.local("at", "%d/%m/%Y %I:%M %p", "Australia/Perth", "start") == HALF_PAST_NINE
    assert row.local("at", "%Y-%m-%d", "Australia/Perth", "start") is None
    assert row.problems == {"start-unreadable"}


def test_of_an_hour_that_comes_twice_the_first_is_taken() -> None:
    row = FeedRow({"at": "2026-10-25 01:30"})
    assert row.local("at", "%Y-%m-%d %H:%M", "Europe/London", "start") == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("value", [10**30, -1, float("nan"), float("inf"), True, "5"])
def test_a_number_that_is_no_time_is_counted(value: Any) -> None:
    row = FeedRow({"at": value})
    assert row.millis("at", "end") is None
    assert row.problems == {"end-unreadable"}


@pytest.mark.parametrize("value", ["Going ", "going", "GOING\x00"])
def test_a_word_is_known_whatever_its_case_and_what_cannot_be_seen(value: str) -> None:
    row = FeedRow({"crew": value})
    assert row.code("crew", {"going": "enroute"}, "crew-status") == "enroute"
    assert not row.unknown


@pytest.mark.parametrize(
    ("value", "shown"), [("Gone", "Gone"), (7, "7"), (["a"], "['a']"), ("\x00", "'\\x00'"), ("x" * 500, "x" * 80)]
)
def test_a_word_that_is_not_known_is_remembered_as_it_came(value: Any, shown: str) -> None:
    row = FeedRow({"crew": value})
    assert row.code("crew", {"going": "enroute"}, "crew-status") is None
    assert (row.unknown, row.problems) == ({"crew": shown}, {"crew-status-unknown"})


def test_what_lies_within_another_object_is_read_as_the_row_itself() -> None:
    row = FeedRow({"attributes": {"id": "A7", "crew": "?"}, "other": 5})
    inner = row.within("attributes")
    assert (inner.id("id"), inner.code("crew", {}, "crew-status")) == ("A7", None)
    assert row.unknown == {"crew": "?"}
    assert dict(row.within("other")) == dict(row.within("missing")) == {}


def test_places_are_a_list_or_one_text() -> None:
    row = FeedRow({"a": "MYAREE, GUILDFORD ,Myaree,", "b": ["ZZ1", 5, None, "ZZ1"], "c": {"x": 1}})
    assert row.names("a") == ("MYAREE", "GUILDFORD")
    assert row.names("b") == ("ZZ1",)
    assert not row.problems
    assert row.names("c") == row.names("missing") == ()


def test_more_places_than_one_record_can_hold_are_cut_and_counted() -> None:
    """A row of a million places would else stand before Kafka for ever."""
    row = FeedRow({"a": [f"{number:0190}" for number in range(5_000)]})
    kept = row.names("a")
    assert 0 < sum(len(name) for name in kept) <= MAX_NAMES_BYTES
    assert row.problems == {"areas-too-many"}


def test_a_row_without_its_id_says_so_with_the_field() -> None:
    with pytest.raises(UnreadableRowError, match="id is missing"):
        FeedRow({}).id("id")
    with pytest.raises(UnreadableRowError, match=r"id is 'a b'"):
        FeedRow({"id": "a b"}).id("id")
