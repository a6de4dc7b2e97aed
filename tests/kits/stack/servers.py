"""Stop or freeze servers for a while, wait for what comes of it; a loop and a folder for servers that outlive single tests."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import psutil

from devstack.servers.kafka import KafkaNode
from devstack.servers.postgres import PostgresNode
from services.kernel.clock import SystemClock

CLOCK = SystemClock()
_MEMORY, _ENOUGH = Path("/dev/shm"), 4 * 2**30  # noqa: S108 - a folder of its own is made in it
"""Linux's file system in memory, and the bytes free there with which all workers of a run have room for their servers."""
T = TypeVar("T")


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


def in_memory() -> Path | None:
    """Where servers that nobody keeps put their data; None, the disk, where memory has too little room for that.

    Each test's database is three hundred new files: in memory a tenth of the processor time that a disk's file system takes.
    """
    return _MEMORY if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ENOUGH else None


class Background:
    """A loop of its own for the stack, which outlives the loops of single tests."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], seconds: float = 180.0) -> T:
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return future.result(seconds)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
