"""A database of its own for simulated runs, a look at its server's lock table, and a city to play histories in."""

import asyncio
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest

from tests.kits.stack.databases import database, with_all_tables
from tests.sim.city.play import Ground, ground
from tests.sim.engine.databases import make_ready
from tests.sim.engine.lock_waits import KEPT, LockTable
from tests.sim.engine.nodes import unheard

MOST_COLLECTIONS = 5


@pytest.fixture(scope="module", autouse=True)
def nothing_left() -> Iterator[None]:
    """What simulated processes left is thrown away here, not in the middle of another test: a `finally` of it may make more."""
    yield
    with unheard():
        for _ in range(MOST_COLLECTIONS):
            if not gc.collect():
                break


@pytest.fixture(scope="module")
def address(postgres: str) -> Iterator[str]:
    """A database that is ready for simulated runs."""
    with asyncio.Runner() as runner:
        made = database(postgres)
        there = runner.run(made.__aenter__())
        runner.run(make_ready(there))
        yield there
        runner.run(made.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def locks(address: str, request: pytest.FixtureRequest) -> Iterator[LockTable]:
    """Its parameter, where it is given one: how many sessions are kept from one client to the next."""
    table = LockTable(address, kept=getattr(request, "param", KEPT))
    yield table
    table.close()


@pytest.fixture
def accounts(address: str) -> str:
    """Ten rows to lock, with nothing in them; the address of their database."""

    async def fill() -> None:
        connection = await asyncpg.connect(address)
        await connection.execute(
            "drop table if exists account; create table account (id int primary key, held int not null);"
            "insert into account select number, 0 from generate_series(1, 10) number"
        )
        await connection.close()

    asyncio.run(fill())
    return address


@pytest.fixture(scope="session")
def tables(postgres: str) -> str:
    """The name of a database with every service's tables, to be copied."""
    return asyncio.run(with_all_tables(postgres))


@pytest.fixture(scope="module")
def city(postgres: str, tables: str) -> Iterator[Ground]:
    """Where whole histories are played, one after the other."""
    with on_one_core(), ground(postgres, tables) as here:
        yield here


@contextmanager
def on_one_core() -> Iterator[None]:
    """In a run of several workers: who plays and the sessions of its server take turns, so to wake another core is lost time."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    if not worker or not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(cores)[int(worker.removeprefix("gw")) % len(cores)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
