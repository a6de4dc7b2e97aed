"""When texts go: what was sent in a pause, or lies unread for long, is waited for, and nobody is kept silent by it."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from prometheus_client import CollectorRegistry

from services.kernel.clock import Clock, SystemClock
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Record, TopicPartition
from services.notifier.sending.gates.caught_up import (
    ASK_SECONDS,
    BEHIND_SECONDS,
    CATCH_UP_SECONDS,
    FRESH_SECONDS,
    FROZEN_SECONDS,
    CaughtUpGate,
)

START = datetime(2026, 3, 5, tzinfo=UTC)
DISPATCH, AUDIENCE = ("outage.dispatch", 0), ("outage.audience", 0)


class Desk:
    """Broker and fences on paper. What was sent in a pause raises `end` when the process has woken from it."""

    def __init__(self) -> None:
        self.end, self.taken = 1, 0
        self.own_words, self.own_words_read = 0, 0
        self.asked = 0
        self.log = self.log_read = 1
        """Which one the topic of dispatch is, and was when it was read: deleted and made anew it is another."""
        self.own_anew = False

    async def partitions(self, topics: Collection[str]) -> Sequence[TopicPartition]:
        return [place for place in (DISPATCH, AUDIENCE) if place[0] in topics]

    async def ends(self, places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        self.asked += 1
        return {place: self.end if place == DISPATCH else self.own_words for place in places}

    async def fetch(self, sql: str, *_: Any) -> list[dict[str, Any]]:
        if "consumer_offset" not in sql:
            return []
        fences = {DISPATCH: self.taken, AUDIENCE: self.own_words_read}
        last = record(self.log_read, self.taken) if self.taken else None
        below = {"last_digest": last and last.digest(), "last_stamp": last and last.timestamp}
        unknown = {"last_digest": None, "last_stamp": None}
        if self.own_anew:
            fences[AUDIENCE] = self.own_words + 1
        return [
            {"topic": place[0], "partition": 0, "next_offset": at, **(below if place == DISPATCH else unknown)}
            for place, at in fences.items()
        ]

    async def since(self, instants: Mapping[TopicPartition, datetime]) -> Mapping[TopicPartition, int]:
        return dict.fromkeys(instants, 0 if self.log > self.log_read else self.end)

    async def read(self, place: TopicPartition, start: int, end: int, limit: int | None = None) -> Sequence[Record]:
        assert (place, start) == (DISPATCH, self.taken - 1)
        return [record(self.log, end)]

    async def fetchval(self, *_: Any) -> int:
        return 0


def record(log: int, end: int) -> Record:
    """The last one of a log that ends there."""
    return Record(*DISPATCH, end - 1, b"k", f"{log}".encode(), {}, START + timedelta(days=log - 1), by_broker=True)


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


async def test_it_opens_only_when_what_was_read_is_of_now() -> None:
    desk, watch, gate = await opened()
    gate.shut("broker-was-silent")
    reading = desk.ends

    async def slowly(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        watch.advance(timedelta(seconds=FRESH_SECONDS / 2 + 0.1))
        gate._beat = watch.monotonic()
        return await reading(places)

    desk.ends = slowly  # type: ignore[method-assign]
    await gate._open_again()
    assert not gate.is_open, "the facts that came while it was read are not read"
    desk.ends = reading  # type: ignore[method-assign]
    await gate._open_again()
    assert gate.is_open


async def test_reading_that_never_catches_up_lets_texts_go_by_turns() -> None:
    desk, watch, gate = await opened()
    desk.end = 1_000_000
    await passes(gate, watch, BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert not gate.is_open
    reading = desk.ends

    async def always_late(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        found = await reading(places)
        desk.taken = desk.end
        watch.advance(timedelta(seconds=FRESH_SECONDS))
        gate._beat = watch.monotonic()
        return found

    desk.ends = always_late  # type: ignore[method-assign]
    while not gate.is_open:
        await gate._open_again()
    desk.ends = reading  # type: ignore[method-assign]
    desk.end *= 2
    await passes(gate, watch, CATCH_UP_SECONDS - BEHIND_SECONDS)
    assert gate.is_open, "late words are better than none"
    await passes(gate, watch, 2 * BEHIND_SECONDS + 2 * ASK_SECONDS)
    assert not gate.is_open, "and then it catches up again"


async def test_the_time_in_which_the_broker_was_away_is_no_time_for_catching_up() -> None:
    desk, watch, gate = await opened()
    gate.shut("broker-was-silent")
    reading = desk.ends

    async def away(_: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        raise ConnectionError

    async def late(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        found = await reading(places)
        watch.advance(timedelta(seconds=FRESH_SECONDS + 1))
        gate._beat = watch.monotonic()
        return found

    desk.ends = late  # type: ignore[method-assign]
    await gate._open_again()
    desk.ends = away  # type: ignore[method-assign]
    await gate._open_again()
    watch.advance(timedelta(seconds=2 * CATCH_UP_SECONDS))
    desk.ends = late  # type: ignore[method-assign]
    await gate._open_again()
    assert not gate.is_open, "what it kept meanwhile is read, and not yet what came while that was read"
    desk.ends = reading  # type: ignore[method-assign]
    await gate._open_again()
    assert gate.is_open


async def test_the_time_in_which_the_process_was_frozen_is_no_time_for_catching_up() -> None:
    desk, watch, gate = await opened()
    gate.shut("broker-was-silent")
    reading = desk.ends

    async def late(places: Collection[TopicPartition]) -> Mapping[TopicPartition, int]:
        watch.advance(timedelta(seconds=FRESH_SECONDS / 2 + 0.1))
        gate._beat = watch.monotonic()
        return await reading(places)

    desk.ends = late  # type: ignore[method-assign]
    await gate._open_again()
    watch.advance(timedelta(seconds=2 * CATCH_UP_SECONDS))
    gate._look()
    await gate._open_again()
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
