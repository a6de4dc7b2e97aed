"""A release is replaced while outages are under way, in a simulated history: nothing lost, doubled, forgotten or false."""

from pathlib import Path

import pytest

from tests.sim.upgrade.releases import KEPT, SECONDS, play, unpack

pytestmark = pytest.mark.timeout(2 * SECONDS)


@pytest.mark.parametrize("name", sorted(KEPT))
def test_what_a_release_began_is_brought_to_its_end_by_this_code(name: str, postgres: str, tmp_path: Path) -> None:
    release, folder = unpack(name, tmp_path / "release"), tmp_path / "provider"
    folder.mkdir()
    half, outcome = play(2, release, postgres, folder)
    assert outcome.wrong == [], outcome.line()
    before = len(half.stage["known"])
    assert 0 < before < len(half.plan.acts())
    assert 0 < len(half.written) < outcome.texts + 1
    assert half.offsets
