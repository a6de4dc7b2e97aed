"""Whole histories of a small city, so that `make sim` cannot rot: nothing lost, doubled, forgotten or false, and the same twice."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.sim.city.databases import drop, template
from tests.sim.city.play import begin, play
from tests.sim.engine.trace import Trace, first_difference

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def city(postgres: str) -> Iterator[tuple[str, str]]:
    made = asyncio.run(template(postgres))
    begin(postgres, made)
    yield postgres, made
    asyncio.run(drop(postgres, made))


@pytest.mark.parametrize("seed", [4, 5, 7])
def test_a_city_in_a_storm_is_told_the_truth_once(city: tuple[str, str], seed: int) -> None:
    outcome = play(seed, *city)
    assert outcome.wrong == [], outcome.line()
    assert outcome.facts > 10
    assert outcome.texts > 10
    assert outcome.restarts


def test_the_same_seed_is_the_same_history_to_the_byte(city: tuple[str, str]) -> None:
    one, other = Trace(text=True), Trace(text=True)
    play(2, *city, trace=one)
    play(2, *city, trace=other)
    assert one.lines
    assert other.lines
    assert first_difference(one.lines, other.lines) == ""
