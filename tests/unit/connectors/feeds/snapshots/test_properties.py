"""Whatever lists come: no outage is called restored while lists still show it, and the same lists say the same."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.feeds import bchydro
from connectors.feeds.snapshots import FeedSettings, SnapshotFeed, StatedEvent
from schemas.contracts.all_types import STRUCTS

NOON = datetime(2023, 5, 10, 12, 0, tzinfo=UTC)
MILLIS = int(NOON.timestamp() * 1000)
HOUR = 3_600_000
SPAN = timedelta(minutes=30)

times = st.one_of(
    st.none(), st.integers(MILLIS - 5 * HOUR, MILLIS + 30 * HOUR), st.sampled_from([0, -1, 10**20, "x", True, 1.5])
)
rows = st.fixed_dictionaries(
    {
        "id": st.integers(1, 4),
        "municipality": st.sampled_from(["Kamloops", "Burnaby, Vancouver", "", None, 5]),
        "cause": st.sampled_from(["Under investigation", "Planned work being done on our equipment", "Fire", None]),
        "numCustomersOut": st.one_of(st.integers(-1, 500), st.none()),
        "crewStatusDescription": st.sampled_from(["Crew assigned", "Crew on-site", "Suspended", "?", None]),
        "dateOff": times,
        "dateOn": times,
        "crewEtr": times,
        "lastUpdated": times,
        "showEtr": st.booleans(),
    }
)
strange = st.sampled_from([None, 7, {}, {"id": "no id"}])
good_lists = st.lists(rows, max_size=4)
bodies = st.one_of(
    good_lists,
    good_lists,
    good_lists,
    st.lists(st.one_of(rows, strange), max_size=3),
    st.sampled_from(["", "[{", "{}"]),
)
polls = st.lists(st.tuples(st.integers(1, 60), bodies), max_size=30)


def as_lists(drawn: list[tuple[int, Any]]) -> list[tuple[datetime, str]]:
    at, lists = NOON, []
    for minutes, body in drawn:
        at += timedelta(minutes=minutes)
        lists.append((at, body if isinstance(body, str) else json.dumps(body)))
    return lists


def outages_in(body: str) -> set[str] | None:
    """The outages of a list all of whose rows are readable; None for a body that proves nobody absent."""
    try:
        listed = json.loads(body)
    except ValueError:
        return None
    if not isinstance(listed, list):
        return None
    if not all(isinstance(row, dict) and isinstance(row.get("id"), int) for row in listed):
        return None
    return {f"bchydro-{row['id']}" for row in listed}


def named(body: str) -> set[str]:
    try:
        listed = json.loads(body)
    except ValueError:
        return set()
    listed = listed if isinstance(listed, list) else []
    return {f"bchydro-{row['id']}" for row in listed if isinstance(row, dict) and isinstance(row.get("id"), int)}


def events_of(feed: SnapshotFeed, lists: list[tuple[datetime, str]]) -> list[StatedEvent]:
    return [event for at, body in lists for event in feed.take(at, body).events]


@given(polls)
@settings(max_examples=150, deadline=None)
def test_restored_is_said_only_after_two_good_lists_over_half_an_hour_without_it(drawn: list[tuple[int, Any]]) -> None:
    feed = SnapshotFeed(bchydro.SOURCE)
    absent: dict[str, list[datetime]] = {}
    is_open: dict[str, bool] = {}
    off_since: dict[str, datetime] = {}
    again: dict[str, datetime] = {}
    perhaps: set[str] = set()
    for at, body in as_lists(drawn):
        taken = feed.take(at, body)
        for name in named(body):
            absent[name] = []
        proof = outages_in(body)
        if proof is not None:
            for name in absent.keys() - proof:
                absent[name].append(at)
        for event in taken.events:
            if event.type == "outage.started.v1":
                assert event.key not in is_open, "one start for each outage"
                is_open[event.key], off_since[event.key] = True, event.data.started_at
            elif event.type == "supply.restored.v1":
                lists = absent[event.key]
                assert is_open[event.key]
                assert len(lists) >= 2
                assert lists[-1] - lists[0] >= SPAN
                assert event.data.restored_at > off_since[event.key], "or power would be off for good"
                is_open[event.key] = False
                perhaps.discard(event.key)
            elif event.type == "supply.perhaps-restored.v1":
                assert is_open[event.key]
                assert absent[event.key], "a good list lacks it"
                assert event.key not in perhaps, "said once"
                perhaps.add(event.key)
            elif event.type == "outage.listed-again.v1":
                assert is_open[event.key]
                assert event.key in named(body)
                perhaps.remove(event.key)
            elif event.type == "outage.reopened.v1":
                assert not is_open[event.key]
                assert event.key in named(body)
                is_open[event.key], off_since[event.key] = True, event.data.reopened_at
                again[event.key] = event.data.reopened_at
            else:
                assert event.key not in perhaps, "whatever a list says of an outage, it names it"
                assert is_open[event.key], "nothing is said about an outage that is not open"
                if since := getattr(event.data, "started_at", None):
                    # A corrected start; of an outage that was off again since, when it was so stands.
                    off_since[event.key] = max(since, again.get(event.key, since))
    assert feed.open_outages() == {name for name, value in is_open.items() if value}


@given(polls)
@settings(max_examples=100, deadline=None)
def test_every_event_keeps_its_contract_and_no_id_stands_twice(drawn: list[tuple[int, Any]]) -> None:
    events = events_of(SnapshotFeed(bchydro.SOURCE), as_lists(drawn))
    for event in events:
        assert msgspec.json.decode(msgspec.json.encode(event.data), type=STRUCTS[event.type]) == event.data
        assert event.data.mrid == event.key
        for name in ("started_at", "restored_at", "changed_at", "reopened_at", "missing_at", "corrected_at"):
            assert (getattr(event.data, name, None) or event.time) <= event.time, "nothing is said of the future"
    assert max(Counter(event.id for event in events).values(), default=1) == 1


@given(polls, st.data())
@settings(max_examples=100, deadline=None)
def test_an_import_stopped_and_gone_on_says_the_same_as_one_in_a_go(drawn: list[tuple[int, Any]], data: Any) -> None:
    lists = as_lists(drawn)
    stop = data.draw(st.integers(0, len(lists)))
    whole = SnapshotFeed(bchydro.SOURCE)
    expected = events_of(whole, lists)
    first = SnapshotFeed(bchydro.SOURCE)
    said = events_of(first, lists[:stop])
    second = SnapshotFeed.load(bchydro.SOURCE, first.dump())
    said += events_of(second, lists[stop:])
    assert said == expected
    assert second.dump() == whole.dump()
    assert events_of(second, lists) == [], "lists taken before say nothing again"


@given(st.integers(1, 6), st.integers(0, 90), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_both_the_number_of_lists_and_the_span_must_be_reached(lists: int, span: int, step: int) -> None:
    rules = FeedSettings(gone_lists=lists, gone_span=timedelta(minutes=span))
    feed = SnapshotFeed(bchydro.SOURCE, rules)
    feed.take(NOON, json.dumps([{"id": 1}]))
    for absent in range(1, 100):
        taken = feed.take(NOON + timedelta(minutes=step * absent), "[]")
        if any(event.type == "supply.restored.v1" for event in taken.events):
            break
    assert absent == max(lists, -(-span // step) + 1), "the first list at which both hold"
