"""Find other work at the same place about the same time, and offer one cut instead of two. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.contracts.base import Period
from schemas.contracts.dispatch import PlanBody
from schemas.contracts.notices import Overlap
from services.planner.domain.verdict.other_work import NearbyWork

SHOWN = 20
STANDING = frozenset({"noticed", "started"})
RELABELLED = "planned-relabelled-temporary"
NAME = 200


def offers(plan: PlanBody, works: Iterable[NearbyWork]) -> Iterator[Overlap]:
    """An offer for each other work whose notice stands or that has begun: to merge, or to nest where one holds the other.

    `saves` counts usage points whose yearly limit two planned cuts would touch twice.
    """
    ours = plan.planned_period
    for work in sorted(works, key=lambda work: (work.period.start, work.mrid)):
        if work.standing not in STANDING:
            continue
        theirs = work.period
        both = Period(start=min(ours.start, theirs.start), end=max(ours.end, theirs.end))
        points = sum(place.startswith("usagePoint:") for place in work.shared)
        yield Overlap(
            other=work.mrid,
            offer="nest" if both in (ours, theirs) else "merge",
            other_period=theirs,
            merged_period=both,
            shared=tuple(place[:NAME] for place in work.shared[:SHOWN]),
            saves=points if plan.outage_class == work.outage_class == "planned" else 0,
        )


def relabelled(plan: PlanBody, works: Iterable[NearbyWork]) -> Iterator[str]:
    """Temporary work where planned work was refused or withdrawn for the same place and time: reported, never hidden.

    Source: notes on the service standard, 4: planned work relabelled temporary is reported.
    """
    if plan.outage_class == "temporary":
        for work in works:
            if work.outage_class == "planned" and work.standing not in STANDING:
                yield f"{RELABELLED}:{work.mrid}"[:NAME]
