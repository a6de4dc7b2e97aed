"""Ten outages of a real month, each worked out by hand from the archived lists, and the month's figures of all ten.

By hand: power went off at the list's `dateOff` (where that moves to weeks before, as the feed does when it merges two of its
own, it stays what it was), as many customers as `numCustomersOut` said at `lastUpdated`, and was back at the first list that
has the outage no more.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from connectors.feeds import bchydro
from connectors.feeds.archive import read_feed
from connectors.feeds.snapshots import SnapshotFeed
from services.reliability import OutageFigures
from services.reliability.indices import Indices, indices_of
from services.reliability.once import counted_once
from services.reliability.periods import period_of
from services.restorer.domain.figures.outage import figures_of
from tests.kits.deciders.restorer import Outage

ROOT = Path(__file__).parents[3]
FEED = Path(os.environ.get("OUTAGE_SHARED_DATA", ROOT.parent / "shared" / "data")) / "bchydro-2023-05.jsonl.xz"

pytestmark = pytest.mark.skipif(
    not FEED.exists(),
    reason=f"REAL FEED NOT TESTED: {FEED.name} is absent; set OUTAGE_SHARED_DATA to the folder that holds it",
)

ZONE = ZoneInfo("America/Vancouver")
SERVED = 2_000_000
"""About what the utility says it serves; any number would do."""
AS_OF = datetime(2023, 6, 1, 1, 9, 51, tzinfo=ZONE)
"""The last list."""

Row = tuple[str, str | None, int]

BY_HAND: dict[str, list[Row]] = {
    # Partial, and over midnight: 1,038 off since 19:41:38; at 22:09:49 there are 119; gone from the list polled at 05:59:29.
    "2223131": [("05-01 19:41:38", "05-01 22:09:49", 919), ("05-01 19:41:38", "05-02 05:59:29", 119)],
    # Partial, in two municipalities of which one is left: 2,443, then 6.
    "2223091": [("05-01 15:38:00", "05-01 17:08:47", 2437), ("05-01 15:38:00", "05-01 18:50:42", 6)],
    # Grown: 589 at 10:15; at 10:30:44 there are 2,009 and dateOff says April, which is no beginning of these 589.
    "2223276": [("05-02 10:15:00", "05-02 11:25:18", 589), ("05-02 10:30:44", "05-02 11:25:18", 1420)],
    # Grown from one customer to twelve.
    "2222834": [("05-01 09:39:00", "05-01 12:47:26", 1), ("05-01 12:17:44", "05-01 12:47:26", 11)],
    # Reopened: not listed from 23:09:08 on, again with 6 customers at 00:32:22.
    "2227769": [("05-12 13:09:00", "05-12 23:09:08", 10), ("05-13 00:32:22", "05-13 03:07:32", 6)],
    # Silent: no expected time was ever said.
    "2222772": [("05-01 05:46:00", "05-01 08:47:16", 3)],
    # Silent, and over midnight.
    "2223137": [("05-01 19:44:00", "05-02 11:25:18", 48)],
    # It began on the last day of April: it is April's.
    "2222761": [("04-30 23:43:00", "05-01 02:22:13", 44)],
    # It ended on the first day of June: it is May's, whole.
    "2235693": [("05-31 19:21:05", "06-01 00:07:48", 7)],
    # Off still in the last list.
    "2235691": [("05-31 18:59:41", None, 3)],
}


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"2023-{text}").replace(tzinfo=ZONE)


@pytest.fixture(scope="module")
def ten() -> dict[str, OutageFigures]:
    """The figures of the ten, each told to an outage as the connector states it; of the lists only their rows are read."""
    feed, wanted = SnapshotFeed(bchydro.SOURCE), {int(one) for one in BY_HAND}
    outages = {f"bchydro-{one}": Outage(mrid=f"bchydro-{one}") for one in BY_HAND}
    for at, body in read_feed(FEED):
        rows: list[dict[str, Any]] = [row for row in msgspec.json.decode(body) if row["id"] in wanted]
        for event in feed.take(at, msgspec.json.encode(rows)).events:
            outages[event.key].hears(event.data, event.time)
    return {mrid: figures_of(outage.state) for mrid, outage in outages.items()}


@pytest.mark.parametrize("name", BY_HAND)
def test_each_is_what_was_worked_out_by_hand(ten: dict[str, OutageFigures], name: str) -> None:
    found = [(one.off_from, one.off_until, one.customers) for one in ten[f"bchydro-{name}"].interruptions]
    assert found == [(instant(since), instant(until), customers) for since, until, customers in BY_HAND[name]]


def test_of_the_silent_ones_no_expected_time_was_said(ten: dict[str, OutageFigures]) -> None:
    silent = {mrid for mrid, figures in ten.items() if figures.words.first_said is None}
    assert silent == {"bchydro-2222772", "bchydro-2223137", "bchydro-2223276", "bchydro-2235691"}
    assert ten["bchydro-2223131"].words.first_said == instant("05-01 22:09:49")


def test_an_outage_that_left_a_municipality_is_of_both(ten: dict[str, OutageFigures]) -> None:
    assert set(ten["bchydro-2223091"].areas) == {"Sechelt", "Sechelt Indian Gover"}


def of_month(ten: dict[str, OutageFigures], written: str) -> Indices:
    period = period_of(written, ZONE)
    groups = counted_once({mrid: figures.interruptions for mrid, figures in ten.items()}).groups
    inside = [one for one in groups if period.start <= one.whole.since < period.end]
    return indices_of(inside, SERVED, period.end - period.start, min(period.end, AS_OF))


def test_the_months_figures_of_all_ten(ten: dict[str, OutageFigures]) -> None:
    # Customer seconds, in the order above; the last is off still, and counts until the month is over.
    seconds = (
        919 * 8_891 + 119 * 37_071
        + 2_437 * 5_447 + 6 * 11_562
        + 589 * 4_218 + 1_420 * 3_274
        + 1 * 11_306 + 11 * 1_782
        + 10 * 36_008 + 6 * 9_310
        + 3 * 10_876
        + 48 * 56_478
        + 7 * 17_203
        + 3 * 18_019
    )  # fmt: skip
    interrupted = 1_038 + 2_443 + 2_009 + 12 + 16 + 3 + 48 + 7 + 3
    may = of_month(ten, "2023-05")
    assert (may.outages, may.customers_interrupted, may.momentary_interruptions, may.open) == (9, interrupted, 0, 1)
    assert may.customer_minutes == pytest.approx(seconds / 60)
    assert may.saidi == pytest.approx(seconds / 60 / SERVED)
    assert may.caidi == pytest.approx(seconds / 60 / interrupted)
    assert may.asai == pytest.approx(1 - seconds / 60 / (SERVED * 31 * 24 * 60))
    april = of_month(ten, "2023-04")
    assert april.customers_interrupted == 44
    assert april.customer_minutes == pytest.approx(44 * 9_553 / 60)
    assert (instant("05-31 23:59:59") or AS_OF) - (instant("05-31 18:59:41") or AS_OF) == timedelta(seconds=18_018)
