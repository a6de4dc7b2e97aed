"""The bench of a storm runs, and its figures add up: a small one on a system of its own."""

from pathlib import Path

import pytest

from bench.sms.storm import environment, lanes, measure, reached, table
from tests.kits.system.quick import Quick

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]
RATE = 20.0
CUSTOMERS = 100


async def test_a_small_storm_is_told_once_and_hospitals_hear_within_seconds(tmp_path: Path) -> None:
    async with Quick(tmp_path / "data", environment=environment(RATE)) as system:
        found = await measure(system, CUSTOMERS, 2.0, RATE, 120)
    assert found["facts"] == CUSTOMERS
    assert found["owed"] == sum(found[name] for name in ("merged", "taken", "dropped", "refused", "waiting", "later"))
    assert found["posted"] == found["taken"] >= CUSTOMERS / 2
    assert {"critical", "key"} == lanes(found)
    # Of so few texts the ends' settling takes longer than the posts.
    assert [name for name in reached(found) if not name.startswith("ratio")] == []
    assert table(found)
