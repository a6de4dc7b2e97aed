"""The bench of the board runs: bare Starlette, a renderer and a front as processes, small, for every run of the tests."""

import asyncio

from bench.board.__main__ import read, run, table

SMALL = ("--outages", "30", "--rounds", "1", "--seconds", "0.3", "--rate", "40", "--hold", "1.5", "--every", "0.5")


async def test_pages_and_look_ups_are_answered_beside_bare_starlette_and_held_at_a_rate() -> None:
    figures = await asyncio.to_thread(run, read(SMALL))
    assert len(figures["rows"]) == 7
    assert min(row["perSecond"] for row in figures["rows"].values()) > 0
    (held,) = figures["held"].values()
    assert (held["answers"], held["errors"]) == (60, 0)
    assert figures["rounds"]["count"] > 1
    assert "of bare" in table(figures)
