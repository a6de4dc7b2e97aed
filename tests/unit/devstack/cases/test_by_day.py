"""Cases are played by day: in the utility's own zone while it is day there, else where it is about noon."""

from datetime import UTC, datetime, timedelta

import pytest

from devstack.cases.by_day import zone_by_day
from devstack.cases.form import ZONE
from services.policy.quiet import QUIET

MIDNIGHT = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.mark.parametrize("quarter", range(96))
def test_it_is_day_where_a_case_is_played_and_still_so_when_it_ends(quarter: int) -> None:
    now = MIDNIGHT + timedelta(minutes=15 * quarter + 7)
    zone = zone_by_day(now)
    for at in (now, now + timedelta(minutes=30)):
        assert QUIET.ends <= at.astimezone(zone).time() < QUIET.begins


def test_by_day_it_is_the_zone_of_the_utility() -> None:
    assert zone_by_day(datetime(2026, 11, 28, 10, tzinfo=ZONE)) == ZONE
    assert zone_by_day(datetime(2026, 11, 28, 23, tzinfo=ZONE)) != ZONE
