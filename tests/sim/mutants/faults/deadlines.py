"""Faults of deadlines: armed too late, fired too early."""

import asyncio
from collections.abc import Iterator, Sequence
from unittest.mock import patch

from services.kernel.model import Stream
from services.kernel.queries import SQL
from services.kernel.streams.armed import arm
from services.kernel.writing import decisions
from services.kernel.writing.decisions import Judged
from services.kernel.writing.transaction import Transaction
from services.notifier import app
from tests.sim.mutants import parked, stories, worlds
from tests.sim.mutants.registry import mutant, other_sql


@mutant(under=worlds.somebody_dies_all_the_time)
def timer_outside_the_transaction() -> Iterator[None]:
    """Timers are armed a moment after the decision is committed: who dies between has promised what nothing watches."""
    committed, under_way = Transaction.committed, set[asyncio.Task[None]]()

    async def later(self: Transaction, streams: Sequence[Stream]) -> None:
        await asyncio.sleep(1)
        async with self.pool.acquire() as connection:
            await arm(connection, streams)

    def and_then(self: Transaction, judged: Judged) -> None:
        committed(self, judged)
        task = asyncio.create_task(later(self, judged.streams))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    async def not_yet(*_: object) -> list[object]:
        return []

    with patch.object(decisions, "arm", not_yet), patch.object(Transaction, "committed", and_then):
        yield


@mutant(under=worlds.facts_lie_unread)
def timer_ignoring_the_watermark() -> Iterator[None]:
    """A deadline fires though facts of before it are unread: a promise that was kept is judged as broken."""
    with (
        other_sql(SQL, "due_timers", "and t.due_at <= case", "and (true or t.due_at <= case"),
        other_sql(SQL, "due_timers", "else m.mark end", "else m.mark end)"),
    ):
        yield


@mutant(under=worlds.facts_lie_unread)
def mark_raised_unread() -> Iterator[None]:
    """A partition counts as read to its end though it is not: deadlines fire ahead of the facts that answer them."""
    with other_sql(SQL, "raise_watermarks", "o.next_offset >= w.end_offset", "true"):
        yield


@mutant(under=stories.one_begins_while_an_end_settles)
def mark_past_the_outbox() -> Iterator[None]:
    """Our own words count as read while they lie in the outbox, and the tables are not asked: power is said to be back where
    another outage holds it off.
    """  # noqa: D205 - one sentence

    async def nothing(*_: object) -> tuple[str, ...]:
        return ()

    with (
        other_sql(SQL, "feeds_waiting", "any($1::text[])", "any($1::text[]) and false"),
        patch.object(app, "read_holding", nothing),
    ):
        yield


@mutant(under=parked.a_decider_fails_for_a_while)
def timers_of_parked_streams_fire() -> Iterator[None]:
    """A deadline of a stream that waits for a person fires all the same, again and again: each leaves a row in quarantine."""
    with other_sql(SQL, "due_timers", " and s.parked_by is null", ""):
        yield
