"""Drop large extents that nothing depends on any more: the log has them. Pure.

Each word on an extent gives the whole of it, and may have a megabyte. Of words that follow each other, with no restoration
and no other beginning between them, only the last moves the course; of plans, only the latest that names places. As long as
all of them together are small they are kept, for a late fact may still fall between them. Beyond that, a late restoration
is measured against the first extent that is known after it.

What goes follows from the log alone, never from the day or the size of a process: a replay forgets the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from msgspec import structs

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import ExtentChanged, Fact, PlannedAmended, PlannedRequested
from services.places.extents import KINDS, names, says_nothing
from services.restorer.domain.lifecycle import FOREGONE, Entry, course_of, latest_plan, timeline
from services.restorer.domain.state import SLIMMED, SupplyState, digest

KEPT_NAMES: Final = 10_000
"""So many names in the words on one extent are kept whatever becomes of them: up to 2 MB, and 780 kB are 20,000 names."""
PLANS: Final = (PlannedRequested, PlannedAmended)


def slim(state: SupplyState, newest: object) -> SupplyState:
    """The state without extents that are overtaken; the same one where `newest` cannot have overtaken any."""
    if type(newest) not in SLIMMED or _size(state) <= KEPT_NAMES:
        return state
    return _without_plans(_without_extents(state))


def _size(state: SupplyState) -> int:
    """Names in all words on the extent together."""
    said: Iterable[Any] = (fact for kind in SLIMMED for fact in state.facts.get(kind, {}))
    return sum(len(names(fact.extent, kind)) for fact in said for kind in KINDS)


def _without_extents(state: SupplyState) -> SupplyState:
    gone: list[Entry] = []
    since: list[datetime] = []
    for run in _runs(timeline(state, course_of(state).began)):
        last = max((at for at, entry in enumerate(run) if not says_nothing(_extent(entry))), default=0)
        gone += run[:last]
        since += [entry[0] for entry in run[:last] if entry[0] < run[last][0]][:1]
        since += [entry[0] for entry in run[last:] if entry[3] == FOREGONE]
    overtaken = {entry[2] for entry in gone if entry[3] != FOREGONE}
    if not overtaken:
        return state
    facts = dict(state.facts)
    facts[ExtentChanged] = {fact: cause for fact, cause in state.of(ExtentChanged) if fact not in overtaken}
    return replace(_seen(state, overtaken), facts=facts, foregone=tuple(since))


def _runs(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Words on the extent that have nothing else between them."""
    runs: list[list[Entry]] = [[]]
    for entry in entries:
        if isinstance(entry[2], ExtentChanged):
            runs[-1].append(entry)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _extent(entry: Entry) -> Extent:
    fact = entry[2]
    assert isinstance(fact, ExtentChanged)  # noqa: S101 - a run has nothing else
    return fact.extent


def _without_plans(state: SupplyState) -> SupplyState:
    latest, facts = latest_plan(state), dict(state.facts)
    emptied: list[Fact] = []
    for kind in PLANS:
        kept: dict[Fact, str] = {}
        for plan, cause in state.of(kind):
            if plan == latest or says_nothing(plan.extent):
                kept[plan] = cause
            else:
                emptied.append(plan)
                kept[structs.replace(plan, extent=Extent())] = cause
        if kept:
            facts[kind] = kept
    return replace(_seen(state, emptied), facts=facts) if emptied else state


def _seen(state: SupplyState, facts: Iterable[Fact]) -> SupplyState:
    """Each of them stays known: said again, it is nothing new."""
    seen = state.seen
    for fact in facts:
        seen = seen.add(digest(fact))
    return replace(state, seen=seen)
