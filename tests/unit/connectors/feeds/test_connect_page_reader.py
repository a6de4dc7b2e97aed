"""The reader that docs/connect.md shows reads a list of its form, exactly as it stands on the page."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.feeds.listed import FeedSource
from connectors.feeds.readers import reader_of
from connectors.feeds.snapshots import SnapshotFeed

PAGE = Path(__file__).parents[4] / "docs" / "connect.md"
NOON = datetime(2026, 5, 31, 4, 30, tzinfo=UTC)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FeedSource:
    text = PAGE.read_text(encoding="utf-8")
    (shown,) = re.findall(r"<!-- begin file docs/examples/map_service\.py -->\n```python\n(.*?)```\n", text, re.DOTALL)
    assert len([line for line in shown.splitlines() if line.strip()]) <= 22
    (tmp_path / "map_service.py").write_text(shown, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return reader_of("map_service.py:SOURCE")


def feature(**changes: Any) -> dict[str, Any]:
    return {
        "attributes": {
            "OBJECTID": 5,
            "OUTAGETYPE": "U",
            "INCIDENTREF": "INCD-1-U",
            "OUTAGESTARTTIME": "31/05/2026 12:08 PM",
            "ESTIMATEDRESTORATIONTIME": "31/05/2026 06:30 PM",
            "NOCUSTOMERSIMPACTED": 134,
            "AFFECTED_AREA": "NORTH TOWN,TOWN,SOUTH TOWN",
        }
        | changes
    }


def facts(feed: SnapshotFeed, minutes: float, *features: dict[str, Any], **more: Any) -> list[Any]:
    body = json.dumps({"objectIdFieldName": "OBJECTID", "features": features} | more)
    return [event.data for event in feed.take(NOON + timedelta(minutes=minutes), body).events]


def test_a_feature_of_the_map_is_an_outage_in_all_its_places(source: FeedSource) -> None:
    started, reported = facts(SnapshotFeed(source), 0, feature())
    assert started.mrid == reported.mrid == "town-INCD-1-U"
    assert (started.outage_class, started.extent.customers_affected) == ("fault", 134)
    assert started.extent.areas == ("NORTH TOWN", "TOWN", "SOUTH TOWN")
    assert started.started_at == datetime(2026, 5, 31, 4, 8, tzinfo=UTC)
    assert started.ert == datetime(2026, 5, 31, 10, 30, tzinfo=UTC)


def test_works_to_come_are_told_once_they_begin_and_over_once_they_are_gone(source: FeedSource) -> None:
    feed, planned = SnapshotFeed(source), feature(OUTAGETYPE="F", OUTAGESTARTTIME="31/05/2026 01:00 PM")
    assert facts(feed, 0, planned) == []
    (started,) = facts(feed, 45, planned)
    assert (started.outage_class, started.started_at) == ("planned", datetime(2026, 5, 31, 5, tzinfo=UTC))
    (perhaps,) = facts(feed, 60)
    assert perhaps.missing_at == NOON + timedelta(minutes=60)
    (restored,) = facts(feed, 95)
    assert restored.restored_at == NOON + timedelta(minutes=60)


def test_a_page_of_more_proves_nobody_absent_and_an_error_is_no_list(source: FeedSource) -> None:
    feed = SnapshotFeed(source)
    facts(feed, 0, feature(), feature(INCIDENTREF="INCD-2-U"))
    for poll in range(1, 10):
        assert facts(feed, 15 * poll, feature(), exceededTransferLimit=True) == []
    assert feed.take(NOON + timedelta(hours=5), '{"error": {"code": 400}}').refused == "list-not-a-list"


def test_a_kind_of_outage_that_is_not_known_is_told_as_a_fault_and_counted(source: FeedSource) -> None:
    feed = SnapshotFeed(source)
    assert len(facts(feed, 0, feature(OUTAGETYPE="X"))) == 2
    assert feed.unknown == {"OUTAGETYPE": {"X": 1}}
