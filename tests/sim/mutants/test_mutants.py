"""Deliberate faults: each still has its place in the code, and one that is found at once is found."""

from pathlib import Path

import pytest

from services.kernel.queries import SQL
from tests.sim.city.play import Ground
from tests.sim.mutants.catalogue import MUTANTS
from tests.sim.mutants.hunt import play_with
from tests.sim.mutants.registry import other_sql

pytestmark = pytest.mark.timeout(300)
README = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_has_its_place_in_the_code_and_leaves_nothing_behind(name: str) -> None:
    mutant, before = MUTANTS[name], dict(SQL)
    with mutant.under(), mutant.put():
        pass
    assert before == SQL
    assert mutant.says.endswith(".")
    assert name in README


def test_a_statement_that_changed_is_noticed() -> None:
    with pytest.raises(ValueError, match="settle does not hold it once"):
        other_sql(SQL, "settle", "no such words", "")


def test_a_fault_is_found_and_nothing_else_in_the_same_history(city: Ground) -> None:
    name = "text-not-withdrawn-when-overtaken"
    # The one that finds it as this is written (README.md), then those beside it.
    found = next(seed for seed in (2, 1, 3, 4, 5) if play_with(name, seed, city.play).wrong)
    assert play_with(name, found, city.play, fault=False).wrong == []


def test_whom_the_fan_out_forgets_the_watch_over_silence_finds(city: Ground) -> None:
    name = "somebody-is-forgotten-in-the-fan-out"
    found = [line for line in play_with(name, 1, city.play).wrong if line.startswith("the watch called")]
    assert found
    assert all("(never-asked)" in line for line in found)
    assert play_with(name, 1, city.play, fault=False).wrong == []
