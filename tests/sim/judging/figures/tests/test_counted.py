"""The referee of what is counted of outages is shown what it must not let pass."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageReopened, OutageStarted, OutageWithdrawn
from tests.sim.judging.figures.counted import impossible, never_were

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
ROW: dict[str, Any] = {
    "mrid": "F-1",
    "number": 1,
    "off_from": NOON,
    "off_until": NOON + timedelta(hours=1),
    "customers": 12,
}


def test_an_interruption_that_is_over_is_right_also_where_nobody_knows_how_many() -> None:
    assert not [*impossible([ROW, ROW | {"customers": None}, ROW | {"off_until": NOON}], {"F-2"})]


@pytest.mark.parametrize(
    "row",
    [{"off_until": None}, {"off_until": NOON - timedelta(seconds=1)}, {"customers": -1}, {"mrid": "F-2"}],
    ids=["no end", "ends before it begins", "fewer than none", "of an outage that was not"],
)
def test_one_that_cannot_be_is_found(row: dict[str, Any]) -> None:
    assert len([*impossible([ROW | row], {"F-2"})]) == 1


def test_an_outage_that_was_withdrawn_and_is_off_after_all_was_one() -> None:
    began = OutageStarted(mrid="F-2", outage_class="fault", started_at=NOON, extent=Extent())
    gone = OutageWithdrawn(mrid="F-2", withdrawn_at=NOON + timedelta(minutes=1))
    again = OutageReopened(mrid="F-2", reopened_at=NOON + timedelta(minutes=2))
    assert never_were([began, gone]) == never_were([gone, began]) == {"F-2"}
    assert never_were([again, began, gone]) == set()
