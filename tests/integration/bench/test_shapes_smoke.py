"""The bench of shapes runs, and tells whom it should: small, for every run of the tests."""

from bench.network.shapes import SIDE, match


async def test_an_outage_of_some_streets_is_told_to_those_who_live_there(postgres: str) -> None:
    customers = 3_000
    found = await match(postgres, customers, side=SIDE / 4)
    assert found["town_told"] == customers, "by the name alone, all of the town"
    assert customers / 32 < found["shape_told"] < customers / 8, "one in sixteen lives there"
    assert found["thin_told"] < customers / 50
    assert found["shape_steps"] < found["town_steps"]
