"""Whole histories of a small city, so that `make sim` cannot rot: nothing lost, doubled, forgotten or false, and the same twice."""

from itertools import count

import pytest

from tests.sim.city.breaking.restored import BackedUp, Restored, with_restore
from tests.sim.city.plan.draw import draw
from tests.sim.city.plan.plan import Plan
from tests.sim.city.play import Ground
from tests.sim.city.story import Outcome
from tests.sim.city.workloads.operators.set_aside import Stumbled
from tests.sim.engine.trace import Trace, first_difference
from tests.sim.judging.queues import LOOPS, LOOPS_EACH

pytestmark = pytest.mark.timeout(300)
LARGE = [
    plan.seed
    for plan in map(draw, range(1, 200))
    if len(plan.acts()) > 20 and any(attack.kind == "kill" for attack in plan.attacks)
]


def test_a_city_in_a_storm_is_told_the_truth_once(city: Ground) -> None:
    outcomes = [city.play(seed) for seed in LARGE[:2]]
    for outcome in outcomes:
        assert outcome.wrong == [], outcome.line()
        assert outcome.facts > 10
        assert outcome.restarts
    assert sum(outcome.texts for outcome in outcomes) > 10
    loops = min(outcome.loops for outcome in outcomes)
    assert 0 < loops <= LOOPS, f"a notifier with nothing to do has {loops} tasks: put LOOPS of queues.py right"


def test_a_city_whose_database_goes_back_some_time_is_told_nothing_twice(city: Ground) -> None:
    outcome = city.play(5, restore=True)
    assert outcome.wrong == [], outcome.line()
    assert outcome.texts


def test_a_city_whose_texts_go_by_two_providers_is_told_the_truth_once(city: Ground) -> None:
    outcomes = [city.play(seed, gateway=True) for seed in (1, 2)]
    assert [one.line() for one in outcomes if one.wrong] == []
    made = sum(one.by_gateway for one in outcomes)
    assert 0 < made < sum(one.texts for one in outcomes)
    loops = min(one.loops for one in outcomes)
    assert LOOPS < loops <= LOOPS + LOOPS_EACH, (
        f"with a second provider it has {loops}: put LOOPS_EACH of queues.py right"
    )


def test_a_topic_that_is_made_anew_stops_its_readers_and_costs_nobody_a_word(city: Ground) -> None:
    gone, replaced = city.play(103), _twice(city, 49)
    assert {blow.kind for one in (gone, replaced) for blow in one.attacks} >= {"topic-gone", "topic-replaced"}
    assert (gone.wrong, replaced.wrong) == ([], [])
    assert replaced.restarts > sum(blow.kind.startswith("kill") for blow in replaced.attacks), "their fences noticed"


def test_what_operators_had_judged_after_all_they_ask_again_where_the_database_went_back_to_before_it(
    city: Ground,
) -> None:
    outcome = city.play(next(seed for seed in count(450) if _lies_aside_again(with_restore(draw(seed)))), restore=True)
    assert outcome.wrong == [], outcome.line()


def test_the_same_seed_is_the_same_history_to_the_byte(city: Ground) -> None:
    """So it is with one whose topic is made anew, above."""
    assert _twice(city, 2).wrong == []


def _twice(city: Ground, seed: int) -> Outcome:
    """What a seed comes to, which is played two times: they are the same to the byte."""
    one, other = Trace(text=True), Trace(text=True)
    city.play(seed, trace=one)
    outcome = city.play(seed, trace=other)
    assert one.lines
    assert other.lines
    assert first_difference(one.lines, other.lines) == ""
    return outcome


def _lies_aside_again(plan: Plan) -> bool:
    """Whether what operators had judged after all lies in quarantine again, once the database has gone back."""
    acts = list(plan.acts().values())
    before = {name: act.at for act in acts if isinstance(act, BackedUp) for name in act.services}
    back = min(act.at for act in acts if isinstance(act, Restored))
    return any(
        act.at < before.get(act.service, 0.0) < act.at + act.lasts < back for act in acts if isinstance(act, Stumbled)
    )
