"""What a reader of our texts knows of planned work: the times that are in them, and which text counts."""

from datetime import UTC, datetime, timedelta

import pytest

from schemas.contracts.base import Period
from tests.chaos.truth import Posted
from tests.sim.judging.announced import announced, tells, told

ZERO = datetime(2026, 3, 5, tzinfo=UTC)
FIRST = Period(start=datetime(2026, 3, 12, 0, 30, tzinfo=UTC), end=datetime(2026, 3, 12, 9, tzinfo=UTC))
SECOND = Period(start=datetime(2026, 3, 14, 0, 30, tzinfo=UTC), end=datetime(2026, 3, 14, 9, tzinfo=UTC))
SAYS_FIRST = "work at East Line: power will be off 08:30 to 17:00 on 12 March. Ward 2 is affected."
SAYS_SECOND = "原定3月12日8时30分至17时,现改为3月14日8时30分至17时,请以本条为准。"
"""Moved from the first to the second."""
OFF = "cancelled. work at East Line planned for 08:30 to 17:00 on 12 March will not take place."


def text(minute: float, trigger: str, body: str) -> Posted:
    return Posted(ZERO + timedelta(minutes=minute), f"m{minute}", 0, trigger, body=body)


ONE, MOVED, CALLED_OFF = (
    text(1, "planned-notice", SAYS_FIRST), text(5, "moved", SAYS_SECOND), text(5, "cancelled", OFF),
)  # fmt: skip
LONG_AFTER = ZERO + timedelta(days=1)


@pytest.mark.parametrize(
    "body",
    [
        "停电将于3月12日8时30分开始,预计17时左右恢复供电。",
        "定于3月12日8时30分至17时停电",
        SAYS_FIRST,
        "power will go off 08:30 on 12 March, expected back about 17:00.",
        "change of plan: power will be off 08:30 to 17:00 on 12 March, not 08:30 to 17:00 on 14 March as we told you.",
        "原定3月14日8时30分至17时,现改为3月12日8时30分至17时,请以本条为准。",
    ],
)
def test_times_are_read_in_either_language_and_not_those_that_no_longer_are(body: str) -> None:
    assert announced(body, 2026) == (FIRST.start, FIRST.end)


def test_over_midnight_and_over_new_year_both_days_count() -> None:
    assert announced("定于12月31日22时至1月1日6时停电", 2026) == (
        datetime(2026, 12, 31, 14, tzinfo=UTC), datetime(2026, 12, 31, 22, tzinfo=UTC),
    )  # fmt: skip
    night = announced("power will be off 22:00 on 3 May to 06:00 on 4 May.", 2026)
    assert night[1] - night[0] == timedelta(hours=8)


def test_who_knows_of_a_longer_cut_knows_of_the_shorter_and_not_the_other_way_round() -> None:
    hour = timedelta(hours=1)
    assert tells(ONE, Period(start=FIRST.start + hour, end=FIRST.end - hour))
    assert not tells(ONE, Period(start=FIRST.start - hour, end=FIRST.end))
    assert not tells(ONE, SECOND)


def test_work_that_goes_back_to_its_first_time_is_known_as_long_as_no_text_said_another() -> None:
    assert told([ONE], FIRST, LONG_AFTER) == ONE.at
    assert told([ONE, MOVED], FIRST, LONG_AFTER) is None
    assert told([ONE, MOVED], SECOND, LONG_AFTER) == MOVED.at
    back = text(9, "planned-notice", SAYS_FIRST)
    assert told([ONE, MOVED, back], FIRST, LONG_AFTER) == back.at


def test_who_was_told_that_it_is_off_knows_nothing_but_had_been_told_until_then() -> None:
    assert told([ONE, CALLED_OFF], FIRST, LONG_AFTER) is None
    assert told([ONE, CALLED_OFF], FIRST, CALLED_OFF.at - timedelta(minutes=1)) == ONE.at


def test_a_word_about_power_is_none_about_the_notice() -> None:
    assert told([text(1, "fault", "no power since 08:30 on 12 March")], FIRST, LONG_AFTER) is None
