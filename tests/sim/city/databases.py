"""Make the database of one simulated run: every service's tables, copied from one that was migrated once."""

import itertools
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from devstack.system import SERVICES
from services.gateway.dispatch import taken
from services.kernel.adapters.migrate import migrate
from services.kernel.clock import SystemClock
from services.kernel.running.main import folders
from services.readmodels.making import make_tables
from tests.sim.engine.databases import make_ready

_numbers = itertools.count()


async def template(postgres: str) -> str:
    """The name of a new database on that server which holds all tables and nothing in them."""
    name = f"sim_template_{os.getpid()}_{next(_numbers)}"
    address = await empty(postgres, name)
    for service in SERVICES:
        await migrate(address, service, folders(service))
        await make_tables(address, service, SystemClock())
    await migrate(address, taken.SCHEMA, taken.FOLDERS)
    return name


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
