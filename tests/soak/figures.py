"""Look at a running system from outside: what its processes, its tables and its topics take at this moment."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple, Self

import psutil

from devstack.player import INPUTS
from devstack.system import PARTITIONS, SERVICES, System
from schemas.contracts.all_types import TOPICS
from services.kernel.adapters.kafka import Reader

MIB = 1024 * 1024

_TABLES = """
select n.nspname as schema, c.relname as name, pg_table_size(c.oid) as heap, pg_indexes_size(c.oid) as indexes
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' order by 1, 2
"""
_CONNECTIONS = """
select application_name as name, count(*) as n from pg_stat_activity
where application_name like 'outage-%' and datname = current_database() group by 1
"""


class Figure(NamedTuple):
    """`what`: process, `schema.table` or topic. Units are in the figure's name, or it counts pieces."""

    what: str
    figure: str
    value: float


class Watch:
    """Async context manager; its connections are its own, and none of them is counted."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._database = await self._system.connect("public")
        self._exits.push_async_callback(self._database.close)
        self._reader = Reader(self._system.stack.kafka)
        self._exits.push_async_callback(self._reader.close)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._exits.aclose()

    async def look(self) -> list[Figure]:
        """Every figure, as of now."""
        return [
            *await asyncio.to_thread(lambda: list(self._processes())),
            *await self._tables(),
            *await self._topics(),
            *await asyncio.to_thread(lambda: list(_logs(self._system.folder))),
        ]

    def _processes(self) -> Iterator[Figure]:
        for child in self._system.stack.supervisor.children:
            with contextlib.suppress(psutil.NoSuchProcess):
                first = psutil.Process(child.pid)
                others = first.children(recursive=True)
                # What PostgreSQL's processes share is counted once.
                memory = first.memory_info().rss + sum(_of(one, _private) for one in others)
                yield Figure(child.name, "rss MiB", memory / MIB)
                for figure, ask in _ASKED.items():
                    yield Figure(child.name, figure, sum(_of(one, ask) for one in (first, *others)))

    async def _tables(self) -> list[Figure]:
        tables = {f"{row['schema']}.{row['name']}": row for row in await self._database.fetch(_TABLES)}
        counts = " union all ".join(
            f'select \'{what}\', count(*) from "{row["schema"]}"."{row["name"]}"' for what, row in tables.items()
        )
        found = [Figure(what, "rows", rows) for what, rows in await self._database.fetch(counts)]
        for what, row in tables.items():
            found += [Figure(what, "table MiB", row["heap"] / MIB), Figure(what, "index MiB", row["indexes"] / MIB)]
        held: dict[str, int] = defaultdict(int)
        for row in await self._database.fetch(_CONNECTIONS):
            held[row["name"].split("-")[1]] += row["n"]
        return [*found, *(Figure(name, "database", count) for name, count in held.items())]

    async def _topics(self) -> list[Figure]:
        ends = await self._reader.ends([(topic, number) for topic in TOPICS for number in range(PARTITIONS)])
        records: dict[str, int] = defaultdict(int)
        for (topic, _), end in ends.items():
            records[topic] += end
        found = [Figure(topic, "records", count) for topic, count in records.items()]
        for name in SERVICES:
            rows = await self._database.fetch(f"select topic, partition, next_offset from {name}.consumer_offset")
            read = {(row["topic"], row["partition"]): row["next_offset"] for row in rows}
            places = [(topic, number) for topic in INPUTS[name] for number in range(PARTITIONS)]
            found.append(Figure(name, "lag", sum(max(0, ends[place] - read.get(place, 0)) for place in places)))
        return found


def _private(process: psutil.Process) -> int:
    memory = process.memory_info()
    return memory.rss - memory.shared


def _connections(process: psutil.Process) -> int:
    return sum(one.status != psutil.CONN_LISTEN for one in process.net_connections("tcp"))


_ASKED: dict[str, Callable[[psutil.Process], int]] = {
    "files": lambda process: process.num_fds(),
    "threads": lambda process: process.num_threads(),
    "tcp": _connections,
}


def _of(process: psutil.Process, ask: Callable[[psutil.Process], int]) -> int:
    """Nothing of one that has just ended."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return ask(process)
    return 0


def _logs(folder: Path) -> Iterator[Figure]:
    """The size of every topic on the disk, where the broker is this system's own."""
    sizes: dict[str, int] = defaultdict(int)
    for file in (folder / "kafka").rglob("*-*/*.log"):
        with contextlib.suppress(FileNotFoundError):
            sizes[file.parent.name.rpartition("-")[0]] += file.stat().st_size
    yield from (Figure(topic, "log MiB", size / MIB) for topic, size in sorted(sizes.items()))
