"""A database that was wiped is as good as a new one: a run on it is the same as on its first day."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from tests.kits.stack.databases import database
from tests.sim.engine.databases import OtherTables, Slate, make_ready
from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.run import run
from tests.sim.engine.trace import Trace
from tests.sim.kettles import Came, history


@pytest.fixture
def toys(postgres: str) -> Iterator[str]:
    """The toy's database, ready for simulated runs."""
    with asyncio.Runner() as runner:
        made = database(postgres, "toy")
        there = runner.run(made.__aenter__())
        runner.run(make_ready(there))
        yield there
        runner.run(made.__aexit__(None, None, None))


def test_a_run_on_a_wiped_database_is_the_same_to_the_byte(toys: str) -> None:
    slate, locks = Slate(toys), LockTable(toys)

    def played(seed: int) -> tuple[str, Came]:
        trace = Trace()
        came = run(seed, lambda loop: history(loop, toys), locks=locks, trace=trace)
        slate.wipe()
        return trace.digest, came

    first = played(1)
    other = played(2)
    assert played(1) == first != other
    slate.close()
    locks.close()


def test_what_a_table_and_a_sequence_held_at_first_they_hold_again(toys: str) -> None:
    with psycopg.connect(toys, autocommit=True) as connection:
        connection.execute(
            "create table public.counted (id bigint generated always as identity, word text, twice text"
            " generated always as (word || word) stored); insert into public.counted (word) values ('a'), ('b');"
            " create table public.empty_at_first (id serial)"
        )
        slate = Slate(toys)
        look = "select id, word, twice from public.counted order by ctid"
        before = connection.execute(look).fetchall()
        for _ in range(2):
            connection.execute(
                "update public.counted set word = 'c' where id = 1; delete from public.counted where id = 2"
            )
            connection.execute(
                "insert into public.counted (word) values ('d'); insert into public.empty_at_first default values"
            )
            slate.wipe()
            assert connection.execute(look).fetchall() == before
            assert connection.execute("select count(*) from public.empty_at_first").fetchone() == (0,)
        connection.execute(
            "insert into public.counted (word) values ('e'); insert into public.empty_at_first default values"
        )
        assert connection.execute("select max(id) from public.counted").fetchone() == (3,)
        assert connection.execute("select id from public.empty_at_first").fetchone() == (1,)
        connection.execute("create table public.new ()")
        with pytest.raises(OtherTables):
            slate.wipe()
        slate.close()
