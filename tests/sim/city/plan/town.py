"""What a story's workloads draw on: who lives where, and how large the story is to be."""

from dataclasses import dataclass
from random import Random
from typing import Final

from connectors.registry.entry import RegistryEntry
from tests.chaos.workload import line_of, registry
from tests.sim.city.stage import ZERO

LARGE: Final = 0.1
"""So many of the stories are large ones."""


@dataclass(frozen=True, slots=True)
class Size:
    """`lines`: at most so many have a story; `seconds`: in which a chapter is told; `attacks`: at least and at most."""

    lines: int
    seconds: float
    attacks: tuple[int, int]


SMALL: Final = Size(2, 10.0, (2, 4))
WHOLE: Final = Size(3, 20.0, (3, 8))


@dataclass(frozen=True, slots=True)
class Town:
    """The city of one seed."""

    seed: int
    size: Size
    customers: tuple[RegistryEntry, ...]


def town(seed: int) -> Town:
    """Draw it."""
    size = WHOLE if Random(f"{seed}/town").random() < LARGE else SMALL
    return Town(seed, size, tuple(one for number, one in enumerate(registry(ZERO)) if line_of(number) < size.lines))
