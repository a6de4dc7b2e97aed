"""What `explain` asks for is found by indexes, however many outages there ever were."""

from pathlib import Path

import asyncpg
import pytest

from services.kernel.clock import SystemClock
from services.kernel.queries import queries
from services.readmodels.making import make_tables
from tests.kits.stack.databases import database

ROOT = Path(__file__).parents[3]
EXPLAIN = queries(ROOT / "operations" / "sql" / "explain.sql")
PLACES = "'2026-03-05T08:00Z', array['line'], array['10kv城东线'], array[]::text[], array[]::text[]"


@pytest.mark.parametrize(("service", "name"), [("restorer", "supply"), ("planner", "noticed")])
async def test_outages_at_a_place_are_found_without_a_look_at_all_of_them(
    postgres: str, service: str, name: str
) -> None:
    async with database(postgres, service) as address:
        await make_tables(address, service, SystemClock())
        connection = await asyncpg.connect(address, server_settings={"search_path": service})
        await connection.execute("set enable_seqscan = off")
        await connection.execute(f"prepare asked as {EXPLAIN[name]}")
        rows = await connection.fetch(f"explain execute asked({PLACES})")
        await connection.close()
    plan = "\n".join(row[0] for row in rows)
    assert "Index" in plan
    assert "Seq Scan" not in plan, plan
