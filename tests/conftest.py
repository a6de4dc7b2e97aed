"""What all tests share: one throw-away PostgreSQL for the session, or yours (OUTAGE_POSTGRES)."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a real PostgreSQL, as its administrator."""
    yours = os.environ.get("OUTAGE_POSTGRES")
    if yours:
        yield yours
        return
    from devstack.postgres import PostgresNode

    with tempfile.TemporaryDirectory(prefix="outage-postgres-") as folder:
        Path(folder).chmod(0o755)
        node = PostgresNode(Path(folder) / "data")
        asyncio.run(node.start())
        try:
            yield node.dsn()
        finally:
            asyncio.run(node.stop())
