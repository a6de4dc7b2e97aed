"""SSEN's list: rows under a key, postcodes, ISO times, a row that says itself that power is back."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.feeds import ssen
from connectors.feeds.snapshots import ListResult, SnapshotFeed

NOON = datetime(2026, 9, 26, 12, tzinfo=UTC)


def fault(**changes: Any) -> dict[str, Any]:
    return {
        "title": "ZZ26 Area",
        "reference": "TT0261",
        "loggedAtUtc": "2026-09-26T11:10:00Z",
        "type": "LV",
        "location": {"latitude": 51.9, "longitude": -1.15},
        "estimatedRestorationTimeUtc": "2026-09-26T15:00:00Z",
        "message": "We have a fault affecting the areas listed.",
        "affectedAreas": ["ZZ26 6JJ", "ZZ26 6JS", "ZZ26"],
        "jobStatus": "I",
        "mergedTo": "",
        "customerCount": 19,
        "estimatedArrivalOnSiteUtc": "",
        "engineerOnSiteTimeUtc": "",
    } | changes


def former(**changes: Any) -> dict[str, Any]:
    """A row of 2021 to 2023."""
    return {
        "reference": "TT0261",
        "type": "HV",
        "loggedAt": "2026-09-26T11:10:00.000+0000",
        "estimatedRestoration": "2026-09-26T15:00:00.000+0000",
        "engineerOnSiteTime": "2026-09-26T11:40:00.000+0000",
        "affectedCustomerCount": 8,
        "affectedAreas": ["ZZ7 2BA"],
        "resolved": False,
    } | changes


def take(feed: SnapshotFeed, minutes: float, *rows: dict[str, Any], key: str = "faults") -> ListResult:
    return feed.take(NOON + timedelta(minutes=minutes), json.dumps({"timestampUtc": "2026-09-26T12:00:00Z", key: rows}))


def said(taken: ListResult) -> list[tuple[str, Any]]:
    return [(event.type, event.data) for event in taken.events]


def test_a_fault_is_started_and_reported_where_its_postcodes_are() -> None:
    (started_type, started), (reported_type, _) = said(take(SnapshotFeed(ssen.SOURCE), 0, fault()))
    assert (started_type, reported_type) == ("outage.started.v1", "fault.reported.v2")
    assert started.mrid == "ssen-TT0261"
    assert started.extent.areas == ("ZZ26 6JJ", "ZZ26 6JS", "ZZ26")
    assert started.extent.customers_affected == 19
    assert started.started_at == datetime(2026, 9, 26, 11, 10, tzinfo=UTC)
    assert started.ert == datetime(2026, 9, 26, 15, tzinfo=UTC)


def test_rows_of_former_years_say_the_same_with_other_words() -> None:
    events = said(take(SnapshotFeed(ssen.SOURCE), 0, former(), key="Faults"))
    assert [name for name, _ in events] == ["outage.started.v1", "fault.reported.v2", "crew.status.v1"]
    started, crew = events[0][1], events[2][1]
    assert (started.extent.customers_affected, started.ert) == (8, datetime(2026, 9, 26, 15, tzinfo=UTC))
    assert (crew.crew_status, crew.at) == ("arrived", datetime(2026, 9, 26, 11, 40, tzinfo=UTC))


def test_an_engineer_on_site_came_when_the_list_says_and_not_when_it_was_polled() -> None:
    feed = SnapshotFeed(ssen.SOURCE)
    take(feed, 0, fault())
    ((name, crew),) = said(take(feed, 5, fault(engineerOnSiteTimeUtc="2026-09-26T11:52:00Z")))
    assert (name, crew.at) == ("crew.status.v1", datetime(2026, 9, 26, 11, 52, tzinfo=UTC))


@pytest.mark.parametrize("over", [{"jobStatus": "R"}, {"resolved": True}])
def test_a_row_that_says_that_power_is_back_is_believed_at_once_and_told_once(over: dict[str, Any]) -> None:
    feed = SnapshotFeed(ssen.SOURCE)
    take(feed, 0, fault())
    ((name, restored),) = said(take(feed, 5, fault(**over)))
    assert (name, restored.restored_at) == ("supply.restored.v1", NOON + timedelta(minutes=5))
    assert said(take(feed, 10, fault(**over))) == []
    assert said(take(feed, 60)) == []
    assert feed.open_outages() == frozenset()


def test_a_fault_that_was_over_before_it_was_ever_seen_is_not_told() -> None:
    assert said(take(SnapshotFeed(ssen.SOURCE), 0, fault(jobStatus="R"))) == []


@pytest.mark.parametrize("planned", [{"type": "PSI"}, {"jobStatus": "P"}])
def test_of_planned_work_nothing_is_told_for_the_list_does_not_say_when_power_goes_off(planned: dict[str, Any]) -> None:
    feed = SnapshotFeed(ssen.SOURCE)
    assert said(take(feed, 0, fault(**planned))) == []
    assert said(take(feed, 5, fault())) != []
    assert said(take(feed, 10, fault(**planned))) == []
    assert feed.open_outages() == {"ssen-TT0261"}
    assert feed.counts["listed-as-not-begun"] == 1


def test_words_that_are_not_known_are_remembered_and_the_fault_told() -> None:
    feed = SnapshotFeed(ssen.SOURCE)
    assert said(take(feed, 0, fault(type="EHV", jobStatus="ZZ", mergedTo="TT0001")))[0][0] == "outage.started.v1"
    assert feed.unknown == {"jobStatus": {"ZZ": 1}, "type": {"EHV": 1}}
    assert feed.counts["merged-into-another"] == 1


def test_an_answer_of_another_form_is_no_list() -> None:
    for body in ("[]", '{"faults": null}', '{"error": "try later"}', '{"faults": {"reference": "TT1"}}'):
        taken = SnapshotFeed(ssen.SOURCE).take(NOON, body)
        assert taken.refused == "list-not-a-list"
