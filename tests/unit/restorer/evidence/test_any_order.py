"""Whatever the order in which facts, readings and customers' words come, the same is denied in the end, and asked once."""

from __future__ import annotations

from itertools import pairwise
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.restorer.domain.evidence.readings import PointReading
from tests.kits.deciders.restorer import Outage, denied, metered, part, points, reopened, reported, restored, started

NAMES = ("up-1", "up-2", "up-3")
clocks = st.integers(0, 40).map(lambda quarter: f"{10 + quarter // 4}:{15 * (quarter % 4):02}")
names = st.sampled_from(NAMES)
facts = st.lists(
    st.one_of(
        st.builds(restored, clocks),
        st.builds(part, clocks, names),
        st.builds(reopened, clocks),
        st.builds(lambda clock, name: reported(clock, extent=points(name)), clocks, names),
        st.builds(lambda clock, name: denied(clock, points(name)), clocks, names),
    ),
    max_size=6,
    unique_by=lambda fact: (type(fact), str(fact)),
)
readings = st.lists(
    st.builds(lambda name, clock, on: metered(name, clock, on=on), names, clocks, st.booleans()), max_size=5
)


def told(said: list[Any]) -> Outage:
    """One outage that hears all of it in this order; of each point the newest reading is known, as in the table."""
    outage = Outage()
    for one in said:
        if isinstance(one, PointReading):
            known = outage.read.get(one.form)
            if known is None or (known.at, not known.energised) < (one.at, not one.energised):
                outage.looks(one)
        else:
            outage.hears(one)
    outage.looks()
    return outage


@given(facts, readings, st.randoms(use_true_random=False))
def test_the_order_of_arrival_decides_nothing(said: list[Any], read: list[PointReading], random: Random) -> None:
    every = [started("9:00"), *said, *read]
    mixed = random.sample(every, len(every))
    one, other = told(every), told(mixed)
    assert dict(one.state.checked.points) == dict(other.state.checked.points)
    assert one.state.checked.proven == other.state.checked.proven
    asked = [
        {name: _who_says(known.reason) for name, known in outage.state.questions.items()} for outage in (one, other)
    ]
    assert asked[0] == asked[1]


def _who_says(reason: str) -> str:
    """What is asked; of one point that a customer and its meter deny at once, who was heard first gives the question its name."""
    return "somebody-says-off" if reason in ("customer-says-off", "meter-says-off") else reason


@given(facts, readings)
def test_each_word_is_numbered_higher_and_says_something_new(said: list[Any], read: list[PointReading]) -> None:
    words = told([started("9:00"), *said, *read]).events("restoration.checked")
    assert [word.number for word in words] == list(range(1, len(words) + 1))
    for before, after in pairwise(words):
        assert (before.denied, before.proven, before.episode) != (after.denied, after.proven, after.episode)


@given(facts, readings)
def test_what_is_looked_at_again_says_nothing_again(said: list[Any], read: list[PointReading]) -> None:
    outage = told([started("9:00"), *said, *read])
    assert not outage.looks().events
