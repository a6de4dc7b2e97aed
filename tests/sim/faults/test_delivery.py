"""Records that come late, twice, never, or are gone before they are read."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial

import pytest

from services.kernel.model import Record
from services.kernel.writing.fence import Hole, sift
from tests.sim.broker import Broker, Reader, Shell
from tests.sim.heard import Heard, offsets, until

AT = datetime(2026, 3, 5, 12, tzinfo=UTC)
PLACE, OTHER = ("t", 0), ("t", 1)


def put(broker: Broker, count: int, place: tuple[str, int] = PLACE) -> None:
    for _ in range(count):
        broker.append(place, b"k", b"v", (), AT)


@pytest.fixture
async def alone(broker: Broker) -> AsyncIterator[Heard]:
    heard = Heard(partial(Shell, link=broker.link("a")), "group", ["t"])
    await heard.shell.start()
    yield heard
    await heard.shell.stop()


async def test_a_partition_that_lags_is_overtaken_by_the_others(broker: Broker, alone: Heard) -> None:
    broker.faults.lag[PLACE] = 30.0
    put(broker, 3)
    await asyncio.sleep(10)
    put(broker, 2)
    put(broker, 4, OTHER)
    await asyncio.sleep(1)
    assert offsets(alone.records) == {1: [0, 1, 2, 3]}
    assert (await Reader(broker.link("b")).ends([PLACE]))[PLACE] == 5, "it is there; it only is not delivered"
    await asyncio.sleep(19.5)
    assert offsets(alone.records)[0] == [0, 1, 2]
    await asyncio.sleep(10)
    assert offsets(alone.records)[0] == [0, 1, 2, 3, 4]


async def test_a_lag_that_is_lifted_delivers_what_waits_with_the_next_record(broker: Broker, alone: Heard) -> None:
    broker.faults.lag[PLACE] = 1e6
    put(broker, 3)
    await asyncio.sleep(5)
    assert alone.records == []
    del broker.faults.lag[PLACE]
    put(broker, 1)
    await until(lambda: offsets(alone.records) == {0: [0, 1, 2, 3]}, 1)


async def test_a_skipped_record_leaves_a_hole_that_the_fence_finds_and_a_reader_fills(
    broker: Broker, alone: Heard
) -> None:
    broker.faults.skipped.update({(PLACE, 1), (PLACE, 2)})
    put(broker, 5)
    await until(lambda: len(alone.records) == 3)
    with pytest.raises(Hole, match="goes on at 3 but 1 is next"):
        sift(alone.records, {PLACE: 0}, {})
    assert [record.offset for record in await Reader(broker.link("b")).read(PLACE, 1, 3)] == [1, 2]
    await asyncio.sleep(5)
    assert broker.group("outage-group").offsets[PLACE] == 5, "Kafka is told that all was read"


async def test_records_at_the_end_that_are_skipped_never_come(broker: Broker, alone: Heard) -> None:
    broker.faults.skipped.update({(PLACE, 3), (PLACE, 4)})
    put(broker, 5)
    await asyncio.sleep(100)
    assert offsets(alone.records) == {0: [0, 1, 2]}


async def test_what_was_handed_over_comes_again_on_command(broker: Broker, alone: Heard) -> None:
    put(broker, 5)
    await until(lambda: len(alone.records) == 5)
    broker.redeliver("outage-group", PLACE, 2)
    await until(lambda: len(alone.records) == 8)
    assert offsets(alone.records) == {0: [0, 1, 2, 3, 4, 2, 3, 4]}
    put(broker, 1)
    await until(lambda: alone.records[-1].offset == 5)


async def test_a_member_whose_records_retention_took_goes_on_at_the_earliest_one(broker: Broker) -> None:
    put(broker, 10)
    broker.group("outage-group").offsets[PLACE] = 2
    broker.partition(PLACE).cut(6)
    heard = Heard(partial(Shell, link=broker.link("a")), "group", ["t"])
    await heard.shell.start()
    await asyncio.sleep(5)
    assert offsets(heard.records) == {0: [6, 7, 8, 9]}
    await heard.shell.stop()


async def test_compaction_keeps_the_last_of_each_key_and_leaves_holes(broker: Broker) -> None:
    broker.create("c", 1, compacted=True)
    for key, value in ((b"a", b"1"), (b"b", b"2"), (b"a", b"3"), (b"c", None), (b"b", None)):
        broker.append(("c", 0), key, value, (), AT)
    reader = Reader(broker.link("b"))

    async def read() -> list[tuple[int, bytes | None]]:
        return [(record.offset, record.key) for record in await reader.read(("c", 0), 0, 5)]

    broker.partition(("c", 0)).compact(tombstones=False)
    assert await read() == [(2, b"a"), (3, b"c"), (4, b"b")]
    broker.partition(("c", 0)).compact(tombstones=True)
    assert await read() == [(2, b"a")]
    assert await reader.bounds([("c", 0)]) == {("c", 0): (0, 5)}


async def test_markers_are_offsets_that_hold_nothing(broker: Broker, alone: Heard) -> None:
    put(broker, 2)
    broker.partition(PLACE).markers(1)
    put(broker, 1)
    broker.partition(PLACE).markers(2)
    await until(lambda: len(alone.records) == 3)
    assert offsets(alone.records) == {0: [0, 1, 3]}
    reader = Reader(broker.link("b"))
    assert await reader.ends([PLACE]) == {PLACE: 6}
    assert await reader.read(PLACE, 4, 6) == []
    assert [record.offset for record in await reader.read(PLACE, 1, 6)] == [1, 3]


async def test_a_topic_made_anew_is_read_when_the_members_notice_it(broker: Broker, alone: Heard) -> None:
    put(broker, 5)
    await asyncio.sleep(5)
    broker.delete("t")
    await until(lambda: alone.places == [], 5)
    broker.create("t", 2)
    put(broker, 3)
    await until(lambda: len(alone.places) == 2, 301)
    await until(lambda: len(alone.records) == 8)
    assert offsets(alone.records) == {0: [0, 1, 2, 3, 4, 0, 1, 2]}


async def test_a_topic_made_anew_at_once_is_not_noticed_and_what_lies_below_what_was_read_is_dropped(
    broker: Broker, alone: Heard
) -> None:
    put(broker, 5)
    await asyncio.sleep(5)
    broker.delete("t")
    broker.create("t", 4)
    put(broker, 8)
    await asyncio.sleep(1_000)
    assert offsets(alone.records) == {0: [0, 1, 2, 3, 4, 5, 6, 7]}
    assert alone.told[1:] == [("assigned", [("t", n) for n in range(4)])]


async def test_of_a_large_backlog_no_more_lies_ready_than_may(broker: Broker, alone: Heard) -> None:
    free = asyncio.Event()

    async def hold(_: list[Record]) -> None:
        await free.wait()

    alone.before = hold
    for n in range(4):
        for _ in range(30):
            broker.append(("t", n), b"k", b"x" * 200_000, (), AT)
    await asyncio.sleep(100)
    ready = alone.shell._prefetch
    assert 4 << 20 <= ready._bytes <= 6 << 20
    free.set()
    await until(lambda: len(alone.records) == 120)


async def test_what_every_reader_has_committed_is_deleted_but_for_the_last_record(broker: Broker) -> None:
    broker.create("kept", 1, compacted=True)
    put(broker, 5)
    put(broker, 3, OTHER)
    put(broker, 2, ("kept", 0))
    broker.group("first").offsets.update({PLACE: 5, OTHER: 3, ("kept", 0): 2})
    broker.group("second").offsets.update({PLACE: 2})
    broker.expire({"first": ["t", "kept"], "second": ["t"], "elsewhere": ["kept"]})
    assert broker.bounds([PLACE, OTHER, ("kept", 0)]) == {PLACE: (2, 5), OTHER: (0, 3), ("kept", 0): (0, 2)}
    broker.group("second").offsets.update({PLACE: 5, OTHER: 3})
    broker.expire({"first": ["t", "kept"], "second": ["t"]})
    assert broker.bounds([PLACE, OTHER]) == {PLACE: (4, 5), OTHER: (2, 3)}
