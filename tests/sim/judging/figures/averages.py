"""Work out how long crews took on average, by the facts of a whole story: the referee of the averages of a month.

Written from the standard: 45, 90 and 120 minutes, from the first report until a crew is on site, over all faults of a territory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from math import ceil
from typing import Any, Final

from schemas.contracts import dispatch
from schemas.contracts.base import Territory
from tests.sim.judging.promises.owed import ZONE, as_corrected, reclassified, withdrawn

TERRITORIES: Final[Sequence[Territory]] = ("urban", "rural", "remote")
ALLOWED: Final[Mapping[str, int]] = {"urban": 45, "rural": 90, "remote": 120}
"""Minutes."""
THERE: Final = ("arrived", "fieldComplete")
PLAIN: Final = (
    dispatch.OutageStarted, dispatch.FaultReported, dispatch.CrewStatus, dispatch.SupplyRestored, dispatch.OutageWithdrawn,
    dispatch.CauseCleared, dispatch.ErtChanged, dispatch.ExtentChanged, dispatch.SupplyPerhapsRestored,
    dispatch.OutageListedAgain,
)  # fmt: skip
"""Where a fault that somebody reported has facts of other kinds, nothing is said: a crew may have come for another time."""


def rule_of(territory: str) -> str:
    """The rule's name."""
    return f"cn.fault.crew-average-{territory}"


@dataclass(frozen=True, slots=True)
class Came:
    """One fault that was reported: where, when, and when the crew came, if it did."""

    territory: str
    reported: datetime
    arrived: datetime | None


def reported_faults(facts: Iterable[Any]) -> list[Came] | None:
    """All faults that count in an average, or would if a crew had come; None where this referee cannot tell."""
    found: list[Came] = []
    for _, own in groupby(sorted(facts, key=lambda fact: fact.mrid), key=lambda fact: fact.mrid):
        said = [*dict.fromkeys(own)]
        reports = [fact for fact in said if isinstance(fact, dispatch.FaultReported)]
        if not reports and reclassified(said) is None:
            continue
        if not all(isinstance(fact, PLAIN) for fact in said) or as_corrected(said) != said:
            return None
        starts = [fact for fact in said if isinstance(fact, dispatch.OutageStarted)]
        if withdrawn(said) or any(fact.outage_class != "fault" for fact in starts):
            continue
        if any(fact.fault_side != "unknown" or fact.meter_fault or not fact.ordinary for fact in reports):
            return None
        first = min(reports, key=lambda fact: fact.reported_at)
        came = [fact.at for fact in said if isinstance(fact, dispatch.CrewStatus) and fact.crew_status in THERE]
        over = [fact.restored_at for fact in said if isinstance(fact, dispatch.SupplyRestored) and fact.scope == "all"]
        if over and first.reported_at > min(over):
            return None  # what was said of it since is of another time
        found.append(Came(first.territory or "urban", first.reported_at, min(came, default=None)))
    return found


def averages(facts: Iterable[Any], month: str) -> Mapping[str, float | None] | None:
    """By rule, the average of a month in minutes, rounded up to hundredths; None of no case. None: this referee cannot tell."""
    faults = reported_faults(facts)
    if faults is None:
        return None
    return {rule_of(where): _average(where, faults, month) for where in TERRITORIES}


def _average(territory: str, faults: Sequence[Came], month: str) -> float | None:
    taken = [
        max(0, round((one.arrived - one.reported).total_seconds() * 1_000_000))
        for one in faults
        if one.territory == territory and one.arrived is not None and f"{one.reported.astimezone(ZONE):%Y-%m}" == month
    ]
    return ceil(sum(taken) * 100 / (60_000_000 * len(taken))) / 100 if taken else None


def misjudged(judged: Iterable[Any], facts: Iterable[Any], month: str) -> Iterator[str]:
    """Averages that were judged last of a month and are not what the facts come to. `judged`: words on rules, in their order."""
    mine = averages(facts, month)
    if mine is None:
        return
    last = {one.rule.rule_id: one for one in judged}
    for where in TERRITORIES:
        rule = rule_of(where)
        figure, word = mine[rule], last.get(rule)
        said = None if word is None else word.figure
        if said != figure:
            yield f"crews took {figure} min on average ({where}) in {month}, and it was judged as {said}"
        elif word is not None and figure is not None and (word.verdict == "kept") != (figure <= ALLOWED[where]):
            yield f"an average of {figure} min ({where}) in {month} was called {word.verdict}"
