"""The real servers: they answer soon, keep what they were given, share the machine, and leave nothing behind."""

import asyncio
import contextlib
import errno
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import psutil
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from devstack.servers.postgres import NO_DISK
from devstack.servers.stack import Stack, StackInUseError, TopicMismatchError, TopicSpec, _lock, create_topics

ROOT = Path(__file__).parents[3]
TOPICS = {"outage.dispatch": TopicSpec(4), "outage.customers": TopicSpec(4, compacted=True)}
YEAR_2031, YEAR_1999 = 1_924_992_000_000, 915_148_800_000  # milliseconds since 1970


def left_over(folder: Path) -> list[psutil.Process]:
    """Every process that names the folder in its arguments or works in it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != "zombie" and (
                any(str(folder) in word for word in process.cmdline()) or Path(process.cwd()).is_relative_to(folder)
            ):
                found.append(process)
    return found


async def put(stack: Stack, text: str) -> None:
    """One committed row in Postgres and one acknowledged record in Kafka."""
    connection = await asyncpg.connect(stack.postgres)
    await connection.execute("create table if not exists kept (body text)")
    await connection.execute("insert into kept values ($1)", text)
    await connection.close()
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka, acks="all", enable_idempotence=True) as producer:
        await producer.send_and_wait("outage.dispatch", text.encode(), partition=0, timestamp_ms=YEAR_2031)


async def everything(stack: Stack) -> tuple[list[str], list[tuple[str, int]]]:
    """Rows in Postgres; text and time stamp of the records in Kafka."""
    connection = await asyncpg.connect(stack.postgres)
    rows = [row["body"] for row in await connection.fetch("select body from kept")]
    await connection.close()
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka, auto_offset_reset="earliest")
    async with consumer:
        partition = TopicPartition("outage.dispatch", 0)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        records = [await consumer.getone() for _ in range(end)]
    return rows, [(record.value.decode(), record.timestamp) for record in records]


@contextlib.asynccontextmanager
async def taken(port: int) -> AsyncIterator[None]:
    """Held by us as soon as the dead let go of it; or by somebody who was quicker, which is as good."""
    async with contextlib.AsyncExitStack() as held:
        for _ in range(50):
            try:
                held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                await asyncio.sleep(0.1)
            else:
                break
        yield


@pytest.mark.stack
async def test_after_kill_nine_of_everything_the_data_are_found_again_even_on_other_ports(tmp_path: Path) -> None:
    async with Stack(tmp_path, environment={}) as stack:
        assert await create_topics(stack.kafka, TOPICS) == ["outage.dispatch", "outage.customers"]
        await put(stack, "a tree on the line")
        for process in [psutil.Process(stack.supervisor.pid), *left_over(tmp_path)]:
            with contextlib.suppress(psutil.NoSuchProcess):  # one gone takes others with it
                process.kill()
        first = {await stack.death(), await stack.death()}
        assert first == {stack.kafka_node, stack.postgres_node}
        old = (stack.kafka, stack.postgres_node.port if stack.postgres_node else 0)

    # Somebody else takes both ports before the next run.
    async with taken(int(old[0].split(":")[1])), taken(old[1]):
        async with Stack(tmp_path, environment={}) as stack:
            assert stack.kafka != old[0]
            assert await everything(stack) == (["a tree on the line"], [("a tree on the line", YEAR_2031)])
            assert await create_topics(stack.kafka, TOPICS) == []

            # A server alone can be killed and brought back under a running stack.
            assert stack.kafka_node is not None
            await stack.kafka_node.kill()
            async with asyncio.timeout(60):  # another test's broker may be the one that makes them
                while not stack.kafka_node.classes.options():
                    await asyncio.sleep(0.1)
            await stack.kafka_node.start()
            assert stack.kafka_node.child is not None
            mapped = [one.path for one in psutil.Process(stack.kafka_node.child.pid).memory_maps()]
            assert str(stack.kafka_node.classes.file) in mapped, "it has its classes from another broker"
            await put(stack, "cleared")
            assert [text for text, _ in (await everything(stack))[1]] == ["a tree on the line", "cleared"]
    assert left_over(tmp_path) == []


@pytest.mark.stack
async def test_two_stacks_at_once_do_not_meet(tmp_path: Path) -> None:
    stacks = [Stack(environment={}), Stack(environment={}, postgres_settings=NO_DISK)]
    async with contextlib.AsyncExitStack() as both:
        await asyncio.gather(*(both.enter_async_context(stack) for stack in stacks))
        assert len({stack.kafka for stack in stacks}) == len({stack.postgres for stack in stacks}) == 2
        formatted = [stack.folder / "kafka" / "data" / "meta.properties" for stack in stacks]
        assert len({await asyncio.to_thread(file.read_text) for file in formatted}) == 2, (
            "a cluster has an id of its own"
        )
        await create_topics(stacks[0].kafka, TOPICS)
        await put(stacks[0], "only here")
        assert await create_topics(stacks[1].kafka, TOPICS) == list(TOPICS)
        connection = await asyncpg.connect(stacks[1].postgres)
        assert await connection.fetchval("select to_regclass('kept')") is None
        assert await connection.fetchval("show fsync") == "off"
        await connection.close()

        await topics_are_compared(stacks[0])
        await old_and_future_stamps_are_kept(stacks[0])
        await another_command_uses_these_servers(stacks[0])
    for stack in stacks:
        assert left_over(stack.folder) == []
        assert not stack.folder.exists()


async def topics_are_compared(stack: Stack) -> None:
    """A topic is never bent to a new declaration, and none is made when one is wrong."""
    wrong = {"outage.new": TopicSpec(1), "outage.dispatch": TopicSpec(8), "outage.customers": TopicSpec(4)}
    with pytest.raises(TopicMismatchError) as refusal:
        await create_topics(stack.kafka, wrong)
    assert "outage.dispatch has 4 partitions and cleanup.policy=delete, declared are 8 and delete" in str(refusal.value)
    assert "outage.customers has 4 partitions and cleanup.policy=compact, declared are 4 and delete" in str(
        refusal.value
    )
    assert await create_topics(stack.kafka, {"outage.new": TopicSpec(1)}) == ["outage.new"]


async def old_and_future_stamps_are_kept(stack: Stack) -> None:
    """Simulated clocks are years away from the broker's; nothing is refused and nothing ages out."""
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka) as producer:
        for stamp in (YEAR_1999, YEAR_2031, YEAR_1999):
            await producer.send_and_wait("outage.dispatch", b"x", partition=0, timestamp_ms=stamp)
    stamps = [stamp for _, stamp in (await everything(stack))[1]]
    assert stamps[-3:] == [YEAR_1999, YEAR_2031, YEAR_1999]


