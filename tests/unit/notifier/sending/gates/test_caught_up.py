"""When texts go: what was sent in a pause, or lies unread for long, is waited for, and nobody is kept silent by it."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from services.kernel.clock import Clock, SystemClock
from services.kernel.manual_clock import ManualClock
from services.kernel.model import TopicPartition
from services.notifier.sending.gates import caught_up
from services.notifier.sending.gates.caught_up import (
    BEHIND_SECONDS,
    CATCH_UP_SECONDS,
    FRESH_SECONDS,
    FROZEN_SECONDS,
    CaughtUpGate,
)
from services.notifier.sending.gates.reading_up import ASK_SECONDS
from tests.kits.kernel.paper_fences import START, Desk


def gate_of(desk: Desk, clock: Clock) -> CaughtUpGate:
    return CaughtUpGate(
        cast("Any", desk),
        desk,
        {"outage.dispatch", "outage.audience"},
        {"outage.audience"},
        clock,
        int,
        CollectorRegistry(),
    )


async def passes(gate: CaughtUpGate, watch: ManualClock, seconds: float) -> None:
    """Time goes by in beats that are no pause, and the gate hears the broker as it does while it is open."""
    while seconds > 0:
        step = min(seconds, ASK_SECONDS)
        watch.advance(timedelta(seconds=step))
        seconds -= step
        gate._look()
        if gate.why is None:
            await gate._listen()


async def opened() -> tuple[Desk, ManualClock, CaughtUpGate]:
    """All was read when it opened."""
    desk, watch = Desk(), ManualClock(START)
    gate = gate_of(desk, watch)
    desk.taken = desk.end
    await gate._open_again()
    assert gate.is_open
    return desk, watch, gate


async def test_facts_that_lie_unread_for_seconds_shut_it_until_they_are_read() -> None:
    desk, watch, gate = await opened()
    await passes(gate, watch, 60)
    assert gate.is_open, "nothing came, so nothing lies unread"
    desk.end = 5
    await passes(gate, watch, BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert gate.why == "reading-is-behind"
    claimed = watch.monotonic()
    desk.taken = 5
    await gate._open_again()
    assert gate.is_open
    assert not gate.allows(claimed - 0.1), "what was claimed before is judged anew first"


async def test_a_topic_made_anew_is_not_taken_for_read_because_more_was_read_of_the_one_before_it() -> None:
    desk, watch, gate = await opened()
    desk.end = desk.taken = 5
    await passes(gate, watch, 10 * ASK_SECONDS)
    assert gate.is_open
    desk.end = 1  # "power is back" lies on it, and nobody has read it
    await passes(gate, watch, BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert gate.why == "reading-is-behind"
    opening = asyncio.create_task(gate._open_again())
    await asyncio.sleep(0.5)
    assert not gate.is_open
    desk.taken = 0  # an operator has accepted it: it is read from its first record on
    await asyncio.sleep(0.5)
    assert not gate.is_open
    desk.taken = 1
    async with asyncio.timeout(5):
        await opening
    assert gate.is_open


async def test_a_topic_made_anew_is_not_taken_for_read_because_as_many_records_lie_on_it_as_were_read() -> None:
    desk, watch, gate = await opened()
    desk.end = desk.taken = 5
    await passes(gate, watch, 10 * ASK_SECONDS)
    assert gate.is_open
    desk.log = 2
    await passes(gate, watch, BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert gate.why == "reading-is-behind"
    opening = asyncio.create_task(gate._open_again())
    await asyncio.sleep(0.5)
    assert not gate.is_open
    desk.taken = 0  # an operator has accepted it: it is read from its first record on
    await asyncio.sleep(0.5)
    assert not gate.is_open
    desk.log_read, desk.taken = 2, 5
    async with asyncio.timeout(5):
        await opening
    assert gate.is_open


async def test_no_time_opens_it_while_the_topic_of_our_own_words_is_another_one_than_was_read() -> None:
    desk, watch, gate = await opened()
    gate.shut("partitions-shared-out-anew")
    desk.own_anew = True
    opening = asyncio.create_task(gate._open_again())
    for _ in range(3):
        await asyncio.sleep(0.5)
        assert not gate.is_open
        watch.advance(timedelta(seconds=CATCH_UP_SECONDS))
        gate._beat = watch.monotonic()
    opening.cancel()


async def test_our_own_words_are_waited_for_before_it_opens_and_do_not_shut_it() -> None:
    desk, watch, gate = await opened()
    desk.own_words = 3
    await passes(gate, watch, 10 * BEHIND_SECONDS)
    assert gate.is_open, "a fan-out to thousands keeps nobody else's text"
    gate.shut("broker-was-silent")
    opening = asyncio.create_task(gate._open_again())
    await asyncio.sleep(0.1)
    assert not gate.is_open
    desk.own_words_read = 3
    async with asyncio.timeout(5):
        await opening
    assert gate.is_open


async def test_own_words_that_take_too_long_let_texts_go_by_turns() -> None:
    desk, watch, gate = await opened()
    desk.own_words = 3
    gate.shut("broker-was-silent")
    opening = asyncio.create_task(gate._open_again())
    for _ in range(int(CATCH_UP_SECONDS) - 1):
        await asyncio.sleep(0.01)
        watch.advance(timedelta(seconds=1))
        gate._beat = watch.monotonic()
    assert not gate.is_open
    async with asyncio.timeout(5):
        while not opening.done():
            await asyncio.sleep(0.05)
            watch.advance(timedelta(seconds=1))
            gate._beat = watch.monotonic()
    assert gate.is_open, "late words are better than none"


async def test_what_is_read_too_late_in_one_look_shuts_it_as_well() -> None:
    desk, watch, gate = await opened()
    reading = desk.ends

    async def hangs(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        watch.advance(timedelta(seconds=BEHIND_SECONDS + 1))
        gate._beat = watch.monotonic()
        return await reading(places)

    desk.ends = hangs  # type: ignore[method-assign]
    watch.advance(timedelta(seconds=ASK_SECONDS))
    gate._beat = watch.monotonic()
    await gate._listen()
    assert gate.why == "reading-is-behind"


async def test_a_sender_that_has_the_database_back_sooner_than_the_reading_finds_it_shut() -> None:
    desk, watch, gate = await opened()

    async def away(*_: Any) -> list[dict[str, Any]]:
        raise ConnectionRefusedError("the database is away")

    fetch, desk.fetch = desk.fetch, away  # type: ignore[method-assign]
    await passes(gate, watch, BEHIND_SECONDS)
    desk.end, desk.fetch = desk.end + 1, fetch  # type: ignore[method-assign]
    watch.advance(timedelta(seconds=2 * ASK_SECONDS))
    gate._beat = watch.monotonic()
    assert not gate.is_open
    assert gate.why == "reading-is-behind"


async def test_what_is_read_in_time_never_shuts_it_however_much_comes() -> None:
    desk, watch, gate = await opened()
    for _ in range(60):
        desk.taken, desk.end = desk.end, desk.end + 1_000
        await passes(gate, watch, ASK_SECONDS)
        assert gate.is_open


def late_by(desk: Desk, watch: ManualClock, gate: CaughtUpGate, seconds: float) -> None:
    """From now on what the broker is asked for is so old when all of it is read."""
    reading = desk.ends

    async def late(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        found = await reading(places)
        desk.taken = desk.end
        watch.advance(timedelta(seconds=seconds))
        gate._beat = watch.monotonic()
        return found

    desk.ends = late  # type: ignore[method-assign]


async def tries_to_open(gate: CaughtUpGate, seconds: float = 0.5) -> None:
    """For so long."""
    opening = asyncio.create_task(gate._open_again())
    await asyncio.wait((opening,), timeout=seconds)
    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)


async def test_it_opens_only_when_what_was_read_is_of_now() -> None:
    desk, watch, gate = await opened()
    gate.shut("broker-was-silent")
    reading = desk.ends
    late_by(desk, watch, gate, FRESH_SECONDS + 0.1)
    await tries_to_open(gate)
    assert not gate.is_open, "the facts that came while it was read are not read"
    desk.ends = reading  # type: ignore[method-assign]
    await gate._open_again()
    assert gate.is_open


async def test_reading_that_is_late_by_less_than_shuts_it_never_does_however_it_is_asked_for() -> None:
    desk, watch, gate = await opened()
    ends = {0.0: desk.end}
    for tick in range(1, 300):
        desk.end += 50
        ends[tick * 0.2] = desk.end
        desk.taken = max((end for at, end in ends.items() if at <= tick * 0.2 - 3.5), default=desk.taken)
        watch.advance(timedelta(seconds=0.2))
        gate._look()
        assert gate.is_open, "all of three and a half seconds ago is read at any time"
        await gate._listen()


async def test_where_nothing_but_the_reading_was_late_nobody_waits_for_our_own_words() -> None:
    desk, watch, gate = await opened()
    desk.end, desk.own_words = 1_000, 3
    await passes(gate, watch, BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert gate.why == "reading-is-behind"
    await tries_to_open(gate)
    assert not gate.is_open
    desk.taken = desk.end
    await tries_to_open(gate)
    assert gate.is_open, "texts that are taken back by our own words wait by themselves"


async def test_reading_that_never_catches_up_lets_texts_go_by_turns() -> None:
    desk, watch, gate = await opened()
    desk.end = 1_000_000
    await passes(gate, watch, BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert not gate.is_open
    reading = desk.ends
    late_by(desk, watch, gate, FRESH_SECONDS + 1)
    await gate._open_again()
    assert gate.is_open
    desk.ends = reading  # type: ignore[method-assign]
    desk.end *= 2
    await passes(gate, watch, CATCH_UP_SECONDS - BEHIND_SECONDS)
    assert gate.is_open, "late words are better than none"
    await passes(gate, watch, 2 * BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert not gate.is_open, "and then it catches up again"


async def test_reading_that_stays_a_minute_late_lets_texts_go_once_what_there_was_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, watch, gate = await opened()
    ends: list[tuple[float, int]] = [(watch.monotonic(), desk.end)]
    monkeypatch.setattr(caught_up, "LOOK_SECONDS", 0.0)

    async def a_minute_late(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        watch.advance(timedelta(seconds=1))
        gate._beat = watch.monotonic()
        desk.end += 300
        ends.append((watch.monotonic(), desk.end))
        desk.taken = max(end for at, end in ends if at <= max(watch.monotonic() - 60, ends[0][0]))
        return dict.fromkeys(places, desk.end)

    desk.ends = a_minute_late  # type: ignore[method-assign]
    await passes(gate, watch, BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert gate.why == "reading-is-behind"
    shut_at = watch.monotonic()
    await gate._open_again()
    assert gate.is_open
    assert CATCH_UP_SECONDS < watch.monotonic() - shut_at < 100, "what there was when it was shut is read by then"


async def test_a_broker_that_falls_silent_shuts_it_also_while_texts_have_their_turn() -> None:
    desk, watch, gate = await opened()
    desk.end = 1_000_000
    await passes(gate, watch, BEHIND_SECONDS + 2 * ASK_SECONDS)
    late_by(desk, watch, gate, FRESH_SECONDS + 1)
    await gate._open_again()
    assert gate.is_open

    async def away(_: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        raise ConnectionError

    desk.ends = away  # type: ignore[method-assign]
    await passes(gate, watch, BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert gate.why == "broker-was-silent"


async def test_the_time_in_which_the_broker_was_away_is_no_time_for_catching_up() -> None:
    desk, watch, gate = await opened()
    gate.shut("broker-was-silent")
    reading = desk.ends

    async def away(_: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        raise ConnectionError

    late_by(desk, watch, gate, FRESH_SECONDS + 1)
    late = desk.ends
    await tries_to_open(gate)
    desk.ends = away  # type: ignore[method-assign]
    await gate._open_again()
    watch.advance(timedelta(seconds=2 * CATCH_UP_SECONDS))
    desk.ends = late  # type: ignore[method-assign]
    await tries_to_open(gate)
    assert not gate.is_open, "what it kept meanwhile is read, and not yet what came while that was read"
    desk.ends = reading  # type: ignore[method-assign]
    await gate._open_again()
    assert gate.is_open


async def test_the_time_in_which_the_process_was_frozen_is_no_time_for_catching_up() -> None:
    desk, watch, gate = await opened()
    gate.shut("broker-was-silent")
    reading = desk.ends
    late_by(desk, watch, gate, FRESH_SECONDS + 0.1)
    await tries_to_open(gate, 0.1)
    watch.advance(timedelta(seconds=2 * CATCH_UP_SECONDS))
    gate._look()
    await tries_to_open(gate, 0.1)
    assert not gate.is_open
    desk.ends = reading  # type: ignore[method-assign]
    await gate._open_again()
    assert gate.is_open


async def test_a_second_freeze_while_it_is_shut_for_the_first_counts_as_a_pause_of_its_own() -> None:
    desk = Desk()
    gate = gate_of(desk, SystemClock())
    gate.shut("process-was-frozen")
    opening = asyncio.create_task(gate._open_again())
    while not desk.asked:
        await asyncio.sleep(0.01)
    desk.end = 2
    gate._beat -= FROZEN_SECONDS + 0.1
    desk.taken = 1
    async with asyncio.timeout(5):
        await opening
    assert not gate.is_open, "what was sent in the second freeze is not read"
    desk.taken = 2
    async with asyncio.timeout(5):
        await gate._open_again()
    assert gate.is_open
