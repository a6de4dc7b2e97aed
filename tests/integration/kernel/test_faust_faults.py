"""Faust's two faults (docs/adr/0002) are still there, and a process of ours that dies of a record loses none.

Where a test of the first kind fails, Faust has mended the fault: the shell and the decision may become simpler.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faust

from devstack.servers.stack import TopicSpec, create_topics
from services.kernel.adapters.faust_shell import Shell
from services.kernel.adapters.kafka import Produce, Producer, Reader
from services.kernel.model import Record
from services.kernel.running.boot import EX_SOFTWARE
from tests.sim.heard import Heard, offsets, until

AT = datetime(2026, 3, 5, tzinfo=UTC)
COMMITTED = 2.5


class StockShell(Shell):
    """The shell as Faust's guide writes one: Faust acknowledges."""

    async def _read(self, stream: Any) -> None:
        async for event in stream.events():
            message = event.message
            await self._take([Record(message.topic, message.partition, message.offset, b"", b"", {}, AT)])


async def send(kafka: str, topic: str, count: int) -> None:
    producer = Producer(kafka)
    assert all(await producer.send([Produce(topic, f"k{n}".encode(), f"{n}".encode(), [], AT) for n in range(count)]))
    await producer.stop()


async def test_faust_acknowledges_what_raised(kafka: str) -> None:
    topic = "faust-faults-ack"
    await create_topics(kafka, {topic: TopicSpec(1)})
    await send(kafka, topic, 6)

    async def last_raises(records: Sequence[Record]) -> None:
        if records[0].offset == 5:
            raise RuntimeError("not handled")

    def heard() -> Heard:
        return Heard(lambda **words: StockShell(bootstrap=kafka, **words), topic, [topic])

    first = heard()
    first.before = last_raises
    async with first:
        await until(lambda: len(first.records) == 5)
        await asyncio.sleep(COMMITTED)
    async with heard() as second:
        await send(kafka, topic, 1)
        await until(lambda: bool(second.records))
    assert offsets(first.records + second.records) == {0: [0, 1, 2, 3, 4, 6]}, "Faust has mended it"


def test_faust_commits_past_what_is_not_acknowledged() -> None:
    app = faust.App("faust-faults-commit", broker="kafka://127.0.0.1:1", web_enabled=False)
    consumer, place = app.consumer, faust.types.TP("t", 0)
    consumer._committed_offset[place] = 10  # 10 is in hand
    consumer._acked[place] = [11, 12, 13]
    assert consumer._new_offset(place) == 14, "Faust has mended it (issue 606, fix 707)"
    consumer._acked[place] = [12, 13]
    assert consumer._new_offset(place) is None, "it looks for a hole, but for one of one record"


async def test_a_process_that_dies_of_a_record_loses_none(kafka: str, tmp_path: Path) -> None:
    topic = "faust-faults-death"
    await create_topics(kafka, {topic: TopicSpec(2)})
    await send(kafka, topic, 300)

    async def process() -> asyncio.subprocess.Process:
        words = (kafka, topic, str(tmp_path), "150")
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.kits.kernel.reads_and_dies", *words, stderr=asyncio.subprocess.DEVNULL
        )

    def handled() -> list[str]:
        file = tmp_path / "handled"
        return file.read_text().splitlines() if file.exists() else []

    first = await process()
    assert await asyncio.wait_for(first.wait(), 60) == EX_SOFTWARE
    before = handled()
    assert len(before) < 300
    async with AsyncExitStack() as stack:
        second = await process()
        stack.callback(second.kill)
        await until(lambda: len(set(handled())) == 300, 60)
    await second.wait()
    reader = Reader(kafka)
    ends = await reader.ends([(topic, 0), (topic, 1)])
    await reader.close()
    assert set(handled()) == {f"{number} {offset}" for (_, number), end in ends.items() for offset in range(end)}
