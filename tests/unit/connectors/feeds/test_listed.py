"""A reader is somebody's function: whatever it does with one row, the other rows are told and nothing false travels."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest

from connectors.feeds.listed import FeedSource, ListedRow
from connectors.feeds.row import FeedRow, UnreadableRowError
from connectors.feeds.snapshots import SnapshotFeed
from schemas.contracts.all_types import STRUCTS
from schemas.contracts.base import Extent
from tests.kits.lists.polled import NOON, START, at

Reader = Callable[[FeedRow], Any]


def source(reader: Reader, **more: Any) -> FeedSource:
    return FeedSource("connectors/town", "town", reader, **more)


def plain(row: FeedRow) -> ListedRow:
    return ListedRow(local_id=row.id("id"), areas=row.names("town"))


def failing(row: FeedRow) -> ListedRow:
    return plain(row) if row["id"] != "7" else ListedRow(local_id=row["nothing"])


def test_a_reader_that_fails_on_one_row_leaves_the_others_told_and_proves_nobody_absent() -> None:
    feed = SnapshotFeed(source(failing))
    taken = feed.take(NOON, json.dumps([{"id": "7", "town": "A"}, {"id": "8", "town": "B"}]))
    assert [event.key for event in taken.events] == ["town-8", "town-8"]
    assert taken.unreadable == "The reader failed on the row (KeyError: 'nothing')."
    assert (taken.counts["row-unreadable"], taken.counts["list-partly-unreadable"]) == (1, 1)


def odd(**values: Any) -> Reader:
    return lambda row: ListedRow(**{"local_id": row.id("id"), "areas": ("A",), "started": START} | values)


@pytest.mark.parametrize(
    ("reader", "why"),
    [
        (lambda _: None, "The reader gave NoneType"),
        (lambda _: {"local_id": "7"}, "The reader gave dict"),
        (odd(local_id="a b"), "The reader gave the id 'a b'"),
        (odd(local_id=7), "The reader gave the id 7"),
        (odd(crew="on the way"), "The reader gave crew='on the way'"),
        (odd(stage="gone"), "The reader gave stage='gone'"),
        (odd(outage_class="emergency"), "The reader gave outage_class="),
        (odd(started="2026-01-01"), "The reader gave started='2026-01-01'"),
        (odd(ert=datetime(2026, 1, 1)), "The reader gave ert="),  # noqa: DTZ001 - that is the fault
    ],
)
def test_a_reader_that_gives_what_no_fact_may_say_is_named_with_it(reader: Reader, why: str) -> None:
    with pytest.raises(UnreadableRowError, match=why):
        source(reader).read({"id": "7"})


def test_what_a_reader_gives_is_cleaned_as_the_rows_own_values_are() -> None:
    listed = source(odd(cause="a\x00b" * 3000, areas=["A ", "a", 5], customers=-3)).read({"id": "7"})
    assert listed.cause is not None
    assert len(listed.cause) == 2000
    assert (listed.areas, listed.customers) == (("A",), None)
    assert listed.problems == {"customers-unusable"}


@pytest.mark.parametrize(
    ("areas", "told"), [("Hope", ("Hope",)), (None, ()), ({"Hope": 1}, ("Hope",)), (iter("AB"), ("A", "B"))]
)
def test_places_given_in_another_form_are_what_they_look_like(areas: Any, told: tuple[str, ...]) -> None:
    assert source(odd(areas=areas)).read({"id": "7"}).areas == told


@pytest.mark.parametrize(
    "wrong", [{"areas": 5}, {"lines": 5}, {"problems": ["odd"]}, {"unknown": "odd"}, {"customers": {}}]
)
def test_what_no_reader_should_give_never_ends_the_feed(wrong: dict[str, Any]) -> None:
    feed = SnapshotFeed(source(odd(**wrong)))
    taken = feed.take(NOON, '[{"id": "7"}]')
    assert sum(taken.counts.get(name, 0) for name in ("list-good", "list-no-row-readable")) == 1


def test_every_fact_of_a_careless_reader_keeps_its_contract() -> None:
    feed = SnapshotFeed(source(odd(cause="c" * 9000, areas=["x" * 900, "B"], ert=at(90), customers=True)))
    for event in feed.take(NOON, '[{"id": "7"}]').events:
        assert msgspec.json.decode(msgspec.json.encode(event.data), type=STRUCTS[event.type]) == event.data


def test_a_list_that_names_lines_and_points_says_more_than_a_town() -> None:
    def close(row: FeedRow) -> ListedRow:
        return ListedRow(
            local_id="7", areas=row.names("town"), lines=row.names("feeder"), usage_points=row.names("points")
        )

    feed = SnapshotFeed(source(close))

    def extents(minutes: float, **row: Any) -> list[Extent]:
        return [event.data.extent for event in feed.take(at(minutes), json.dumps([row])).events]  # type: ignore[union-attr]

    begun, _ = extents(0, town="Hope", feeder="F12", points=["P1", "P2"])
    assert begun == Extent(areas=("Hope",), lines=("F12",), usage_points=("P1", "P2"))
    assert extents(15, town="Hope", feeder="F12", points=["P1"]) == [
        Extent(areas=("Hope",), lines=("F12",), usage_points=("P1",))
    ]
    assert extents(30, town="Hope", feeder="F12") == [], "a list left out says nothing of its kind"


def test_a_row_that_names_no_place_at_all_is_told_and_counted() -> None:
    feed = SnapshotFeed(source(lambda row: ListedRow(local_id=row.id("id"))))
    assert len(feed.take(NOON, '[{"id": 7}]').events) == 2
    assert feed.counts["area-missing"] == 1


FEATURE = {"attributes": {"id": "7"}}


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"features": [FEATURE]}, "list-good"),
        ({"features": [FEATURE], "exceededTransferLimit": False}, "list-good"),
        ({"features": [FEATURE], "exceededTransferLimit": True}, "list-cut-off"),
        ({"features": [FEATURE], "properties": {"exceededTransferLimit": True}}, "list-cut-off"),
        ({"error": {"code": 500, "message": "try later"}}, "list-not-a-list"),
        ([FEATURE], "list-not-a-list"),
    ],
)
def test_rows_are_looked_for_where_the_feed_has_them(document: Any, kind: str) -> None:
    feed = SnapshotFeed(source(lambda row: plain(row.within("attributes")), rows=("features",)))
    assert feed.take(NOON, json.dumps(document)).counts[kind] == 1


def test_of_a_list_that_the_server_cut_off_rows_are_told_and_nobody_is_proved_absent() -> None:
    feed = SnapshotFeed(source(plain, rows=("data.outages",)))

    def take(minutes: float, *ids: str, more: bool = False) -> list[str]:
        body = {"data": {"outages": [{"id": name, "town": "A"} for name in ids]}, "exceededTransferLimit": more}
        return [event.type for event in feed.take(at(minutes), json.dumps(body)).events]

    assert take(0, "7") == ["outage.started.v1", "fault.reported.v2"]
    assert take(15, "8", more=True) == ["outage.started.v1", "fault.reported.v2"]
    assert [take(minutes, "8", more=True) for minutes in (30, 45, 60)] == [[], [], []]
    assert [take(minutes, "8") for minutes in (75, 105)] == [["supply.perhaps-restored.v1"], ["supply.restored.v1"]]
