"""What lies between a node and the real PostgreSQL breaks on command, and what the server then holds is what it would hold."""

import asyncio
import errno
from collections.abc import Callable

import asyncpg
import pytest

from services.kernel.adapters.away import AWAY
from tests.sim.engine.lock_waits import KEPT, LockTable
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node
from tests.sim.engine.postgres import Postgres
from tests.sim.engine.run import run

# Whether a session ends with its client or is kept for the next one is nothing that anybody can see.
pytestmark = pytest.mark.parametrize("locks", [0, KEPT], indirect=True, ids=["new", "kept"])

Break = Callable[[SimLoop, Node], None]


def network(loop: SimLoop) -> Postgres:
    assert loop.network is not None
    return loop.network


async def look(address: str, sql: str = "select sum(held) from account") -> object:
    connection = await asyncpg.connect(address)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def pay(address: str, heard: list[str], pause: float = 1.0) -> None:
    """One transaction that adds one, with a pause in its middle; `heard` is what the node learns of its end."""
    connection = await asyncpg.connect(address)
    try:
        async with connection.transaction():
            await connection.execute("update account set held = held + 1 where id = 1")
            await asyncio.sleep(pause)
        heard.append("committed")
    except AWAY as error:
        heard.append(type(error).__name__)
    connection.terminate()


def _cut(loop: SimLoop, node: Node) -> None:
    network(loop).cut(network(loop).connections(node))


def _kill(loop: SimLoop, node: Node) -> None:
    loop.kill(node)


@pytest.mark.parametrize(("broken", "told"), [(_cut, True), (_kill, False)], ids=["cut", "killed"])
def test_a_transaction_that_is_broken_off_in_its_middle_is_rolled_back(
    broken: Break, told: bool, accounts: str, locks: LockTable
) -> None:
    async def scenario(loop: SimLoop) -> None:
        heard: list[str] = []
        node = loop.node("payer")
        loop.spawn(node, pay(accounts, heard))
        await asyncio.sleep(0.5)
        broken(loop, node)
        # At once: the server has let go before anybody else can look.
        assert await look(accounts, "select held from account where id = 1 for update nowait") == 0
        mine = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        assert await look(accounts, f"{mine} and backend_type = 'client backend' and query ~ 'held'") == 0
        await asyncio.sleep(5)
        assert bool(heard) == told
        assert "committed" not in heard

    run(1, scenario, locks=locks)


