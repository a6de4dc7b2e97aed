"""One utility's whole month of polled lists, as archived: what holds for every list and outage, and what customers would read."""

import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from connectors.feeds import bchydro
from connectors.feeds.archive import areas_in, read_feed
from connectors.feeds.snapshots import SnapshotFeed, StatedEvent
from connectors.registry.sample import sample_registry
from schemas.contracts.all_types import STRUCTS
from schemas.contracts.dispatch import (
    OutageCorrected,
    OutageListedAgain,
    OutageReopened,
    OutageStarted,
    SupplyPerhapsRestored,
    SupplyRestored,
)
from services.notifier.domain.customer.conversation import believe
from services.policy.model import Telling
from tests.kits.deciders.notifier import City
from tests.kits.lists.told import by_outage, told

ROOT = Path(__file__).parents[3]
FEED = Path(os.environ.get("OUTAGE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "bchydro-2023-05.jsonl.xz"
EVERY = int(os.environ.get("OUTAGE_FEED_EVERY", "24"))
"""Of so many outages one is told to a customer of it; 1 tells them all, for minutes."""

pytestmark = pytest.mark.skipif(
    not FEED.exists(),
    reason=f"REAL FEED NOT TESTED: {FEED.name} is absent; set OUTAGE_SHARED_DATA to the folder that holds it",
)


@pytest.fixture(scope="module")
def lists() -> list[tuple[datetime, str]]:
    return list(read_feed(FEED))


@pytest.fixture(scope="module")
def month(lists: list[tuple[datetime, str]]) -> tuple[SnapshotFeed, list[StatedEvent]]:
    feed = SnapshotFeed(bchydro.SOURCE)
    return feed, [event for at, body in lists for event in feed.take(at, body).events]


def test_the_month_is_read_whole_and_its_figures_are_shown(
    month: tuple[SnapshotFeed, list[StatedEvent]], lists: list[tuple[datetime, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    feed, events = month
    types = Counter(event.type for event in events)
    with capsys.disabled():
        print(f"\n{len(lists)} lists, {feed.counts['outages']} outages, {len(events)} events")  # noqa: T201
        for name, count in sorted(types.items()) + sorted(feed.counts.items()):
            print(f"  {count:6}  {name}")  # noqa: T201
        print(f"  {len(feed.open_outages()):6}  still open at the end")  # noqa: T201
    assert len(lists) == 2241
    assert feed.counts["list-good"] == 2241
    assert types["outage.started.v1"] == feed.counts["outages"] == 2157
    assert types["supply.restored.v1"] - types["outage.reopened.v1"] == 2157 - len(feed.open_outages())
    assert "crew-status-unknown" not in feed.counts


def test_every_outage_listed_is_started_exactly_once(
    month: tuple[SnapshotFeed, list[StatedEvent]], lists: list[tuple[datetime, str]]
) -> None:
    started = Counter(event.key for event in month[1] if event.type == "outage.started.v1")
    listed = {f"bchydro-{row['id']}" for _, body in lists for row in msgspec.json.decode(body)}
    assert started.keys() == listed
    assert set(started.values()) == {1}


def test_every_fault_is_reported_and_no_planned_work_is(month: tuple[SnapshotFeed, list[StatedEvent]]) -> None:
    faults = {
        event.key for event in month[1] if isinstance(event.data, OutageStarted) and event.data.outage_class == "fault"
    }
    assert {event.key for event in month[1] if event.type == "fault.reported.v2"} == faults


def test_no_outage_is_restored_that_the_last_half_hour_of_lists_still_shows(
    month: tuple[SnapshotFeed, list[StatedEvent]], lists: list[tuple[datetime, str]]
) -> None:
    shown = {at: {f"bchydro-{row['id']}" for row in msgspec.json.decode(body)} for at, body in lists}
    times = [at for at, _ in lists]
    restored = [event for event in month[1] if isinstance(event.data, SupplyRestored)]
    assert restored
    for event in restored:
        assert isinstance(event.data, SupplyRestored)
        since = [at for at in times if event.data.restored_at <= at <= event.time]
        assert len(since) >= 2
        assert since[-1] - since[0] >= timedelta(minutes=30)
        assert not any(event.key in shown[at] for at in since)


def test_every_event_keeps_its_contract_in_time_order_under_an_id_of_its_own(
    month: tuple[SnapshotFeed, list[StatedEvent]],
) -> None:
    events = month[1]
    for event in events:
        assert msgspec.json.decode(msgspec.json.encode(event.data), type=STRUCTS[event.type]) == event.data
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert len({event.id for event in events}) == len(events)


def test_importing_again_or_stopping_in_the_middle_gives_the_same_bytes(
    month: tuple[SnapshotFeed, list[StatedEvent]], lists: list[tuple[datetime, str]]
) -> None:
    first = SnapshotFeed(bchydro.SOURCE)
    events = [event for at, body in lists[:1000] for event in first.take(at, body).events]
    second = SnapshotFeed.load(bchydro.SOURCE, first.dump())
    events += [event for at, body in lists[1000:] for event in second.take(at, body).events]
    assert [(event.id, msgspec.json.encode(event.data)) for event in events] == [
        (event.id, msgspec.json.encode(event.data)) for event in month[1]
    ]
    assert second.dump() == month[0].dump()


def test_every_outage_of_the_month_touches_a_key_customer_of_the_sample_registry(
    month: tuple[SnapshotFeed, list[StatedEvent]],
) -> None:
    entries = sample_registry(areas_in(FEED, bchydro.SOURCE))
    areas = {area for entry in entries for area in entry.customer.areas}
    for event in month[1]:
        if isinstance(event.data, OutageStarted):
            assert areas & set(event.data.extent.areas)


@pytest.fixture(scope="module")
def outages(month: tuple[SnapshotFeed, list[StatedEvent]]) -> list[list[StatedEvent]]:
    return list(by_outage(month[1]))


def test_each_absence_ends_by_being_listed_again_or_restored(outages: list[list[StatedEvent]]) -> None:
    ends = Counter[str]()
    for events in outages:
        since: datetime | None = None
        for event in events:
            match event.data:
                case SupplyPerhapsRestored(missing_at=at):
                    assert since is None
                    since = at
                case OutageListedAgain(listed_at=at):
                    assert since is not None
                    assert since < at
                    since, _ = None, ends.update(["listed again"])
                case SupplyRestored():
                    ends.update(["restored" if since is not None else "restored without a word before"])
                    since = None
                case OutageReopened():
                    assert since is None
                    ends.update(["reopened after it was restored"])
                case _:
                    assert since is None, "nothing is said of an outage that is not listed"
        ends.update(["missing at the end"] if since is not None else [])
    assert ends == {
        "restored": 2149,
        "listed again": 5,
        "reopened after it was restored": 1,
        "missing at the end": 1,
    }


def test_fewer_customers_read_that_power_is_off_after_it_was_back(
    outages: list[list[StatedEvent]], capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = outages[::EVERY]
    after, before = [told(events) for events in chosen], [told(events, perhaps=False) for events in chosen]
    said = [Counter(text.trigger for one in each for text in one.texts) for each in (before, after)]
    untrue = [Counter(text.trigger for one in each for text in one.untrue()) for each in (before, after)]
    with capsys.disabled():
        for name, all_, wrong in zip(("without", "with"), said, untrue, strict=True):
            print(f"\n{name} the word: {sum(wrong.values())} of {sum(all_.values())} texts untrue {dict(wrong)}")  # noqa: T201
    assert untrue[0]["ert-overdue"] + untrue[0]["fault-time-unknown"] > 0, (
        "without the word the clock says what is not so"
    )
    assert untrue[1]["ert-overdue"] == untrue[1]["fault-time-unknown"] == 0
    assert said[0]["restored"] == said[1]["restored"], "nobody is left without the end of it"


def test_a_cause_or_start_that_the_list_changes_is_told_where_our_words_say_otherwise(
    outages: list[list[StatedEvent]],
) -> None:
    about, checked = Telling().about, Counter[str]()

    def holds(city: City, event: StatedEvent) -> None:
        fact, state = event.data, city.of()
        belief = believe(state)
        if not isinstance(fact, OutageCorrected) or belief.kind != "out" or state.hushed:
            return
        named = [text.meant.cause for text in state.thread("supply") if text.settled and text.meant.cause]
        if fact.cause is not None and named:
            assert named[-1] == fact.cause, event.key
            checked.update(["cause"])
        if fact.started_at is not None and belief.since is not None:
            assert abs(belief.since - fact.started_at) <= about, event.key
            checked.update(["start"])

    corrected = [events for events in outages if any(isinstance(event.data, OutageCorrected) for event in events)]
    for events in corrected[:: max(1, EVERY // 6)]:
        told(events, after_each=holds)
    assert checked["cause"] > 0
    assert checked["start"] > 0
