"""Small outages rolled up into a larger one, on real processes (case 06): nobody is told that power is back (bench/rollup.py)."""

from pathlib import Path

import pytest

from bench import rollup
from tests.kits.system.quick import Quick

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]


async def test_whom_the_larger_outage_holds_is_never_told_that_power_is_back(tmp_path: Path) -> None:
    figures = await rollup.run(4, 6, Quick(tmp_path / "data"))
    assert (figures["told_of_the_fault"], figures["false_restored"]) == (24, 0), figures
    assert figures["told_of_the_end"] == 24, "each hears once that it is back, when it is"
    assert figures["other_texts"] == {}, "nothing changed for them in between"
