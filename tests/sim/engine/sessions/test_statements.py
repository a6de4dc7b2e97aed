"""What one client prepared, the next one has; and each is told what the server would tell him."""

import asyncio

import asyncpg
import pytest

from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.run import run
from tests.sim.engine.sessions.statements import Statements
from tests.sim.engine.trace import Trace

PREPARED = "select count(*) from pg_prepared_statements where statement = $1"
HELD = "select held from account where id = $1"


async def leave(connection: asyncpg.Connection) -> None:
    await connection.close()
    await asyncio.sleep(0)


def test_a_statement_is_prepared_once_for_all_clients_of_a_session(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> list[int]:
        counts = []
        for number in range(1, 4):
            client = await asyncpg.connect(accounts)
            await client.execute("update account set held = $1 where id = $2", number, number)
            assert await client.fetchval(HELD, number) == number
            counts.append(await client.fetchval(PREPARED, HELD))
            await leave(client)
        return counts

    assert run(1, scenario, locks=fresh) == [1, 1, 1]


def test_two_statements_that_two_clients_call_alike_are_not_mixed_up(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        for text, answer in (("select 1", 1), ("select 2", 2), ("select 1", 1)):
            client = await asyncpg.connect(accounts)
            statement = await client.prepare(text, name="mine")
            assert await statement.fetchval() == answer
            await leave(client)

    run(1, scenario, locks=fresh)


def test_a_run_is_the_same_whether_the_server_prepares_or_has_done_so(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> float:
        client = await asyncpg.connect(accounts)
        await client.fetchval(HELD, 1)
        await leave(client)
        return loop.time()

    first, again = Trace(), Trace()
    assert run(1, scenario, locks=fresh, trace=first) == run(1, scenario, locks=fresh, trace=again)
    assert first.digest == again.digest


def test_what_the_server_cannot_prepare_it_is_asked_each_time(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        for _ in range(2):
            client = await asyncpg.connect(accounts)
            with pytest.raises(asyncpg.UndefinedColumnError):
                await client.fetchval("select nothing from account")
            assert await client.fetchval("select 1") == 1
            await leave(client)

    run(1, scenario, locks=fresh)


def test_nothing_is_prepared_in_a_transaction_that_failed(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        client = await asyncpg.connect(accounts)
        await client.fetchval(HELD, 1)
        await leave(client)
        client = await asyncpg.connect(accounts)
        block = client.transaction()
        await block.start()
        with pytest.raises(asyncpg.DivisionByZeroError):
            await client.execute("select 1 / 0")
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await client.fetchval(HELD, 1)
        await block.rollback()
        assert await client.fetchval(HELD, 1) is not None

    run(1, scenario, locks=fresh)


def test_of_a_table_that_has_changed_meanwhile_the_next_client_reads_what_it_has_now(
    accounts: str, fresh: LockTable
) -> None:
    async def scenario(loop: SimLoop) -> None:
        whole = "select * from account where id = 1"
        first = await asyncpg.connect(accounts)
        assert len(await first.fetchrow(whole)) == 2
        await leave(first)
        second = await asyncpg.connect(accounts)
        await second.execute("alter table account add column whose text")
        assert len(await second.fetchrow(whole)) == 3

    run(1, scenario, locks=fresh)


def test_a_message_that_is_not_whole_waits_for_its_rest() -> None:
    statements = Statements()
    whole = b"Q\x00\x00\x00\x0dselect 1\x00"
    assert statements.renamed(whole + whole[:7]) == (whole, whole[:7])
