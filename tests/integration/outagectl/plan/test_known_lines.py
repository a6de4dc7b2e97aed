"""Lines are asked of the registry and of the network model on a real PostgreSQL, in their normal names."""

from pathlib import Path

import asyncpg

from operations.plans.known_lines import strange_lines
from operations.system.location import find
from services.network.copy import NetworkCopy
from tests.kits.network.models import element, words
from tests.kits.stack.databases import database
from tests.kits.stack.fanout import resident, town


async def test_a_line_at_which_a_customer_takes_power_is_known_however_it_is_written(
    postgres: str, tmp_path: Path
) -> None:
    async with town(postgres) as city:
        where = find(tmp_path, {"OUTAGE_POSTGRES": city.dsn})
        assert await strange_lines(where, ["10千伏城东线"]) == frozenset(), "an empty registry says nothing"
        await city.say(await city.process(), resident("ann", "10kV城东线（东段）"))
        strange = await strange_lines(where, ["10千伏城东线(东段)", "10千伏城车线"])
        assert strange == {"10kv城车线"}


async def test_a_database_that_is_not_there_warns_of_nothing(tmp_path: Path) -> None:
    where = find(tmp_path, {"OUTAGE_POSTGRES": "postgresql://postgres@127.0.0.1:9/none"})
    assert await strange_lines(where, ["10千伏城东线"]) == frozenset()


async def test_a_line_of_the_network_model_is_known_where_no_customer_has_it(postgres: str, tmp_path: Path) -> None:
    async with database(postgres, "all") as dsn:
        where = find(tmp_path, {"OUTAGE_POSTGRES": dsn})
        connection = await asyncpg.connect(dsn, server_settings={"search_path": "planner"})
        async with connection.transaction():
            await NetworkCopy().put(connection, words(element("L1", "line", name="10千伏城东线")))
        await connection.close()
        assert await strange_lines(where, ["10kV城东线", "l1", "10千伏城车线"]) == {"10kv城车线"}
