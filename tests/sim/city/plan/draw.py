"""Draw a seed's story: the city, a few of the workloads, and what befalls the system meanwhile."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import import_module
from pkgutil import walk_packages
from random import Random
from typing import Any, Final

from tests.sim.city import workloads
from tests.sim.city.breaking.attacks import retention, schedule, topics_anew, wrong_clocks
from tests.sim.city.plan.acts import Act
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.town import Town, town
from tests.sim.city.stage import Stage

PROVIDER_FAULTS: Final = 0.1
"""Of what the provider does while anything goes on, so much goes wrong."""


def draw(seed: int) -> Plan:
    """The whole story of a seed."""
    here = town(seed)
    plan = Plan(seed, here.customers, {name: _part(name, here) for name in _chosen(here)}, (), PROVIDER_FAULTS)
    spans = [(chapter.begins, chapter.acts[-1].at) for chapter in plan.chapters()]
    attacks = schedule(Random(f"{seed}/attacks"), spans, here.size.attacks)
    attacks += wrong_clocks(Random(f"{seed}/clocks"), spans)
    attacks += retention(Random(f"{seed}/retention"), spans)
    attacks += topics_anew(Random(f"{seed}/anew"), spans)
    return replace(plan, attacks=tuple(attacks))


def _chosen(here: Town) -> list[str]:
    """A few; whether one is among them hardly depends on which others there are, so a new file leaves most stories as they are."""
    count = Random(f"{here.seed}/workloads").randint(*here.size.workloads)

    def rank(name: str) -> float:
        return Random(f"{here.seed}/{name}/rank").random() ** (1 / getattr(found()[name], "OFTEN", 1.0))

    return sorted(sorted(found(), key=rank, reverse=True)[:count])


def _part(name: str, here: Town) -> tuple[Act, ...]:
    acts: Iterable[Act] = found()[name].draw(Random(f"{here.seed}/{name}"), here)
    return tuple(sorted(acts, key=lambda act: act.at))


def needs(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """By service, the settings that these workloads need: their NEEDS."""
    made: dict[str, dict[str, Any]] = {}
    for name in names:
        for service, values in getattr(found().get(name), "NEEDS", {}).items():
            made.setdefault(service, {}).update(values)
    return made


async def afterwards(name: str, plan: Plan, stage: Stage) -> list[str]:
    """What a workload finds wrong in the end."""
    look = getattr(found().get(name), "after", None)
    return [] if look is None else [f"{name}: {line}" for line in await look(plan, stage)]


@cache
def found() -> dict[str, Any]:
    """The workloads, by the names of their files, in whatever room they lie: a story is drawn by the name alone.

    Raises:
        ValueError: two have one name.

    """
    made: dict[str, Any] = {}
    for one in walk_packages(workloads.__path__, f"{workloads.__name__}."):
        name = one.name.rpartition(".")[2]
        if not one.ispkg and made.setdefault(name, module := import_module(one.name)) is not module:
            raise ValueError(f"{one.name} and {made[name].__name__}: no two workloads have one name")
    return made
