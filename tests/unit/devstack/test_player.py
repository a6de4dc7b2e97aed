"""Time moves to what is due next and no further, only when nothing is left to do, and not against a player's will."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from devstack.player import Player

START = datetime(2026, 5, 1, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Driver:
    """A clock that stands where it is put, and never goes back."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def set(self, instant: datetime) -> None:
        assert instant >= self.at, "no clock goes backwards"
        self.at = instant


class Due:
    """A system with deadlines: what is due when it is asked to settle is done then."""

    def __init__(self, driver: Driver, due: Iterable[datetime]) -> None:
        self._driver, self.due = driver, sorted(due)
        self.settled: list[datetime] = []

    async def next_moment(self, before: datetime) -> datetime | None:
        return min((moment for moment in self.due if moment < before), default=None)

    async def wait(self, _seconds: float) -> None:
        self.settled.append(self._driver.at)
        self.due = [moment for moment in self.due if moment > self._driver.at]


def player_of(*due: datetime, step: timedelta = timedelta(0), kind: type[Player] = Player) -> tuple[Player, Due]:
    """A player of a system in which these are due; `kind`: one with a will of its own."""
    made: Any = kind()
    made.driver = Driver()
    made.idle = Due(made.driver, due)
    made.step = step
    return made, made.idle


async def test_it_settles_at_each_moment_at_which_something_is_due_and_stops_where_it_was_sent() -> None:
    player, system = player_of(START + 7 * MINUTE, START + 2 * MINUTE, START + 40 * MINUTE)
    assert await player.until(START + 30 * MINUTE)
    assert system.settled == [START + 2 * MINUTE, START + 7 * MINUTE]
    assert player.driver.now() == START + 30 * MINUTE
    assert system.due == [START + 40 * MINUTE]


async def test_with_a_step_moments_that_lie_close_fall_together_and_none_is_put_behind_the_end() -> None:
    due = [START + one * MINUTE for one in (1, 2, 4, 6, 11)]
    player, system = player_of(*due, step=5 * MINUTE)
    assert await player.until(START + 12 * MINUTE)
    assert system.settled == [START + 5 * MINUTE, START + 10 * MINUTE, START + 12 * MINUTE]
    assert system.due == []


async def test_what_is_overdue_is_settled_where_the_clock_stands() -> None:
    player, system = player_of(START - MINUTE)
    assert await player.until(START + MINUTE)
    assert system.settled == [START]


async def test_who_is_told_to_stop_moves_time_no_further() -> None:
    class Stopping(Player):
        async def wait_for(self, moment: datetime) -> bool:
            return moment < START + 5 * MINUTE

    player, system = player_of(START + 2 * MINUTE, START + 7 * MINUTE, kind=Stopping)
    assert not await player.until(START + 30 * MINUTE)
    assert (player.driver.now(), system.settled) == (START + 2 * MINUTE, [START + 2 * MINUTE])
