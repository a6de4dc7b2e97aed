"""Which clock a time is read on: said where the time of day alone does not tell two instants apart."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from demo.logbook.times import BookTimes
from operations.times import DayTimes, Times
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import PlanBody
from services.kernel.values.zones import mark
from services.planner.domain.notice.text import Voice, notice_text
from services.wording.speakers import speaker

LONDON, ADELAIDE, LORD_HOWE = ZoneInfo("Europe/London"), ZoneInfo("Australia/Adelaide"), ZoneInfo("Australia/Lord_Howe")
SHANGHAI = ZoneInfo("Asia/Shanghai")
BACK = Period(start=datetime(2026, 10, 25, 0, 45, tzinfo=UTC), end=datetime(2026, 10, 25, 1, 15, tzinfo=UTC))
OVER = Period(start=datetime(2026, 10, 24, 21, tzinfo=UTC), end=datetime(2026, 10, 25, 7, tzinfo=UTC))
NOW = datetime(2026, 10, 1, 8, tzinfo=UTC)


def test_an_hour_that_comes_twice_is_said_with_its_clock() -> None:
    assert mark(BACK.start, LONDON) == "BST"
    assert mark(BACK.end, LONDON) == "GMT"
    assert mark(OVER.start, LONDON) == ""


def test_a_zone_whose_clocks_have_no_names_is_said_by_its_offset() -> None:
    """Lord Howe goes back half an hour: 01:30 to 02:00 comes twice."""
    twice = datetime(2026, 4, 4, 14, 45, tzinfo=UTC)
    assert [mark(twice + timedelta(minutes=half), LORD_HOWE) for half in (0, 30)] == ["UTC+11:00", "UTC+10:30"]


def test_where_the_clocks_never_change_nothing_is_added() -> None:
    assert mark(BACK.start, SHANGHAI, BACK.end, OVER.start) == ""


@given(st.integers(0, 4 * 366 * 24 * 60), st.integers(1, 3 * 24 * 60))
def test_no_two_instants_of_one_period_are_ever_said_alike(after: int, minutes: int) -> None:
    start = NOW + timedelta(minutes=after)
    period = Period(start=start, end=start + timedelta(minutes=minutes))
    for zone in (LONDON, ADELAIDE, LORD_HOWE):
        ends = (period.start, period.end)
        local = [f"{each.astimezone(zone):%Y-%m-%d %H:%M} {mark(each, zone, *ends)}" for each in ends]
        assert local[0] != local[1]
        # From what is said the length can be reckoned: either both ends are on one clock or each names its own.
        assert len({each.astimezone(zone).utcoffset() for each in ends}) == 1 or all(mark(e, zone, *ends) for e in ends)


def test_a_text_about_the_night_the_clocks_go_back_tells_both_ends_apart() -> None:
    english, chinese = speaker("en", NOW, LONDON), speaker("zh-CN", NOW, LONDON)
    assert english.period(BACK, LONDON) == "01:45 BST to 01:15 GMT on 25 October"
    assert chinese.period(BACK, LONDON) == "10月25日1时45分(BST)至1时15分(GMT)"
    assert english.period(OVER, LONDON) == "22:00 BST on 24 October to 07:00 GMT on 25 October"
    assert chinese.period(OVER, LONDON) == "10月24日22时(BST)至10月25日7时(GMT)"


def test_a_text_about_any_other_day_is_as_short_as_before() -> None:
    week = Period(start=OVER.start + timedelta(days=7), end=OVER.end + timedelta(days=7))
    assert speaker("en", NOW, LONDON).period(week, LONDON) == "21:00 on 31 October to 07:00 on 1 November"
    assert speaker("zh-CN", NOW, LONDON).period(week, LONDON) == "10月31日21时至11月1日7时"


def test_a_notice_says_in_both_languages_which_clock_each_end_is_on() -> None:
    plan = PlanBody(
        mrid="P-1",
        revision_number=1,
        outage_class="planned",
        planned_period=BACK,
        extent=Extent(lines=("Feeder 8",), areas=("High Street",)),
        requested_at=NOW,
    )
    text = notice_text(plan, Voice(LONDON), NOW)
    assert "Time: 2026-10-25 01:45 BST to 2026-10-25 01:15 GMT (30 min)" in text["en"]
    assert "停电时间:2026年10月25日01:45(BST)至2026年10月25日01:15(GMT)(30分钟)" in text["zh-CN"]


def test_screens_say_which_of_two_hours_an_instant_lies_in() -> None:
    assert Times(LONDON, "Europe/London").at(BACK.start) == "2026-10-25 01:45:00 BST"
    assert Times(LONDON, "Europe/London").text(BACK.end.isoformat()) == "2026-10-25 01:15 GMT"
    assert Times(LONDON, "Europe/London").text(OVER.end.isoformat()) == "2026-10-25 07:00"
    today = BACK.start.astimezone(LONDON).date()
    assert DayTimes(LONDON, "Europe/London", today).at(BACK.end) == "01:15 GMT"
    assert BookTimes(LONDON, "Europe/London").period(BACK) == "Sun 25 October 01:45 BST to 01:15 GMT"
