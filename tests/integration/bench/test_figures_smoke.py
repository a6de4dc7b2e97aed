"""The bench of a month's report runs, and what it measures is the month that was put there: small, for every run of the tests."""

from pathlib import Path

import pytest

from bench.figures.month import INTERRUPTED, MINUTES, fill, measure
from operations.system.location import find
from tests.kits.stack.databases import database

OUTAGES = 3_000


async def test_a_month_of_three_thousand_outages_is_reported_whole(
    postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    async with database(postgres, "restorer") as address:
        await fill(address, OUTAGES)
        monkeypatch.setenv("OUTAGE_POSTGRES", address)
        found = await measure(find(None))
    assert (found["outages"], found["interrupted"]) == (OUTAGES, INTERRUPTED * OUTAGES)
    assert found["customerMinutes"] == MINUTES * OUTAGES
    assert found["cases"] == 6 * OUTAGES, "two steps in SAIDI and SAIFI, and two words"
    assert found["pageKB"] < 1_000, "the page lists the greatest cases, whatever their number"