async def another_command_uses_these_servers(stack: Stack) -> None:
    """Told of servers in the environment, a stack starts none and ends none."""
    async with Stack(environment=stack.environment) as second:
        assert (second.kafka, second.postgres) == (stack.kafka, stack.postgres)
        assert second.supervisor.children == ()
    assert stack.kafka_node is not None
    assert stack.kafka_node.child is not None
    assert stack.kafka_node.child.running


@pytest.mark.stack
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_no_server_outlives_the_command_ended_by(ending: signal.Signals) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in ("OUTAGE_KAFKA", "OUTAGE_POSTGRES")}
    command = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "devstack"),
        cwd=ROOT,
        env=clean,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert command.stdout is not None
    assert command.stderr is not None
    exports = [(await command.stdout.readline()).decode() for _ in range(2)]
    assert exports[0].startswith("export OUTAGE_KAFKA=127.0.0.1:")
    assert exports[1].startswith("export OUTAGE_POSTGRES=postgresql://postgres:")
    while not (where := re.search(r"logs and data in (.*); Ctrl-C", (await command.stderr.readline()).decode())):
        pass
    folder = Path(where[1])
    running = left_over(folder)
    assert len(running) >= 3  # the warden, Kafka, Postgres

    command.send_signal(ending)
    await command.communicate()
    assert command.returncode == (-signal.SIGKILL if ending == signal.SIGKILL else 0)
    async with asyncio.timeout(10):
        while left_over(folder) or await asyncio.to_thread(folder.exists):
            await asyncio.sleep(0.05)


async def test_a_folder_in_use_is_refused_and_its_user_named(tmp_path: Path) -> None:
    held = await _lock(tmp_path, lambda _: None)
    try:
        with pytest.raises(StackInUseError, match=f"in use by process {os.getpid()}"):
            await _lock(tmp_path, lambda _: None, patience=0.2)
    finally:
        os.close(held)
    os.close(await _lock(tmp_path, lambda _: None))
