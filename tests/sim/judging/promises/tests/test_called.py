"""The referee of calls back: who counts as called, by when, and which time with power binds nobody."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from schemas.contracts.dispatch import FaultReported, FollowupDone, FollowupUnreached
from tests.sim.judging.promises.called import Calling, calling

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
DUE = NOON + timedelta(hours=24)


@dataclass
class Cut:
    off: datetime | None = None
    back: datetime | None = NOON


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def reported(report_id: str | None = "r", hours: float = -1) -> FaultReported:
    return FaultReported(mrid="F", reported_at=at(hours), report_id=report_id)


def heard(hours: float, report_id: str = "r") -> FollowupDone:
    return FollowupDone(mrid="F", done_at=at(hours), by="Li", outcome="neutral", report_id=report_id)


def vain(hours: float, report_id: str = "r") -> FollowupUnreached:
    return FollowupUnreached(mrid="F", tried_at=at(hours), by="Li", report_id=report_id)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ([], []),
        ([reported(None)], []),
        ([reported(hours=1)], []),
        ([reported()], [Calling(DUE, None, void=False)]),
        ([reported(), heard(2), heard(1)], [Calling(DUE, at(1), void=False)]),
        ([reported(), reported("s"), heard(2)], [Calling(DUE, None, void=False)]),
        ([reported(), vain(1), vain(1.1), vain(5)], [Calling(DUE, None, void=False)]),
        ([reported(), vain(1), vain(5), vain(9)], [Calling(DUE, at(9), void=False)]),
        ([reported(), heard(-0.5)], [Calling(DUE, None, void=False)]),
    ],
)
def test_one_time_with_power(facts: list[Any], wanted: list[Calling]) -> None:
    assert [*calling(facts, [Cut()])] == wanted


def test_power_that_goes_off_again_leaves_the_rest_to_the_next_time() -> None:
    cuts = [Cut(), Cut(off=at(3), back=at(5))]
    facts = [reported(), reported("s"), heard(1), heard(6, "s")]
    assert [*calling(facts, cuts)] == [
        Calling(DUE, None, void=True),
        Calling(at(29), at(6), void=False),
    ]
    assert [*calling([*facts, heard(2, "s")], cuts)] == [Calling(DUE, at(2), void=False)]
