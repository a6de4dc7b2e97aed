"""The local stack: a PostgreSQL, a Kafka and the supervisor for whatever runs on them."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

from devstack.private import private_folder
from devstack.processes.supervisor import Child, Supervisor
from devstack.servers.kafka import KafkaNode
from devstack.servers.node import NodeError, Progress
from devstack.servers.postgres import PLAIN_ACCOUNT, PostgresNode
from devstack.servers.topics import TopicMismatchError, TopicNotCreatedError, TopicSpec, create_topics

__all__ = [
    "NodeError",
    "Stack",
    "StackInUseError",
    "TopicMismatchError",
    "TopicNotCreatedError",
    "TopicSpec",
    "create_topics",
]

Node = KafkaNode | PostgresNode


class StackInUseError(Exception):
    """Another command runs a stack in this folder."""


class Stack:
    """Async context manager. `folder` keeps data between runs; None is a temporary folder (in `within`), removed afterwards.

    A server named by OUTAGE_KAFKA (`host:port`) or OUTAGE_POSTGRES (DSN of a role that may create roles and databases)
    is used instead of one of our own. `postgres_settings` go before those of conf/postgresql.conf, in a server of our own.
    `imports` are the supervisor's: what is started as `python -m …` is forked off a process that has imported them.
    `begin` may fill the folder before the servers look at it, where the database is our own. Servers that are not `orderly` are
    killed at the end, as those in a temporary folder are: they find all again, but must look for it.
    `on_progress` gets one readable line per step.
    Raises StackInUseError, NodeError, devstack.servers.jars.JarsUnavailableError, JarRefusedError.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        within: Path | None = None,
        postgres_settings: Mapping[str, str] = MappingProxyType({}),
        imports: Sequence[str] = (),
        begin: Callable[[Path], Awaitable[None]] | None = None,
        orderly: bool = True,
        on_progress: Progress = lambda _: None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._wanted_folder = folder
        self._within = within
        self._postgres_settings = postgres_settings
        self._imports = tuple(imports)
        self._begin = begin
        self._orderly = orderly and folder is not None
        self._on_progress = on_progress
        self._outside_kafka = environment.get("OUTAGE_KAFKA") or None
        self._outside_postgres = environment.get("OUTAGE_POSTGRES") or None
        self._lock_fd = -1
        self._deaths: asyncio.Queue[Node] = asyncio.Queue()
        self._closing = False
        self.kafka_node: KafkaNode | None = None
        self.postgres_node: PostgresNode | None = None
        self.folder: Path
        self.supervisor: Supervisor

    @property
    def kafka(self) -> str:
        """Bootstrap address, `host:port`."""
        return self._outside_kafka or (self.kafka_node.bootstrap if self.kafka_node else "")

    @property
    def postgres(self) -> str:
        """DSN of the administrator, database `postgres` unless OUTAGE_POSTGRES says otherwise."""
        return self._outside_postgres or (self.postgres_node.dsn() if self.postgres_node else "")

    @property
    def environment(self) -> dict[str, str]:
        """What other commands and the services need in order to use this stack."""
        return {"OUTAGE_KAFKA": self.kafka, "OUTAGE_POSTGRES": self.postgres}

    async def __aenter__(self) -> Self:
        keep = self._wanted_folder is not None
        self.folder = (
            self._wanted_folder or Path(tempfile.mkdtemp(prefix="outage-stack-", dir=self._within))
        ).absolute()
        made = private_folder(self.folder)
        if os.geteuid() == 0 and (made or not keep):
            # The database's account gets in because the folder is its own, not by a capability (devstack/processes/plain_user.py).
            shutil.chown(self.folder, PLAIN_ACCOUNT)
        try:
            self._lock_fd = await _lock(self.folder, self._on_progress)
            self.supervisor = Supervisor(
                log_file=self.folder / "supervisor.log",
                throw_away=None if keep else self.folder,
                hold=[self._lock_fd],
                imports=self._imports,
            )
            await self.supervisor.__aenter__()
        except BaseException:
            self._unlock()
            if not keep:
                shutil.rmtree(self.folder, ignore_errors=True)
            raise
        try:
            if self._begin is not None and not self._outside_postgres:
                await self._begin(self.folder)
            await self._start_servers(keep=self._orderly)
        except BaseException:
            await asyncio.shield(self.close())
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop services, then servers, then the supervisor; remove a temporary folder."""
        self._closing = True
        await self.supervisor.close()
        self._unlock()

    async def death(self) -> Node:
        """The next server that ends without having been told to; `await node.start()` brings it back with its data."""
        return await self._deaths.get()

    async def _start_servers(self, *, keep: bool) -> None:
        nodes: list[Node] = []
        if self._outside_postgres:
            self._on_progress("PostgreSQL: using the one that OUTAGE_POSTGRES names")
        else:
            self.postgres_node = PostgresNode(
                self.folder,
                self.supervisor,
                keep=keep,
                settings=self._postgres_settings,
                on_progress=self._on_progress,
                on_exit=self._note_exit,
            )
            nodes.append(self.postgres_node)
        if self._outside_kafka:
            self._on_progress("Kafka: using the one that OUTAGE_KAFKA names")
        else:
            self.kafka_node = KafkaNode(
                self.folder, self.supervisor, keep=keep, on_progress=self._on_progress, on_exit=self._note_exit
            )
            nodes.append(self.kafka_node)
        async with _first_error_alone(), asyncio.TaskGroup() as group:
            for node in nodes:
                group.create_task(node.start())

    def _note_exit(self, child: Child) -> None:
        """Only a server that had answered and was not told to go is a death; before that, start() itself reports."""
        for node in (self.postgres_node, self.kafka_node):
            if node is not None and node.child is child and not (self._closing or node.told_to_end):
                self._deaths.put_nowait(node)

    def _unlock(self) -> None:
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1


@contextlib.asynccontextmanager
async def _first_error_alone() -> AsyncIterator[None]:
    """A task group's first error without its wrapping, so that callers catch NodeError and not a group of one."""
    try:
        yield
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


async def _lock(folder: Path, on_progress: Progress, patience: float = 20.0) -> int:
    """The folder's lock, as a file descriptor; a supervisor that is still ending a killed run is waited for.

    Both the command and its supervisor hold it, so it is free only when everything of a run is gone.
    """
    descriptor = os.open(folder / "stack.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = asyncio.get_running_loop().time() + patience
    told = False
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = os.pread(descriptor, 20, 0).decode() or "?"
                if asyncio.get_running_loop().time() > deadline:
                    raise StackInUseError(
                        f"{folder} is in use by process {owner}. Stop that one (Ctrl-C), or give another folder."
                    ) from None
                if not told:
                    on_progress(f"waiting for process {owner}, or what it left behind, to leave {folder}")
                    told = True
                await asyncio.sleep(0.1)
            else:
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, str(os.getpid()).encode(), 0)
                return descriptor
    except BaseException:
        os.close(descriptor)
        raise