def test_a_commit_whose_answer_is_lost_is_committed(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        heard: list[str] = []
        node, other = loop.node("payer"), loop.node("other")
        network(loop).lose_next_commit(node)
        loop.spawn(other, pay(accounts, heard))
        await asyncio.sleep(0.5)
        loop.spawn(node, pay(accounts, heard))
        await asyncio.sleep(5)
        assert heard[0] == "committed"
        assert heard[1] != "committed"
        assert await look(accounts) == 2
        loop.spawn(node, pay(accounts, heard))
        await asyncio.sleep(5)
        assert heard[2] == "committed", "only the next one"

    run(1, scenario, locks=locks)


def test_what_is_frozen_arrives_when_it_thaws(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        heard: list[str] = []
        node = loop.node("payer")
        loop.spawn(node, pay(accounts, heard))
        await asyncio.sleep(0.5)
        network(loop).freeze(node)
        await asyncio.sleep(60)
        assert not heard
        assert await look(accounts) == 0
        with pytest.raises(asyncpg.LockNotAvailableError):
            await look(accounts, "select held from account where id = 1 for update nowait")
        network(loop).thaw(node)
        await asyncio.sleep(1)
        assert heard == ["committed"]
        assert await look(accounts) == 1

    run(1, scenario, locks=locks)


def test_a_frozen_server_lets_limits_run_out_and_new_connections_hang(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        heard: list[str] = []
        node = loop.node("reader")

        async def read() -> None:
            connection = await asyncpg.connect(accounts)
            await asyncio.sleep(1)
            for attempt in (connection.fetchval("select 1", timeout=2), asyncpg.connect(accounts, timeout=2)):
                try:
                    await attempt
                except TimeoutError:
                    heard.append(f"{loop.time():.0f}")
            connection.terminate()

        loop.spawn(node, read())
        await asyncio.sleep(0.5)
        network(loop).freeze(node)
        await asyncio.sleep(20)
        assert heard == ["3", "5"]
        network(loop).thaw(node)
        await asyncio.sleep(1)
        assert await look(accounts, "select count(*) from account") == 10

    run(1, scenario, locks=locks)


def test_who_knocks_at_a_frozen_server_is_let_in_soon_after_it_thaws_or_told_after_two_minutes(
    accounts: str, locks: LockTable
) -> None:
    async def scenario(loop: SimLoop) -> None:
        heard: list[str] = []
        node = loop.node("reader")

        async def knock() -> None:
            try:
                await asyncpg.connect(accounts, timeout=300)
                heard.append(f"in after {loop.time():.0f} s")
            except TimeoutError as error:
                heard.append(f"{error.errno} after {loop.time():.0f} s")

        network(loop).freeze(node)
        loop.spawn(node, knock())
        await asyncio.sleep(9.5)
        network(loop).thaw(node)
        await asyncio.sleep(10.5)
        network(loop).freeze(node)
        loop.spawn(node, knock())
        await asyncio.sleep(200)
        assert heard == ["in after 15 s", f"{errno.ETIMEDOUT} after 147 s"]

    run(1, scenario, locks=locks)


def test_of_a_node_killed_behind_a_frozen_network_the_server_hears_when_it_thaws(
    accounts: str, locks: LockTable
) -> None:
    async def scenario(loop: SimLoop) -> None:
        heard: list[str] = []
        node = loop.node("payer")
        loop.spawn(node, pay(accounts, heard))
        await asyncio.sleep(0.5)
        network(loop).freeze(node)
        loop.kill(node)
        await asyncio.sleep(60)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await look(accounts, "select held from account where id = 1 for update nowait")
        network(loop).thaw(node)
        assert await look(accounts, "select held from account where id = 1 for update nowait") == 0
        assert not heard

    run(1, scenario, locks=locks)


def test_a_server_that_is_away_refuses_until_it_is_back(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        network(loop).away = True
        with pytest.raises(ConnectionRefusedError):
            await asyncpg.connect(accounts)
        network(loop).away = False
        assert await look(accounts) == 0

    run(1, scenario, locks=locks)


def test_a_node_killed_while_it_waits_for_a_lock_leaves_its_statement_to_the_server(
    accounts: str, locks: LockTable
) -> None:
    """As in reality: the server finds out that nobody is there only once the statement is through, and that may commit it."""

    async def scenario(loop: SimLoop) -> None:
        heard: list[str] = []
        holder, alone, within = loop.node("holder"), loop.node("alone"), loop.node("within")
        loop.spawn(holder, pay(accounts, heard, pause=2))
        await asyncio.sleep(0.5)

        async def at_once() -> None:
            connection = await asyncpg.connect(accounts)
            await connection.execute("update account set held = held + 10 where id = 1")

        loop.spawn(alone, at_once())
        loop.spawn(within, pay(accounts, heard))
        await asyncio.sleep(0.5)
        loop.kill(alone)
        loop.kill(within)
        await asyncio.sleep(5)
        assert heard == ["committed"]
        assert await look(accounts) == 11

    run(1, scenario, locks=locks)


def test_whoever_waits_goes_on_when_the_holder_is_killed(accounts: str, locks: LockTable) -> None:
    async def scenario(loop: SimLoop) -> None:
        heard: list[str] = []
        holder, waiter = loop.node("holder"), loop.node("waiter")
        loop.spawn(holder, pay(accounts, heard, pause=100))
        await asyncio.sleep(0.5)
        loop.spawn(waiter, pay(accounts, heard))
        await asyncio.sleep(0.5)
        loop.kill(holder)
        await asyncio.sleep(5)
        assert heard == ["committed"]
        assert await look(accounts) == 1

    run(1, scenario, locks=locks)
