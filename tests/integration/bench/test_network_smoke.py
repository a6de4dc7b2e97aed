"""The bench of the network model runs, and measures what it says: small, for every run of the tests."""

from bench.network.measuring import measure
from tests.kits.stack.fanout import town


async def test_a_small_grid_comes_in_and_its_lines_are_resolved(postgres: str) -> None:
    async with town(postgres) as city:
        found = await measure(city, points=200, of_line=100, times=2)
        assert found["elements"] == 2 * (1 + 1 + 2 + 100)
        assert found["pointsOfLine"] == 100, "also those of a transformer whose tie to the next line is open"
        assert await city.pool.fetchval("select count(*) from outage_match where by_model") > 50
