"""That nobody reported a beginning may be said as long as nobody did, and for the seconds that a text is under way."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted
from tests.chaos.truth import KnownFact, Posted
from tests.sim.judging.begun import denied

ZERO = datetime(2026, 3, 12, tzinfo=UTC)


def start(since: int, mrid: str = "P1") -> KnownFact:
    known = ZERO + timedelta(seconds=since)
    return KnownFact(
        known, OutageStarted(mrid=mrid, outage_class="planned", started_at=ZERO, extent=Extent(lines=("L1",)))
    )


def text(posted: int, template: str) -> Posted:
    return Posted(ZERO + timedelta(seconds=posted), "m1", 3, "moved", mrids=("P1",), template=template)


@pytest.mark.parametrize("name", ["not-begun", "not-done"])
def test_a_beginning_that_was_reported_is_not_denied(name: str) -> None:
    (line,) = denied([start(0)], [text(9, f"zh-CN/{name}")])
    assert line.startswith(f"begun: zh-CN/{name} to customer 3")


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ([start(0)], text(7, "en/not-begun")),
        ([start(60)], text(30, "en/not-begun")),
        ([start(0, "P2")], text(60, "en/not-begun")),
        ([start(0)], text(60, "en/reminder")),
    ],
)
def test_before_it_was_of_another_work_or_in_other_words_nothing_is_amiss(known: list[KnownFact], said: Posted) -> None:
    assert [*denied(known, [said])] == []
