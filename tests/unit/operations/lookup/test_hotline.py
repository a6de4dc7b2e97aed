"""Of a month's hours of the hotline as many are due as the month has, whatever the clocks do."""

from zoneinfo import ZoneInfo

import pytest

from operations.errors import Misused
from operations.lookup.hotline import HotlineMonth, month_bounds


@pytest.mark.parametrize(
    ("month", "zone", "hours"),
    [
        ("2026-03", "Asia/Shanghai", 744),
        ("2026-03", "Europe/Berlin", 743),
        ("2026-10", "Europe/Berlin", 745),
        ("2026-12", "Europe/Berlin", 744),
    ],
)
def test_a_month_in_which_clocks_change_has_an_hour_more_or_less(month: str, zone: str, hours: int) -> None:
    since, until = month_bounds(month, ZoneInfo(zone))
    assert HotlineMonth(month, since, until, [], [], []).hours_due == hours


@pytest.mark.parametrize("written", ["2026-13", "2026-3", "2026", "0000-01", "march", "２０２６-03"])
def test_what_is_no_month_is_refused(written: str) -> None:
    with pytest.raises(Misused, match="write it as 2026-03"):
        month_bounds(written, ZoneInfo("Asia/Shanghai"))
