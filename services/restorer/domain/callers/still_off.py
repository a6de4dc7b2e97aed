"""Keep the last words of customers that power is off: after a restoration such a word denies it. Pure.

Of thousands of reports before it nothing is needed here; of those after it, few places and the latest words are enough to ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import FaultReported
from schemas.contracts.evidence.replies import SupplyDenied
from services.places.extents import KINDS, names

KEPT: Final = 100
NAMES_KEPT: Final = 10


@dataclass(frozen=True, slots=True)
class CallersWord:
    """Somebody says that power is off: when, by which fact (source/id), of which type, and where."""

    at: datetime
    cause: str
    fact_type: str
    where: Extent


@dataclass(frozen=True, slots=True)
class StillOff:
    """The last words of customers, by their instants."""

    words: tuple[CallersWord, ...] = ()

    def hear(self, fact: object, cause: str) -> StillOff:
        """With one more word; a report of a fault in the customer's own installation, or of a meter, is none."""
        match fact:
            case SupplyDenied():
                word = CallersWord(fact.said_at, cause, "supply.denied.v1", _few(fact.extent))
            case FaultReported() if fact.fault_side != "customer" and not fact.meter_fault:
                word = CallersWord(fact.reported_at, cause, "fault.reported.v1", _few(fact.extent))
            case _:
                return self
        if len(self.words) == KEPT and (word.at, word.cause) <= (self.words[0].at, self.words[0].cause):
            return self
        kept = sorted((*self.words, word), key=lambda one: (one.at, one.cause))
        return StillOff(tuple(kept[-KEPT:]))

    def points(self) -> Iterator[str]:
        """The usage points that they name, as they are written."""
        for word in self.words:
            yield from word.where.usage_points


def _few(extent: Extent) -> Extent:
    return replace(
        extent, customers_affected=None, nominal_voltage=None, **{k: names(extent, k)[:NAMES_KEPT] for k in KINDS}
    )
