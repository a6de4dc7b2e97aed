"""Make the database of one simulated run, every service's tables copied from one that was migrated once; and its server."""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from devstack.servers.stack import Stack
from devstack.system import SERVICES
from services.gateway.dispatch import taken
from services.kernel.adapters.migrate import migrate
from services.kernel.clock import SystemClock
from services.kernel.running.main import folders
from services.readmodels.making import make_tables
from tests.sim.engine.databases import SERVER, in_memory, make_ready

_numbers = itertools.count()


def server() -> Stack:
    """A PostgreSQL for histories and nothing else. The broker is in memory: a Kafka that is said to be there is not started."""
    environment = os.environ | {"OUTAGE_KAFKA": "none:0"}
    return Stack(None, environment=environment, within=in_memory(), postgres_settings=SERVER)


async def template(postgres: str) -> str:
    """The name of a new database on that server which holds all tables and nothing in them."""
    name = f"sim_template_{os.getpid()}_{next(_numbers)}"
    await bring_up(await empty(postgres, name))
    return name


async def bring_up(address: str) -> None:
    """Give a database every service's tables, and the gateway's, as this code has them."""
    for service in SERVICES:
        await migrate(address, service, folders(service))
        await make_tables(address, service, SystemClock())
    await migrate(address, taken.SCHEMA, taken.FOLDERS)


@asynccontextmanager
async def database(postgres: str, template: str) -> AsyncIterator[str]:
    """A copy of `template` for one run, gone afterwards; yields its address."""
    name = f"sim_{os.getpid()}_{next(_numbers)}"
    address = await _made(postgres, name, f" template {template}")
    await make_ready(address)
    try:
        yield address
    finally:
        await drop(postgres, name)


async def drop(postgres: str, name: str) -> None:
    """Drop a database, whoever is still connected to it."""
    admin = await asyncpg.connect(postgres)
    try:
        await admin.execute(f"drop database {name} with (force)")
    finally:
        await admin.close()


async def empty(postgres: str, name: str) -> str:
    """A new database with nothing in it; its address."""
    return await _made(postgres, name, "")


async def _made(postgres: str, name: str, how: str) -> str:
    admin = await asyncpg.connect(postgres)
    try:
        await admin.execute(f"create database {name}{how}")
    finally:
        await admin.close()
    # Without TLS there is no context of it to make for each of a history's hundred connections.
    return urlunsplit(urlsplit(postgres)._replace(path=f"/{name}", query="sslmode=disable"))
