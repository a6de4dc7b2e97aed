"""Of later work nobody is told at night, by the words of the texts; of what begins at dawn everybody is."""

from datetime import datetime, timedelta

import pytest

from tests.chaos.truth import Posted
from tests.sim.judging.announced import times
from tests.sim.judging.nights import informed_by, morning, woken
from tests.sim.judging.promises.owed import ZONE

HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=ZONE)


def text(posted: datetime, trigger: str, body: str) -> Posted:
    return Posted(posted, "m1", 7, trigger, body=body)


NEXT_WEEK = "因线路检修,10千伏城东线定于3月12日8时至17时停电,贵单位在停电范围内。"
AT_DAWN = "因线路检修,10千伏城东线定于3月4日8时至17时停电,贵单位在停电范围内。"
MOVED = "10千伏城东线检修停电,原定3月4日8时至17时,现改为3月20日8时至15时,请以本条为准。"


def found(posted: datetime, trigger: str, body: str, *, sure: bool = True) -> list[str]:
    return [*woken([text(posted, trigger, body)], lambda _: sure)]


def test_who_is_told_at_night_of_work_next_week_is_woken() -> None:
    (line,) = found(at(3, 23), "planned-notice", NEXT_WEEK)
    assert line == "woken: planned-notice to customer 7 at 03 15:00:00, for work of 12 08:00"
    assert found(at(4, 6, 59), "cancelled", NEXT_WEEK)


@pytest.mark.parametrize(
    ("posted", "trigger", "body"),
    [
        (at(3, 20, 59), "planned-notice", NEXT_WEEK),
        (at(3, 21) + timedelta(seconds=20), "planned-notice", NEXT_WEEK),
        (at(4, 7), "planned-notice", NEXT_WEEK),
        (at(3, 23), "planned-notice", AT_DAWN),
        (at(3, 23), "moved", MOVED),
        (at(3, 23), "fault", "自3月12日8时起停电"),
    ],
)
def test_nobody_is_by_day_nor_for_what_begins_in_the_morning_nor_by_a_fault(
    posted: datetime, trigger: str, body: str
) -> None:
    assert found(posted, trigger, body) == []


def test_of_a_notifier_that_did_not_know_the_time_nothing_is_asked() -> None:
    assert found(at(3, 23), "planned-notice", NEXT_WEEK, sure=False) == []


def test_all_times_of_a_text_are_read_in_either_language() -> None:
    assert times(MOVED, 2026) == [at(4, 8), at(4, 17), at(20, 8), at(20, 15)]
    assert min(times("power will be off 08:30 to 17:00 on 12 March.", 2026)) == at(12, 8, 30)
    with pytest.raises(ValueError, match="nothing"):
        times("nothing is said", 2026)


def test_a_night_ends_at_seven() -> None:
    assert (morning(at(3, 21)), morning(at(4, 6)), morning(at(4, 7))) == (at(4, 7), at(4, 7), None)


def test_of_a_notice_of_the_night_they_know_in_the_morning() -> None:
    assert informed_by(at(4, 1), at(3, 23), at(12, 8)) == at(4, 9)
    assert informed_by(at(4, 1), at(3, 23), at(4, 8)) == at(4, 1)
    assert informed_by(at(3, 22), at(3, 20), at(12, 8)) == at(3, 22)
    assert informed_by(at(5, 0), at(3, 23), at(12, 8)) == at(5, 0)
