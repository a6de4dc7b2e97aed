"""Whatever JSON stands in a row, in any field: no reader ends the feed, and what is told keeps its contract."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.feeds.listed import FeedSource
from connectors.feeds.readers import reader_of
from connectors.feeds.snapshots import SnapshotFeed
from connectors.feeds.state import cloud_event
from schemas.cloudevent import from_kafka, to_kafka
from schemas.contracts.all_types import STRUCTS
from tests.kits.lists.polled import NOON, millis

PAGE = Path(__file__).parents[4] / "docs" / "examples" / "map_service.py"
LARGEST_BYTES = 900_000
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(millis(NOON) - 10**8, millis(NOON) + 10**8)
    | st.text(max_size=30)
    | st.sampled_from(
        ["7", "LV", "PSI", "R", "I", "ONSITE", "crew assigned", "A,B", "2023-05-10T11:00:00Z", "a" * 5_000]
    )
    | st.sampled_from(["10/05/2023 11:00 AM", "U", "F", "\x00", "\ud7ff\u202e", "2023-05-10T11:00:00.000+0000"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = {
    "bchydro": "id municipality cause numCustomersOut crewStatus crewStatusDescription dateOff dateOn crewEtr lastUpdated "
    "showEtr showDateOn",
    "ssen": "reference type jobStatus resolved mergedTo affectedAreas customerCount affectedCustomerCount loggedAtUtc "
    "loggedAt estimatedRestorationTimeUtc engineerOnSiteTimeUtc engineerOnSiteTime",
    f"{PAGE}:SOURCE": "INCIDENTREF OUTAGETYPE AFFECTED_AREA NOCUSTOMERSIMPACTED OUTAGESTARTTIME ESTIMATEDRESTORATIONTIME",
}
SOURCES = {Path(name).stem: (reader_of(name), fields.split()) for name, fields in FIELDS.items()}


def rows(source: FeedSource, fields: list[str]) -> st.SearchStrategy[Any]:
    within = "attributes" if source.rows == ("features",) else None
    values = st.dictionaries(st.sampled_from(fields), anything, max_size=len(fields))
    named = values.map(lambda found: found | {fields[0]: "7"}) | values
    whole = named if within is None else named.map(lambda found: {within: found})
    return st.lists(whole | anything, max_size=4)


# To make them costs as much as to draw from them, so each is made once.
ROWS = {name: rows(source, fields) for name, (source, fields) in SOURCES.items()}


def document(source: FeedSource, listed: list[Any]) -> str:
    return json.dumps({source.rows[0]: listed} if source.rows else listed)


@pytest.mark.parametrize("name", SOURCES)
@given(data=st.data())
@settings(max_examples=120, deadline=None)
def test_no_row_ends_the_feed_or_says_what_no_fact_may_say(name: str, data: st.DataObject) -> None:
    source, _ = SOURCES[name]
    feed = SnapshotFeed(source)
    for poll in range(3):
        listed = data.draw(ROWS[name])
        for event in feed.take(NOON + timedelta(minutes=15 * poll), document(source, listed)).events:
            assert msgspec.json.decode(msgspec.json.encode(event.data), type=STRUCTS[event.type]) == event.data
            message = to_kafka(cloud_event(event))
            assert from_kafka(message.topic, message.key, message.headers, message.value).data == event.data
            assert len(message.value) < LARGEST_BYTES
    again = SnapshotFeed.load(source, feed.dump())
    assert again.dump() == feed.dump()
