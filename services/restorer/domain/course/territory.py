"""Say in which territory an outage lies: by dispatch, else by the network model, else by the policy. Pure.

A crew is promised to those who wait for it. So where customers in the city and in the country wait, what is due in either is
promised: nobody loses the 45 minutes because the line runs on into the country, nor the 24 hours because it begins in the city.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schemas.contracts.base import Extent, Territory, TerritorySource
from schemas.contracts.dispatch import Fact, FaultReported, OutageCorrected, OutageStarted
from schemas.contracts.network import ModelRef
from services.instants import tie
from services.places.extents import says_nothing
from services.restorer.domain.state import SupplyState

MAKES_PLACES_FIRST = (FaultReported, OutageStarted, OutageCorrected)


@dataclass(frozen=True, slots=True)
class WhereItLies:
    """The territories of an outage, nearest to the city first; who says so, and by which editions of the network."""

    names: tuple[Territory, ...]
    source: TerritorySource
    models: tuple[ModelRef, ...] = ()


def known(state: SupplyState) -> WhereItLies | None:
    """By dispatch, else by the network; None where neither says it."""
    anew = state.reclassified()
    if anew is not None and anew[0].outage_class == "fault" and anew[0].territory is not None:
        return WhereItLies((anew[0].territory,), "dispatch")
    said = state.reports.located
    if said is not None and said.territory is not None:
        return WhereItLies((said.territory,), "dispatch")
    word = state.territory
    if word is None or not word.territories:
        return None
    return WhereItLies(word.territories, "network", word.network_models)


def lies(state: SupplyState, default: Territory) -> WhereItLies:
    """The same, and `default`, the policy's, where neither says it."""
    return known(state) or WhereItLies((default,), "policy")


def first_named(state: SupplyState) -> Extent | None:
    """Where dispatch first said that the outage is: its first start that names a place, else the first such report.

    An outage that grows goes on being promised as it began: a crew cannot be late at a place that was not out yet.
    """
    starts = [start for start, _ in state.of(OutageStarted) if not says_nothing(start.extent)]
    confirmed = [start for start in starts if start.confirmed] or starts
    if confirmed:
        return min(confirmed, key=lambda start: (start.started_at, *tie(start))).extent
    placed = state.reports.placed
    return placed.extent if placed is not None else None


def asked(state: SupplyState, fact: Fact) -> Iterator[Extent]:
    """Of which places the network has to be asked because of `fact`: those it makes the first, while dispatch does not say where.

    There may be thousands of reports, and only the earliest that names a place counts: no other costs a look.
    """
    if state.reports.located is not None or not isinstance(fact, MAKES_PLACES_FIRST):
        return
    if isinstance(fact, FaultReported):
        early = state.reports.placed
        late = early is not None and early.reported_at < fact.reported_at
        if late or fact.territory is not None or says_nothing(fact.extent):
            return
    before = first_named(state)
    after = first_named(state.with_fact(fact, ""))
    if after is not None and after != before:
        yield after
