"""Lines are asked of the registry on a real PostgreSQL, in their normal names."""

from pathlib import Path

from operations.plans.known_lines import strange_lines
from operations.system.location import find
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
