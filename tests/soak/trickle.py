"""Draw the steady work of a soak: twenty lines with one outage after the other each, and customers who change. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

import msgspec

from connectors.registry.entry import RegistryEntry
from schemas.cloudevent import CloudEvent
from schemas.contracts.all_types import TYPE_OF
from tests.kits.system.load import LINES, customers, line_name, told_of_line

SOURCE: Final = "/dispatch/soak"
CUSTOMERS: Final = 2 * LINES
A_TURN: Final = 4
"""So many facts are said at once, each of another line."""
REGISTRY_TURNS: Final = 5
"""In every n-th turn a customer changes."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What is said at one instant."""

    events: tuple[CloudEvent, ...]
    changed: tuple[RegistryEntry, ...]


class Trickle:
    """As much of it as is asked for; the same for the same seed and instants."""

    def __init__(self, seed: int) -> None:
        self._lines = [told_of_line(number, Random(f"{seed}/{number}")) for number in range(LINES)]
        self._said = self._turns = self._changes = 0

    def turn(self, at: datetime) -> Turn:
        """The next one, said at `at`, which ascends."""
        self._turns += 1
        changed = (self._change(at),) if self._turns % REGISTRY_TURNS == 0 else ()
        return Turn(tuple(self._facts(at)), changed)

    def _facts(self, at: datetime) -> Iterator[CloudEvent]:
        for _ in range(A_TURN):
            fact = next(self._lines[self._said % LINES])(at)
            self._said += 1
            yield CloudEvent(source=SOURCE, id=f"{self._said:09}", type=TYPE_OF[type(fact)], time=at, data=fact)

    def _change(self, at: datetime) -> RegistryEntry:
        """A customer is supplied by the next line too, or no more; a round later the other way."""
        self._changes += 1
        number = self._changes % CUSTOMERS
        entry = customers(CUSTOMERS, at)[number]
        if self._changes // CUSTOMERS % 2:
            return entry
        lines = (*entry.customer.lines, line_name((number + 1) % LINES))
        return RegistryEntry(msgspec.structs.replace(entry.customer, lines=lines), entry.numbers)
