"""The bench of histories, small: what it measures must run, and stay within its bounds."""

from bench import history
from tests.kits.stack.databases import database


async def test_histories_leave_views_that_do_not_grow_and_are_taken_up_again_by_a_new_process(postgres: str) -> None:
    async with database(postgres) as dsn:
        figures = await history.history(dsn, "restorer", history.reports, 300)
    assert figures["eventsOfTheStream"] > 300
    assert figures["viewBytes"] < 15_000
    assert 0 < figures["keptBytes"] < 100_000
    async with database(postgres) as dsn:
        figures = await history.history(dsn, "notifier", history.outages, 60, hundredth=30)
    assert figures["viewBytes"] < 60_000
    assert figures["keptBytes"] > 0
