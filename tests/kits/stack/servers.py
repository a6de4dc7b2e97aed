"""Stop or freeze servers for a while, wait for what comes of it; a loop and a folder for servers that outlive single tests."""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import psutil

from devstack.servers.kafka import KafkaNode
from devstack.servers.postgres import PostgresNode
from devstack.servers.stack import Stack
from services.kernel.clock import SystemClock

CLOCK = SystemClock()
_MEMORY, _ENOUGH = Path("/dev/shm"), 4 * 2**30  # noqa: S108 - a folder of its own is made in it
"""Linux's file system in memory, and the bytes free there with which all workers of a run have room for their servers."""
NOBODY = "nobody:0"
"""The address of a server that is not started because nobody asks for it."""
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


def for_programs() -> Path | None:
    """`in_memory`, where a test may also run what it writes there: some containers forbid it."""
    memory = in_memory()
    return memory if memory is not None and not os.statvfs(memory).f_flag & os.ST_NOEXEC else None


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


@contextmanager
def in_background(
    environment: Mapping[str, str],
    postgres_settings: Mapping[str, str] = MappingProxyType({}),
    begin: Callable[[Path], Awaitable[None]] | None = None,
) -> Iterator[Stack]:
    """Servers in a loop of their own, with data that nobody keeps; `environment` says which of them are somebody else's.

    `begin` is devstack.servers.stack.Stack's.
    """
    background = Background()
    made = Stack(
        None,
        within=in_memory(),
        postgres_settings=postgres_settings,
        begin=begin,
        on_progress=print,
        environment=environment,
    )
    background.run(made.__aenter__())
    try:
        yield made
    finally:
        background.run(made.close())
        background.close()
