"""The bench of deadlines runs, and measures what it says: a few thousand of them, for every run of the tests."""

import pytest

from bench.deadlines.__main__ import both, read, table
from tests.kits.stack.databases import database

SMALL = ("--timers", "2000", "--due", "300", "--rate", "50", "--seconds", "1", "--ahead", "1")


async def test_deadlines_are_found_claimed_and_fired_whole_among_all_that_are_armed(postgres: str) -> None:
    async with database(postgres, "restorer") as dsn:
        least, restorer = await both(dsn, read([*SMALL]))
    for figures in (least, restorer):
        assert figures["claimed"] == figures["fired"] == 300, "each once"
        assert min(figures[name] for name in ("foundPerSecond", "claimedPerSecond", "firedPerSecond")) > 0
        assert figures["lateness"]["fired"] == figures["lateness"]["wanted"] == 50
        assert 0 < figures["lateness"]["p50"] <= figures["lateness"]["p99"]
    shown = table({"least": least, "restorer": restorer, "procrastinate": None})
    assert "50 of 50" in shown
    assert len({len(line) for line in shown.splitlines()}) == 1, "one table"


async def test_jobs_of_the_peer_are_done_among_all_that_are_armed(postgres: str) -> None:
    peer = pytest.importorskip("bench.deadlines.peer_jobs", reason="procrastinate is not installed")
    async with database(postgres) as dsn:
        figures = await peer.measure(dsn, 200, 20, 20.0, 2.0)
    assert (figures["fired"], figures["allInTime"]) == (20, True)
    assert figures["lateness"]["fired"] == figures["lateness"]["wanted"] == 20
