"""A session that is kept for the next client is to everybody what the end of one and a new one are."""

import asyncio
from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest

from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.run import run


async def process(connection: asyncpg.Connection) -> int:
    """The number of the server's process, as it knows it itself."""
    return int(await connection.fetchval("select pg_backend_pid()"))


def _close(loop: SimLoop, connection: asyncpg.Connection) -> None:
    connection.terminate()


def _cut(loop: SimLoop, connection: asyncpg.Connection) -> None:
    assert loop.network is not None
    loop.network.cut(loop.network.connections())


@pytest.mark.parametrize("leave", [_close, _cut])
def test_what_a_client_left_is_gone_before_the_next_one_comes(
    leave: Callable[[SimLoop, asyncpg.Connection], None], accounts: str, fresh: LockTable
) -> None:
    async def scenario(loop: SimLoop) -> None:
        first = await asyncpg.connect(accounts)
        number, known_as = await process(first), first.get_server_pid()
        await first.execute("select pg_advisory_lock(7)")
        await first.execute(
            "set work_mem = '1MB'; create temp table mine (n int); prepare asked as select 1; listen news"
        )
        await first.execute("begin; update account set held = 1 where id = 1; declare cursor_left cursor for select 1")
        leave(loop, first)
        await asyncio.sleep(0)
        second = await asyncpg.connect(accounts)
        assert await process(second) == number
        assert second.get_server_pid() != known_as
        assert await second.fetchval("select sum(held) from account") == 0
        assert await second.fetchval("select to_regclass('pg_temp.mine')") is None
        assert await second.fetchval("show work_mem") != "1MB"
        other = await asyncpg.connect(accounts)
        assert await other.fetchval("select pg_try_advisory_lock(7)")
        assert await other.fetchval("select held from account where id = 1 for update nowait") == 0
        left = "select count(*) from pg_prepared_statements where name = 'asked'"
        assert await second.fetchval(left) == 0
        assert await second.fetchval("select count(*) from pg_listening_channels()") == 0
        assert await second.fetchval("select count(*) from pg_cursors where name = 'cursor_left'") == 0

    run(1, scenario, locks=fresh)


def test_a_session_in_the_middle_of_something_ends_truly(accounts: str, fresh: LockTable) -> None:
    """A row that is being copied is of no transaction that anybody could end but the server."""

    async def scenario(loop: SimLoop) -> None:
        assert loop.network is not None
        first = await asyncpg.connect(accounts)
        number = await process(first)

        async def endless() -> None:
            async def rows() -> AsyncIterator[bytes]:
                yield b"11\t1\n"
                await asyncio.sleep(100)

            await first.copy_to_table("account", source=rows())

        task = asyncio.create_task(endless())
        await asyncio.sleep(1)
        loop.network.cut(loop.network.connections())
        with pytest.raises(asyncpg.PostgresError):
            await task
        second = await asyncpg.connect(accounts)
        assert await process(second) != number
        assert await second.fetchval("select count(*) from account") == 10

    run(1, scenario, locks=fresh)


def test_a_cancel_that_comes_late_is_for_nobody(accounts: str, fresh: LockTable) -> None:
    """It names a session that has ended, and the process of the server has another client by now, who waits."""

    async def scenario(loop: SimLoop) -> None:
        holder, first = await asyncpg.connect(accounts), await asyncpg.connect(accounts)
        number, known_as = await process(first), first.get_server_pid()
        block = holder.transaction()
        await block.start()
        await holder.execute("update account set held = 1 where id = 1")
        first.terminate()
        await asyncio.sleep(0)
        second = await asyncpg.connect(accounts)
        assert await process(second) == number
        waiting = asyncio.create_task(second.execute("update account set held = held + 1 where id = 1"))
        await asyncio.sleep(1)
        late, _ = await loop.create_connection(asyncio.Protocol, second._addr[0], second._addr[1])
        late.write(b"".join(part.to_bytes(4, "big") for part in (16, 80877102, known_as, 0)))
        await asyncio.sleep(1)
        assert late.is_closing()
        assert not waiting.done()
        await block.commit()
        await waiting
        assert await holder.fetchval("select held from account where id = 1") == 2

    run(1, scenario, locks=fresh)


def test_a_session_that_the_server_has_ended_meanwhile_is_not_handed_on(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        first, other = await asyncpg.connect(accounts), await asyncpg.connect(accounts)
        number = await process(first)
        await first.close()
        await other.execute("select pg_terminate_backend($1, 5000)", number)
        second = await asyncpg.connect(accounts)
        assert await process(second) != number

    run(1, scenario, locks=fresh)


def test_whom_the_server_does_not_let_in_hears_why(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await asyncpg.connect(accounts, database="nowhere")

    run(1, scenario, locks=fresh)
