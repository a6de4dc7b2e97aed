"""Which outages dispatch has found to be one, for referees: written without a line of the product's own rules.

Of two merges of one outage the first counts, a ring and planned work are not merged. From its instant on what is said of the one is
said of the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from schemas.contracts import dispatch
from schemas.contracts.base import Extent

INSTANTS: Final[Mapping[type, str]] = {
    dispatch.OutageStarted: "started_at",
    dispatch.OutageReopened: "reopened_at",
    dispatch.OutageWithdrawn: "withdrawn_at",
    dispatch.OutageCorrected: "corrected_at",
    dispatch.SupplyRestored: "restored_at",
    dispatch.FaultReported: "reported_at",
    dispatch.CrewStatus: "at",
    dispatch.CauseCleared: "cleared_at",
    dispatch.ErtChanged: "changed_at",
    dispatch.ExtentChanged: "changed_at",
}
FAULTS: Final = frozenset({"fault", "emergency"})


@dataclass(frozen=True, slots=True)
class Merge:
    """One outage goes on as another, from an instant on."""

    mrid: str
    into: str
    at: datetime


def merges(facts: Iterable[Any]) -> tuple[list[Merge], set[str]]:
    """Those that count, the earliest first; and outages of which two merges would make a ring: which one goes on is open."""
    facts = list(facts)
    noticed = {fact.mrid for fact in facts if isinstance(fact, dispatch.PlanBody | dispatch.CurtailmentOrdered)}
    noticed |= {
        fact.mrid for fact in facts if isinstance(fact, dispatch.OutageStarted) and fact.outage_class not in FAULTS
    }
    known = {fact.mrid for fact in facts if isinstance(fact, dispatch.OutageStarted | dispatch.FaultReported)}
    found: list[Merge] = []
    goes_on: dict[str, str] = {}
    rings: set[str] = set()
    said = [fact for fact in facts if isinstance(fact, dispatch.OutageMerged)]
    for word in sorted(said, key=lambda fact: (fact.merged_at, fact.mrid)):
        root = word.into
        while root in goes_on:
            root = goes_on[root]
        if root == word.mrid:
            rings |= {word.mrid, word.into}
        elif not {word.mrid, root} & noticed and {word.mrid, root} <= known and word.mrid not in goes_on:
            goes_on[word.mrid] = root
            found.append(Merge(word.mrid, root, word.merged_at))
    return found, rings


def since(fact: Any, merge: Merge) -> bool:
    """Whether a fact of a merged outage is the other's."""
    name = INSTANTS.get(type(fact))
    return name is not None and getattr(fact, name) >= merge.at


def as_one(facts: Iterable[Any]) -> list[Any]:
    """The facts with those of merged outages said of the one that goes on: where both lay, since the earlier start."""
    facts = list(facts)
    for merge in merges(facts)[0]:
        facts = _joined(facts, merge)
    return facts


def _joined(facts: Sequence[Any], merge: Merge) -> list[Any]:
    own = [fact for fact in facts if fact.mrid == merge.mrid and not isinstance(fact, dispatch.OutageMerged)]
    others = [fact for fact in facts if fact.mrid not in (merge.mrid, merge.into)]
    theirs = [fact for fact in facts if fact.mrid == merge.into]
    starts = [fact for fact in (*own, *theirs) if isinstance(fact, dispatch.OutageStarted)]
    lay = union(fact.extent for fact in own if isinstance(fact, dispatch.OutageStarted))
    made = [replace(_of_survivor(fact, merge, lay), mrid=merge.into) for fact in own if fact not in starts]
    rest = [fact for fact in theirs if fact not in starts]
    if not starts:
        return [*others, *made, *rest]
    first = min(starts, key=lambda fact: fact.started_at)
    start = replace(first, mrid=merge.into, extent=union(fact.extent for fact in starts))
    return [*others, start, *made, *rest]


def _of_survivor(fact: Any, merge: Merge, lay: Extent) -> Any:
    """That all of the merged one was back before is a part of both."""
    if isinstance(fact, dispatch.SupplyRestored) and fact.scope == "all" and not since(fact, merge):
        return replace(fact, scope="part", extent=lay)
    return fact


def union(extents: Iterable[Extent]) -> Extent:
    """All that any of them names."""
    given = list(extents)
    fields = ("lines", "areas", "transformers", "usage_points")
    return Extent(
        **{name: tuple(dict.fromkeys(one for each in given for one in getattr(each, name))) for name in fields}
    )
