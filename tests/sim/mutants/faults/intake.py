"""Faults of taking records: acknowledged too early, taken twice, given up."""

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import asyncpg

from operations.duty import republish
from services.kernel.adapters import away
from services.kernel.model import Record, TopicPartition
from services.kernel.queries import SQL
from services.kernel.running.taking import Taking
from services.kernel.upkeep.stall_probe import StallProbe
from services.kernel.writing import fence, inbox, transaction
from services.kernel.writing.fence import Broker
from services.kernel.writing.inbox import InboxEntry, Seen
from services.kernel.writing.ingest import Ingest
from tests.sim.mutants import connections, worlds
from tests.sim.mutants.registry import mutant, other_sql


def _holes_are_empty() -> AbstractContextManager[Any]:
    """What is missing between the fence and a batch is not looked for."""
    sift = fence.sift

    def blind(
        records: Sequence[Record], expected: Mapping[TopicPartition, int], _: Mapping[TopicPartition, int]
    ) -> list[Record]:
        return sift(records, expected, dict.fromkeys(expected, sys.maxsize))

    return patch.object(fence, "sift", blind)


@mutant(under=worlds.somebody_dies_all_the_time)
def ack_before_commit() -> Iterator[None]:
    """Batches are acknowledged before they are in the database, and holes are thought empty: what a process held when it died
    is lost, and its customers never hear of it.
    """  # noqa: D205 - one sentence
    take, under_way = Taking.take, set[asyncio.Task[None]]()

    async def a_moment_later(self: Taking, records: list[Record]) -> None:
        await asyncio.sleep(1)
        await take(self, records)

    async def acknowledged(self: Taking, records: list[Record]) -> None:
        task = asyncio.create_task(a_moment_later(self, records))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    with _holes_are_empty(), patch.object(Taking, "take", acknowledged):
        yield


@mutant(under=worlds.the_database_comes_and_goes)
def batch_dropped_while_away() -> Iterator[None]:
    """A batch that comes while the database is away is given up, and holes are thought empty: facts of an outage are lost."""
    take = Ingest.take

    async def once(self: Ingest, records: Sequence[Record]) -> object:
        try:
            return await take(self, records)
        except away.AWAY:
            return None

    with _holes_are_empty(), patch.object(Ingest, "take", once):
        yield


@mutant()
def tasks_are_left_behind() -> Iterator[None]:
    """Each batch leaves a task that waits for ever: a process grows until the machine kills it."""
    take, left = Taking.take, list[asyncio.Task[Any]]()

    async def leaking(self: Taking, records: list[Record]) -> None:
        left.append(asyncio.create_task(asyncio.Event().wait()))
        await take(self, records)

    with patch.object(Taking, "take", leaking):
        yield


@mutant()
def no_fence() -> Iterator[None]:
    """Redeliveries are neither dropped nor asked of the inbox: a fact is counted twice, and the offsets go back."""
    take = inbox.take

    async def anew(connection: Any, entries: Sequence[InboxEntry], now: Any) -> list[Seen]:
        await take(connection, entries, now)
        return [Seen.NEW for _ in entries]

    def all_of_them(records: Sequence[Record], *_: object) -> list[Record]:
        return list(records)

    with patch.object(fence, "sift", all_of_them), patch.object(inbox, "take", anew):
        yield


async def _nothing(*_: object) -> Sequence[Record]:
    return ()


@mutant(under=worlds.what_dispatch_says_is_lost("topic-replaced"))
def last_record_is_not_compared() -> Iterator[None]:
    """A service reads on where it stood in a topic that is another one: what lies below that in it is never read."""
    check = fence.check

    async def blind(connection: asyncpg.Connection, broker: Broker, places: Sequence[TopicPartition]) -> None:
        await check(connection, cast("Broker", SimpleNamespace(bounds=broker.bounds, read=_nothing)), places)

    with patch.object(fence, "check", blind):
        yield


@mutant(under=worlds.what_came_by_http_is_lost)
def gateway_takes_nothing_again() -> Iterator[None]:
    """What came over HTTP and is lost with its topic is called already-taken when it is sent again, and told to nobody."""
    with other_sql(republish.SQL, "forget_taken", "at >= $1", "at >= 'infinity'::timestamptz and at >= $1"):
        yield


@mutant()
def inbox_keyed_by_offset() -> Iterator[None]:
    """The inbox knows a fact by where it stands: one that dispatch sends again, a week later say, is taken anew."""
    name, bare = "case when w.topic = 'outage.dispatch' then w.id || '@' || w.record_offset else w.id end", "'@[0-9]+$'"
    with (
        other_sql(SQL, "take", "select w.source, w.id,", f"select w.source, {name},"),
        other_sql(SQL, "take", "returning source, id", f"returning source, regexp_replace(id, {bare}, '') as id"),
        other_sql(SQL, "settle", "i.id = w.id", f"regexp_replace(i.id, {bare}, '') = w.id"),
    ):
        yield


@mutant(under=worlds.records_are_not_handed_over)
def look_for_undelivered_off() -> Iterator[None]:
    """Records that the reader never handed over are not looked for: a partition that fell silent stays so."""

    async def nothing(self: StallProbe) -> None:
        del self

    with patch.object(StallProbe, "look", nothing):
        yield


@mutant(under=connections.the_server_says_a_last_word)
def away_without_internal_client_error() -> Iterator[None]:
    """A connection's last word in another form is not known as one: what ends with a message blames that message."""
    known = {"AWAY": away.AWAY, "DATABASE": away.DATABASE}
    with ExitStack() as stack:
        for name, module in list(sys.modules.items()):
            for kinds, all_of_them in known.items():
                if name.startswith("services.") and getattr(module, kinds, None) is all_of_them:
                    left = tuple(one for one in all_of_them if one is not asyncpg.InternalClientError)
                    stack.enter_context(patch.object(module, kinds, left))
        yield


@mutant(under=worlds.records_are_junk)
def bad_records_are_dropped() -> Iterator[None]:
    """What cannot be understood is passed over and not kept: its sender is never asked, and a fact that was meant is lost."""

    async def nothing(*_: object) -> None:
        """Keep no row."""

    with patch.object(transaction, "keep", nothing):
        yield
