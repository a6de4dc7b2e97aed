"""Pods of the version before are beside this one until none was seen for a minute; then nobody asks any more."""

from dataclasses import dataclass
from datetime import timedelta

from services.kernel.manual_clock import ManualClock
from services.notifier.sending.gates.older_pods import GONE_SECONDS, OlderPods
from tests.kits.deciders.notifier import at


@dataclass
class Sessions:
    """What the database says of sessions; the statement itself is tried by tests/injections/test_roll_out.py."""

    older: bool
    asked: int = 0

    async def fetchval(self, statement: str) -> bool:
        assert "pg_stat_activity" in statement
        self.asked += 1
        return self.older


async def test_where_none_is_there_texts_are_merged_at_once_and_after_a_minute_nobody_asks() -> None:
    clock, sessions = ManualClock(at(5, 9)), Sessions(older=False)
    older = OlderPods(clock)
    assert not await older.are_beside(sessions)
    clock.advance(timedelta(seconds=GONE_SECONDS + 1))
    assert not await older.are_beside(sessions)
    asked = sessions.asked
    assert not await older.are_beside(sessions)
    assert sessions.asked == asked


async def test_one_whose_connection_was_lost_for_a_moment_is_beside_all_the_same() -> None:
    clock, sessions = ManualClock(at(5, 9)), Sessions(older=True)
    older = OlderPods(clock)
    assert await older.are_beside(sessions)
    sessions.older = False
    clock.advance(timedelta(seconds=GONE_SECONDS / 2))
    assert await older.are_beside(sessions)
    sessions.older = True
    assert await older.are_beside(sessions)
    sessions.older = False
    clock.advance(timedelta(seconds=GONE_SECONDS - 1))
    assert await older.are_beside(sessions)
    clock.advance(timedelta(seconds=2))
    assert not await older.are_beside(sessions)


async def test_one_that_comes_within_the_first_minute_is_seen() -> None:
    clock, sessions = ManualClock(at(5, 9)), Sessions(older=False)
    older = OlderPods(clock)
    assert not await older.are_beside(sessions)
    sessions.older = True
    clock.advance(timedelta(seconds=GONE_SECONDS - 1))
    assert await older.are_beside(sessions)
