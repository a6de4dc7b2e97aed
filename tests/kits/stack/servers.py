"""Stop or freeze servers for a while, and wait for what comes of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import psutil

from devstack.servers.kafka import KafkaNode
from devstack.servers.postgres import PostgresNode
from services.kernel.warp import SystemClock

CLOCK = SystemClock()


async def until(look: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
    end = CLOCK.monotonic() + seconds
    while not await look():
        assert CLOCK.monotonic() < end, f"waited {seconds:.0f} s for {what}"
        await asyncio.sleep(0.1)


@asynccontextmanager
async def frozen(server: KafkaNode | PostgresNode) -> AsyncIterator[None]:
    """Its processes stand still: connections stay, and nobody answers."""
    assert server.child is not None
    root = psutil.Process(server.child.pid)
    processes = [root, *root.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            if process.is_running():
                process.resume()


@asynccontextmanager
async def stopped(server: KafkaNode | PostgresNode) -> AsyncIterator[None]:
    await server.kill()
    try:
        yield
    finally:
        await server.start()
