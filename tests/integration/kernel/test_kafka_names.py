"""A header whose name is no UTF-8 is read from a real Kafka, and stops no reader; those behind it are read too."""

import asyncio
import struct
from datetime import UTC, datetime

import aiokafka.producer.message_accumulator as accumulator
import pytest
from aiokafka.record.util import calc_crc32c

from devstack.servers.stack import TopicSpec, create_topics
from services.kernel.adapters.faust_shell import Shell
from services.kernel.adapters.kafka import Produce, Producer, Reader
from services.kernel.model import Record

AT = datetime(2026, 3, 5, tzinfo=UTC)
MARK, WRONG = b"no-utf-8-here", b"\xff\xfe\xed\xa0\x80\x00\xc0\x80xxxxx"
CRC_AT, CRC_FROM = 17, 21


@pytest.fixture
def any_bytes_as_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A producer that writes what clients in C may: bytes of no encoding as the name of a header."""
    build = accumulator.BatchBuilder._build

    def wrong(self) -> bytearray:
        made = bytearray(build(self))
        made[:] = made.replace(MARK, WRONG)
        made[CRC_AT:CRC_FROM] = struct.pack(">I", calc_crc32c(bytes(made[CRC_FROM:])))
        return made

    monkeypatch.setattr(accumulator.BatchBuilder, "_build", wrong)


async def put(kafka: str, topic: str) -> None:
    producer = Producer(kafka)
    names = [("a", b"1")], [(MARK.decode(), b"2"), ("b", b"3")], [("c", b"4")]
    rows = [Produce(topic, b"k", str(n).encode(), headers, AT) for n, headers in enumerate(names)]
    assert await producer.send(rows) == [True] * 3
    await producer.stop()


def checked(records: list[Record]) -> None:
    assert [record.value for record in records] == [b"0", b"1", b"2"]
    assert [record.offset for record in records] == [0, 1, 2]
    assert list(records[1].headers) == [WRONG.decode("utf-8", "backslashreplace"), "b"]
    assert [dict(records[n].headers) for n in (0, 2)] == [{"a": b"1"}, {"c": b"4"}]
    assert len({record.digest() for record in records}) == 3


async def test_the_reader_in_no_group_reads_it(kafka: str, any_bytes_as_names: None) -> None:
    await create_topics(kafka, {"names-reader": TopicSpec(1)})
    await put(kafka, "names-reader")
    reader = Reader(kafka)
    checked(list(await reader.read(("names-reader", 0), 0, 3)))
    await reader.close()


async def test_faust_reads_it(kafka: str, any_bytes_as_names: None) -> None:
    await create_topics(kafka, {"names-faust": TopicSpec(1)})
    await put(kafka, "names-faust")
    found: list[Record] = []
    whole = asyncio.Event()

    async def take(records: list[Record]) -> None:
        found.extend(records)
        if len(found) >= 3:
            whole.set()

    async def places(_: object) -> None:
        """Nothing to check: the fence is another test's."""

    shell = Shell(
        name="names", bootstrap=kafka, topics=["names-faust"], take=take, assigned=places, revoked=places,
        batch_max=10, instance=None,
    )  # fmt: skip
    await shell.start()
    try:
        async with asyncio.timeout(60):
            await whole.wait()
    finally:
        await shell.stop()
    checked(found)
