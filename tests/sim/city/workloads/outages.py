"""Faults, works, nested outages, roll-ups and parts on a few lines, as real processes are told them (tests/chaos)."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random

from tests.chaos.workload import facts
from tests.sim.city.plan.acts import Told
from tests.sim.city.plan.town import Town
from tests.sim.city.stage import ZERO


def draw(random: Random, town: Town) -> Iterator[Told]:
    """See the README."""
    lines = random.randint(1, town.size.lines)
    for number, one in enumerate(facts(town.seed, town.size.seconds, lines)):
        fact = one.make(ZERO + timedelta(seconds=one.happens))
        for at in (one.sent, one.again):
            if at is not None:
                yield Told(at, one.happens, f"{one.mrid}/{number}", fact)
