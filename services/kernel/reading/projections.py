"""Fold read models from the log by cursor, outside the write path, and rebuild them beside the live ones.

A read model is data and a pure fold: it has no side effects, so it may be folded again at any time. Its tables stand
behind a view of its name; services.kernel.reading.rebuild makes them and moves the view.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from schemas.upcast import UPCASTERS, upcast
from services.kernel.adapters.locks import Connection
from services.kernel.bounds import READ_BYTES, pages
from services.kernel.queries import queries

SQL = queries(Path(__file__).parents[1] / "sql" / "projections.sql")
_FIRST = 2  # events of a megabyte each may come first; of small ones a page soon has 2,048


class Recorded(NamedTuple):
    """An event of the log as a read model sees it; `data` is of the struct that its `reads` names."""

    position: int
    stream_id: str
    type: str
    data: Any
    decided_at: datetime


class ReadModel(Protocol):
    """One table for readers. SQL holds `{table}` where the name of a build's table goes.

    Raise `version` whenever code or table change such that rows come out differently; then `outagectl rebuild NAME`.
    """

    name: str
    """Of the view, and in metrics."""

    version: int
    reads: Mapping[str, type[msgspec.Struct]]
    """Event type (its newest version) → what its data is decoded to: the contract, or a leaner struct of fields needed."""

    ddl: str
    """`create table {table} (…)`, with its primary key: one column, text."""

    indexes: Sequence[str]
    """`create index if not exists {table}_word on {table} (…)`; in a rebuild they are made after the rows."""

    columns: Sequence[str]
    """Names of the columns, the key first; a row has fields of these names."""

    source: str
    """`select * from json_to_recordset($1::json) as w (…)`: the rows of a batch, with `columns` in their order."""

    put: str
    """How `source` is put over what stands: `on conflict (…) do update …`, or nothing if keys never come again."""

    def fold(self, events: Iterable[Recorded]) -> Sequence[msgspec.Struct]:
        """Each key's row as these events leave it, folded from nothing. Pure. All events of one key lie in one stream.

        A model whose events may have thousands of rows each may also have `parts`: the same rows in lists, made one after
        the other, so that nothing waits for all of them.
        """
        ...


@cache
def _types(reads: frozenset[str]) -> list[str]:
    """The types to read from the log: those wanted and all that were superseded by them."""
    stems = {name.rpartition(".v")[0] for name in reads}
    return sorted(reads | {old for old in UPCASTERS if old.rpartition(".v")[0] in stems})


class LogReader:
    """Reads the log for one read model, decoding straight to what it asked for."""

    def __init__(self, model: ReadModel) -> None:
        self.model = model
        self.types = _types(frozenset(model.reads))
        self._decoders = {name: msgspec.json.Decoder(struct).decode for name, struct in model.reads.items()}

    def events(self, rows: Iterable[Any]) -> list[Recorded]:
        """Rows of the log, decoded; superseded types as the newest ones."""
        decoders = self._decoders
        return [
            Recorded(position, stream_id, type_name, decoders[type_name](data), decided_at)
            if type_name in decoders
            else self._old(position, stream_id, type_name, data, decided_at)
            for position, stream_id, type_name, data, decided_at in rows
        ]

    def _old(self, position: int, stream_id: str, type_name: str, data: str, decided_at: datetime) -> Recorded:
        newest, form = upcast(type_name, msgspec.json.decode(data))
        return Recorded(position, stream_id, newest, msgspec.convert(form, self.model.reads[newest]), decided_at)


class Batch(NamedTuple):
    """What was read of the log: events in (the cursor given, `cursor`]; `full` when there may be more."""

    events: list[Recorded]
    cursor: int
    full: bool


async def read(connection: Connection, reading: LogReader, cursor: int, end: int, size: int) -> Batch:
    """The next events of a read model after `cursor`, up to position `end`, at most `size` of them and READ_BYTES.

    `connection` has begun a transaction.
    """
    end = max(end, cursor)  # another process may have been past this end when it was its turn
    events: list[Recorded] = []
    held = 0
    async for rows in pages(connection, SQL["read_batch"], cursor, end, reading.types, size, size=_bytes, first=_FIRST):
        events += reading.events(rows)
        held += sum(map(_bytes, rows))
        if held >= READ_BYTES:
            break
    full = len(events) == size or held >= READ_BYTES
    return Batch(events, events[-1].position if full else end, full)


def _bytes(row: Any) -> int:
    return len(row["data"])


async def put(connection: Connection, model: ReadModel, table: str, batch: Batch) -> None:
    """Fold a batch into a build's table and move its cursor, in the caller's transaction, under the lock of its row."""
    for rows in parts(model, batch.events):
        if rows:
            await connection.execute(insert(model, table), parameter(rows))
    await connection.execute(
        SQL["move_cursor"], table, batch.cursor, batch.events[-1].decided_at if batch.events else None
    )


def parts(model: ReadModel, events: Sequence[Recorded]) -> Iterable[Sequence[msgspec.Struct]]:
    """The rows of a batch, in the parts in which they are put; the loop goes on between them."""
    in_parts = getattr(model, "parts", None)
    found: Iterable[Sequence[msgspec.Struct]] = (model.fold(events),) if in_parts is None else in_parts(events)
    return found


def insert(model: ReadModel, table: str) -> str:
    """The statement that puts a batch of rows into a build's table."""
    statement = f"insert into {table} ({', '.join(model.columns)})\n{model.source}\n{model.put}"
    return statement.replace("{table}", table)


def parameter(rows: Sequence[msgspec.Struct]) -> str:
    """Rows as a model's `source` takes them."""
    return msgspec.json.encode(rows).decode()
