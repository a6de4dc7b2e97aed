"""The one loop of the background: when it pauses, what it waits out and says, what ends it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

import pytest
import structlog

from services.kernel.adapters.away import AWAY
from services.kernel.observing import every as every_module
from services.kernel.observing.every import MORE, Turn, every

Pauses = list[float]


class Over(Exception):
    """The script has come to its end."""


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    """The seconds of each pause, none of which lasts."""
    seen: Pauses = []

    async def sleep(seconds: float) -> None:
        seen.append(seconds)

    monkeypatch.setattr(every_module.asyncio, "sleep", sleep)
    return seen


def script(*turns: Exception | Turn | None) -> Callable[[], Awaitable[Turn | None]]:
    """Work that does these, one a turn, and then raises Over."""
    left: Iterator[Exception | Turn | None] = iter(turns)

    async def work() -> Turn | None:
        turn = next(left, Over())
        if isinstance(turn, Exception):
            raise turn
        return turn

    return work


async def test_it_pauses_after_each_turn_and_not_where_there_is_more_to_do(pauses: Pauses) -> None:
    with pytest.raises(Over):
        await every(5.0, script(None, MORE, MORE, None))
    assert pauses == [5.0, 0.0, 0.0, 5.0]


async def test_work_need_not_be_async(pauses: Pauses) -> None:
    left = [1, 2, 3]
    with pytest.raises(IndexError):
        await every(1.0, left.pop)
    assert (left, pauses) == ([], [1.0] * 3)


async def test_what_waiting_cures_is_waited_out_and_everything_else_ends_it(pauses: Pauses) -> None:
    with pytest.raises(ZeroDivisionError):
        await every(2.0, script(OSError("gone"), None, ZeroDivisionError("a bug")), cures=AWAY)
    assert pauses == [2.0, 2.0]


async def test_nothing_is_waited_out_unless_its_owner_says_so(pauses: Pauses) -> None:
    with pytest.raises(OSError, match="gone"):
        await every(2.0, script(OSError("gone")))
    assert pauses == []


async def test_a_group_is_waited_out_only_where_waiting_cures_all_of_it(pauses: Pauses) -> None:
    away = ExceptionGroup("three looked up", [OSError("gone"), ExceptionGroup("deeper", [TimeoutError()])])
    bug = ExceptionGroup("two looked up", [OSError("gone"), ZeroDivisionError("a bug")])
    with pytest.raises(ExceptionGroup) as raised:
        await every(2.0, script(away, bug), cures=AWAY)
    assert raised.value is bug
    assert pauses == [2.0]


async def test_pauses_double_with_each_failure_in_a_row_up_to_a_bound_and_begin_again(pauses: Pauses) -> None:
    gone = OSError("gone")
    with pytest.raises(Over):
        await every(1.0, script(gone, gone, gone, None, gone), cures=AWAY, failing=(2.0, 5.0))
    assert pauses == [2.0, 4.0, 5.0, 1.0, 2.0]


async def test_what_it_waits_for_is_said_once_and_again_when_it_is_another_or_a_new_one(pauses: Pauses) -> None:
    gone, refused = OSError("gone"), OSError("refused")
    with structlog.testing.capture_logs() as lines, pytest.raises(Over):
        await every(1.0, script(gone, gone, gone, refused, None, refused), cures=AWAY, waits="the brake is not seen")
    assert [(line["event"], line["error"]) for line in lines] == [
        ("the brake is not seen", "OSError: gone"),
        ("the brake is not seen", "OSError: refused"),
        ("the brake is not seen", "OSError: refused"),
    ]
    assert [line["unsaid"] for line in lines] == [0, 2, 0]
    assert not any("exc_info" in line for line in lines), "an outage has no place in our code to look at"


async def test_a_fault_of_ours_that_is_waited_out_is_said_with_where_it_came_from(pauses: Pauses) -> None:
    work = script(ValueError("a bug"))
    with structlog.testing.capture_logs() as lines, pytest.raises(Over):
        await every(1.0, work, cures=(ValueError,), waits="it waits")
    assert [type(line["exc_info"]) for line in lines] == [ValueError]


async def test_a_wake_ends_a_pause_and_one_that_comes_during_the_work_is_not_lost() -> None:
    wake, turns = asyncio.Event(), asyncio.Queue[int]()

    async def work() -> None:
        turns.put_nowait(turns.qsize())
        if turns.qsize() == 2:
            wake.set()  # more came in while this was at work

    running = asyncio.create_task(every(3600.0, work, wake=wake))
    async with asyncio.timeout(5):
        while turns.qsize() < 1:
            await asyncio.sleep(0)
        wake.set()
        while turns.qsize() < 3:
            await asyncio.sleep(0)
    running.cancel()


async def test_no_wake_cuts_the_pause_after_a_failure_short() -> None:
    wake, turns = asyncio.Event(), 0

    async def work() -> None:
        nonlocal turns
        turns += 1
        raise OSError("gone")

    running = asyncio.create_task(every(0.0, work, cures=AWAY, wake=wake, failing=(3600.0, 3600.0)))
    for _ in range(10):
        wake.set()
        await asyncio.sleep(0)
    running.cancel()
    assert turns == 1


async def test_a_cancellation_ends_the_work_under_way_and_is_not_waited_out() -> None:
    begun, ended = asyncio.Event(), False

    async def work() -> None:
        nonlocal ended
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    running = asyncio.create_task(every(0.0, work, cures=(Exception,)))
    await begun.wait()
    running.cancel()
    await asyncio.wait([running])
    assert (running.cancelled(), ended) == (True, True)
