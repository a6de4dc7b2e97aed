"""When everything is whole again after what was broken, one thing upon the other."""

from datetime import UTC, datetime, timedelta

from tests.sim.judging.storms import WrongClock, whole

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_what_breaks_before_the_first_is_mended_is_waited_for_too() -> None:
    assert whole(at(1), [(at(5), at(60)), (at(0), at(10))]) == at(60)


def test_what_breaks_once_all_is_whole_is_not_waited_for() -> None:
    storms = [(at(0), at(10)), (at(10.5), at(60))]
    assert whole(at(1), storms) == at(10)
    assert whole(at(10), storms) == at(10)


def test_what_a_wrong_clock_dated_was_then_or_as_much_earlier_or_later_while_it_was_wrong() -> None:
    clock = WrongClock("notifier", at(20), at(30), timedelta(minutes=5))
    assert clock.meant(at(16)) == [at(16), at(21)]
    assert clock.meant(at(25)) == [at(25), at(20), at(30)]
    assert clock.meant(at(34)) == [at(34), at(29)]
    assert clock.meant(at(14)) == [at(14)]
    assert clock.meant(at(36)) == [at(36)]
