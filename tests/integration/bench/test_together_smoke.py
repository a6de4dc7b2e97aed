"""The bench of a network in all services runs, and measures what it says: a small grid on a system of its own."""

from pathlib import Path

import pytest

from bench.network.grid import EDITION, grid
from bench.network.together import measure, told
from devstack.system import SERVICES
from tests.kits.system.quick import Quick

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]


async def test_a_small_grid_is_whole_in_every_service_and_the_same_again_says_nothing(tmp_path: Path) -> None:
    async with Quick(tmp_path / "data") as system:
        found = await measure(system, lambda _: grid(200, 100), EDITION, None)
    assert (found["elements"], found["events"], found["againEvents"]) == (208, 209, 0)
    assert set(found["wholeSeconds"]) == set(found["peakMiB"]) == set(SERVICES)
    assert {one["elements"] for one in found["largestLine"].values()} == {103}, (
        "the line, its transformers, their points"
    )
    assert found["restarts"] == {}
    assert len(told(found)) == 3 + len(SERVICES)
