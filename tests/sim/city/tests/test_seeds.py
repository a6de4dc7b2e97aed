"""Twenty-four stories of the small city, whatever befalls it: nothing lost, doubled, forgotten or false. `make sim` plays more."""

import pytest

from tests.sim.city.play import Ground

pytestmark = pytest.mark.timeout(300)
TOGETHER = 8


@pytest.mark.parametrize("first", range(1, 25, TOGETHER))
def test_stories_of_a_small_city_come_to_a_good_end(first: int, city: Ground) -> None:
    outcomes = [city.play(seed) for seed in range(first, first + TOGETHER)]
    assert [outcome.line() for outcome in outcomes if outcome.wrong] == []
    assert sum(outcome.texts for outcome in outcomes) > TOGETHER
    assert sum(len(outcome.attacks) for outcome in outcomes) > 2 * TOGETHER
