"""Run one worker to measure: `python -m bench.parts.worker bare|kernel|planner`, addresses from the environment."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from services.kernel.adapters.migrate import migrate
from services.kernel.model import Service
from services.kernel.running.main import SERVICES, folders, main
from services.kernel.running.settings import KernelSettings
from services.policy.settings import PolicySettings
from tests.kits.kernel.toy import Toy

BATCH = 500
BARE_OUT = "outage.audience"  # any topic will do: the bare pipe writes what it reads


class OneToOne(Toy):
    """The least a service can be: one fact in, one event in the log, one event out."""

    name = "bench"
    inputs: Sequence[str] = ("outage.dispatch",)


async def bare(kafka: str, postgres: str) -> None:
    """Read a batch, insert it in one statement, send it on, commit offsets: no inbox, no streams, no decisions, no fence."""
    connection = await asyncpg.connect(postgres)
    await connection.execute(
        "create table if not exists bare (topic text, partition int, record_offset bigint, key bytea, value bytea)"
    )
    consumer = AIOKafkaConsumer(
        "outage.dispatch",
        bootstrap_servers=kafka,
        group_id="bench-bare",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, acks="all", linger_ms=2)
    await consumer.start()
    await producer.start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    while not stop.is_set():
        polled = await consumer.getmany(timeout_ms=100, max_records=BATCH)
        records = [record for batch in polled.values() for record in batch]
        if not records:
            continue
        rows = [(r.topic, r.partition, r.offset, r.key, r.value) for r in records]
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(
            "insert into bare select * from unnest($1::text[], $2::int[], $3::bigint[], $4::bytea[], $5::bytea[])",
            *columns,
        )
        sent = [await producer.send(BARE_OUT, r.value, key=r.key, headers=list(r.headers)) for r in records]
        await asyncio.gather(*sent)
        await consumer.commit()
    await consumer.stop()
    await producer.stop()
    await connection.close()


def kernel() -> None:
    """The write path around a decider that decides nothing."""

    def build(_: KernelSettings) -> Service:
        return OneToOne()

    main(KernelSettings, build)


def planner() -> None:
    """The planner as it is deployed."""
    from services.planner.app import build

    main(PolicySettings, build)


async def prepare(postgres: str) -> None:
    """Schemas for what is measured."""
    await migrate(postgres, "bench", [SERVICES / "kernel" / "sql" / "migrations"])
    await migrate(postgres, "planner", folders("planner"))


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        asyncio.run(bare(os.environ["OUTAGE_KAFKA"], os.environ["OUTAGE_POSTGRES"]))
    else:
        {"kernel": kernel, "planner": planner}[sys.argv[1]]()
