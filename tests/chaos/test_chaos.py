"""A short storm of the real thing, so that `make chaos` cannot rot."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.run import play


@pytest.mark.timeout(400)
def test_a_short_storm_loses_doubles_and_falsifies_nothing(tmp_path: Path) -> None:
    result = asyncio.run(play(3, 15.0, tmp_path))
    assert result.wrong == [], result.line()
    assert result.facts > 50
    assert result.texts > 0
    assert result.blows
