"""When everything is whole again after what was broken, one thing upon the other."""

from datetime import UTC, datetime, timedelta

from tests.sim.judging.storms import whole

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_what_breaks_before_the_first_is_mended_is_waited_for_too() -> None:
    assert whole(at(1), [(at(5), at(60)), (at(0), at(10))]) == at(60)


def test_what_breaks_once_all_is_whole_is_not_waited_for() -> None:
    storms = [(at(0), at(10)), (at(10.5), at(60))]
    assert whole(at(1), storms) == at(10)
    assert whole(at(10), storms) == at(10)
