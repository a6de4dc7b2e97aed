"""A month of one utility's lists, told to a customer of every outage: what they read is true, or was by all that was known."""

import os
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from connectors.feeds import bchydro
from connectors.feeds.archive import read_feed
from connectors.feeds.snapshots import SnapshotFeed, StatedEvent
from schemas.contracts.dispatch import (
    OutageCorrected,
    OutageListedAgain,
    OutageReopened,
    SupplyPerhapsRestored,
    SupplyRestored,
)
from services.notifier.domain.customer.conversation import believe
from services.policy.model import Telling
from tests.kits.deciders.notifier import City
from tests.kits.lists.told import by_outage, told

ROOT = Path(__file__).parents[3]
FEED = Path(os.environ.get("OUTAGE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "bchydro-2023-05.jsonl.xz"
EVERY = int(os.environ.get("OUTAGE_FEED_EVERY", "12"))
"""Of so many outages one is played; 1 plays them all, for minutes."""

pytestmark = pytest.mark.skipif(
    not FEED.exists(),
    reason=f"REAL FEED NOT TESTED: {FEED.name} is absent; set OUTAGE_SHARED_DATA to the folder that holds it",
)


@pytest.fixture(scope="module")
def outages() -> list[list[StatedEvent]]:
    feed = SnapshotFeed(bchydro.SOURCE)
    return list(by_outage(event for at, body in read_feed(FEED) for event in feed.take(at, body).events))


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
    for events in corrected:
        told(events, after_each=holds)
    assert checked["cause"] > 0
    assert checked["start"] > 0
