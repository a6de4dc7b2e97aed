"""What is known beforehand of a server's answers: the client sees no difference, and the server is asked less."""

import asyncio

import asyncpg
import pytest

from tests.sim.engine.lock_waits import LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.run import run
from tests.sim.engine.sessions.foreseen import Foreseen
from tests.sim.engine.trace import Trace

BEGIN = b"Q\0\0\0\x0bBEGIN;\0"
BEGUN = b"C\0\0\0\nBEGIN\0Z\0\0\0\x05T"
MINE = "select held from account where id = 1"


def test_a_transaction_is_all_or_nothing_though_its_begin_goes_with_what_is_asked_first(
    accounts: str, fresh: LockTable
) -> None:
    async def scenario(loop: SimLoop) -> None:
        client, other = await asyncpg.connect(accounts), await asyncpg.connect(accounts)
        block = client.transaction()
        await block.start()
        before = await other.fetchval(MINE)
        await client.execute("update account set held = held + 1 where id = 1")
        assert await other.fetchval(MINE) == before
        await block.rollback()
        assert await other.fetchval(MINE) == before
        async with client.transaction():
            await client.execute("update account set held = held + 1 where id = 1")
        assert await other.fetchval(MINE) == before + 1

    run(1, scenario, locks=fresh)


def test_a_transaction_in_which_nothing_was_asked_leaves_nothing_behind(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        for end in ("commit", "rollback", "leave"):
            client = await asyncpg.connect(accounts)
            block = client.transaction()
            await block.start()
            if end != "leave":
                await getattr(block, end)()
                assert not client.is_in_transaction()
            await client.close()
            await asyncio.sleep(0)
            next_one = await asyncpg.connect(accounts)
            assert not next_one.is_in_transaction()
            await next_one.execute("update account set held = held where id = 1")
            await next_one.close()

    run(1, scenario, locks=fresh)


def test_a_read_only_transaction_reads_one_state_and_may_not_write(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        reader, writer = await asyncpg.connect(accounts), await asyncpg.connect(accounts)
        async with reader.transaction(isolation="repeatable_read", readonly=True):
            before = await reader.fetchval(MINE)
            await writer.execute("update account set held = held + 1 where id = 1")
            assert await reader.fetchval(MINE) == before
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                await reader.execute("update account set held = 0 where id = 1")
        assert await reader.fetchval(MINE) == before + 1

    run(1, scenario, locks=fresh)


def test_a_run_is_the_same_whether_an_answer_is_known_or_asked_for(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> float:
        client = await asyncpg.connect(accounts)
        for _ in range(3):
            assert await client.fetchval("select pg_is_in_recovery()") is False
            await client.execute("select 1")
        await client.close()
        return loop.time()

    first, again = Trace(), Trace()
    assert run(1, scenario, locks=fresh, trace=first) == run(1, scenario, locks=fresh, trace=again)
    assert first.digest == again.digest


def test_a_session_that_the_server_ended_is_asked_and_says_so(accounts: str, fresh: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        victim, killer = await asyncpg.connect(accounts), await asyncpg.connect(accounts)
        await victim.execute("select 1")
        await killer.fetchval("select pg_terminate_backend($1, 5000)", _process(victim))
        with pytest.raises((asyncpg.AdminShutdownError, asyncpg.ConnectionDoesNotExistError)):
            await victim.execute("select 1")

    def _process(client: asyncpg.Connection) -> int:
        return next(one.pid for one in network[0].connections() if one._protocol is client._protocol)

    network = []

    async def with_network(loop: SimLoop) -> None:
        network.append(loop.network)
        await scenario(loop)

    run(1, with_network, locks=fresh)


@pytest.mark.parametrize("cut", range(1, len(BEGUN) + 3))
def test_what_the_client_was_told_is_left_out_however_the_answer_is_cut_into_pieces(cut: int) -> None:
    session, whole = Foreseen(), BEGUN + b"C\0\0\0\rSELECT 1\0Z\0\0\0\x05T"
    assert session.answer(BEGIN, b"I", b"") == BEGUN
    assert session.begins
    assert session.sent(b"asked") == BEGIN + b"asked"
    assert not session.begins
    assert session.heard(whole[:cut]) + session.heard(whole[cut:]) == whole[len(BEGUN) :]


@pytest.mark.parametrize("cut", [1, 5, 12])
def test_a_server_that_refuses_to_begin_is_heard_in_full(cut: int) -> None:
    session, refusal = Foreseen(), BEGUN[:11] + b"E\0\0\0\x09FATAL"
    session.answer(BEGIN, b"I", b"")
    session.sent(b"asked")
    assert (session.heard(refusal[:cut]) + session.heard(refusal[cut:])).endswith(b"E\0\0\0\x09FATAL")
