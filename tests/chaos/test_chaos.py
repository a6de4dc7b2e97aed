"""A short storm of the real thing and, on the system that is left of it, a short soak: so that neither can rot."""

import asyncio
from pathlib import Path

import pytest

from devstack.system import SERVICES, System
from tests.chaos.run import play
from tests.kits.system.breakable import Told
from tests.soak.by_design import reason
from tests.soak.judging import BOUNDS
from tests.soak.run import Pace, Soaked, soak
from tests.soak.trickle import A_TURN


@pytest.mark.timeout(400)
def test_a_short_storm_loses_doubles_and_falsifies_nothing_and_a_soak_sees_all_that_is_left(tmp_path: Path) -> None:
    soaked: list[Soaked] = []

    async def afterwards(system: System, city: Told) -> None:
        soaked.append(await soak(system, city, city.idle.wait, Pace(seconds=5.0, every=0.8, turn=0.4), print))

    result = asyncio.run(play(3, 15.0, tmp_path, afterwards))
    assert result.wrong == [], result.line()
    assert result.facts > 50
    assert result.texts > 0
    assert result.blows
    a_soak_sees(soaked[0])


def a_soak_sees(soaked: Soaked) -> None:
    seen = {(one.what, one.figure): [value for _, value in one.points] for one in soaked.series()}
    assert soaked.facts > 10
    assert {figure for _, figure in seen} == set(BOUNDS)
    for name in ("planner", "restorer", "notifier", "gateway", "twilio", "PostgreSQL", "Kafka"):
        assert min(seen[name, "rss MiB"]) > 1, name
        assert min(seen[name, "files"]) > 1, name
        assert min(seen[name, "threads"]) >= 1, name
    for name in SERVICES:
        assert min(seen[name, "tcp"]) >= min(seen[name, "database"]) > 0, name
        assert all(f"{name}.{table}" in {what for what, _ in seen} for table in ("outbox", "quarantine", "timer"))
        assert seen[name, "lag"][-1] < soaked.facts
    grew = seen["restorer.event", "rows"]
    assert grew[-1] > grew[0] > 0
    assert reason("restorer.event", "rows")
    said = seen["outage.dispatch", "records"][-1] - seen["outage.dispatch", "records"][0]
    assert A_TURN <= said <= soaked.facts + A_TURN
    assert seen["outage.dispatch", "log MiB"][-1] > seen["outage.dispatch", "log MiB"][0] > 0
