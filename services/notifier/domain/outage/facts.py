"""Collect what is known of one outage, whatever order its facts came in.

Each kind of fact has a register that keeps the newest by the fact's own instant (not by arrival), so that any
permutation of the same facts ends in the same state. An empty list says nothing, in every fact.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from msgspec import structs

from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    CrewStatus,
    CurtailmentOrdered,
    FaultReported,
    OutageCorrected,
    OutageReclassified,
    OutageStarted,
    OutageWithdrawn,
)
from schemas.contracts.notices import (
    NoticeAmended,
    NoticePublished,
    NoticeWithdrawn,
)
from schemas.contracts.restorations import (
    MergeConfirmed,
    RestorationChecked,
    RestorationConfirmed,
    RestorationPart,
    RestorationRefused,
)
from services.instants import moved_to, start_at
from services.notifier.domain.outage.joined import TruthJoins
from services.notifier.domain.outage.newness import Stamp
from services.plausibility import NEVER_MISSED, Absence

NOWHERE = Extent()


class PartBack(NamedTuple):
    """A part that came back: when, where, and the restorer's number of the step; 0 where several are one."""

    at: datetime
    places: Extent
    step: int


@dataclass(frozen=True)
class Expected:
    """When power is expected, and if that is not known, when the next word is promised."""

    ert: datetime | None = None
    next_update_at: datetime | None = None
    low: bool = False
    """Dispatch is not sure of that time (CIM ERTConfidenceKind low)."""


@dataclass(frozen=True)
class FactRegisters:
    """What is known of one outage: one register per kind of fact. The stamp beside a value says how new it is."""

    notice: NoticePublished | NoticeAmended | None = None
    noticed: NoticePublished | NoticeAmended | None = None
    """The newest notice that names places."""
    withdrawn: NoticeWithdrawn | None = None
    curtailment: CurtailmentOrdered | None = None
    started: OutageStarted | None = None
    first_at: datetime | None = None
    """The first start of all: one at the very instant of a restoration is its own only then, else power is off again."""
    first_extent: tuple[Extent, Stamp] | None = None
    """Where the first start says it is: it may be corrected to another instant, and so come before other words on that."""
    predicted: OutageStarted | None = None
    foretold: OutageStarted | None = None
    """The newest predicted start that names places."""
    report: FaultReported | None = None
    reported: Extent = NOWHERE
    ours: bool = False
    """A report says that the fault lies in the utility's own network."""
    not_ours_at: datetime | None = None
    """When the last report came that found it inside a customer's own installation, or the meter at fault."""
    reopened_at: datetime | None = None
    extent: Extent | None = None
    extent_stamp: Stamp | None = None
    part: RestorationPart | None = None
    placed: RestorationPart | None = None
    """The newest part that says what it left."""
    steps: tuple[PartBack, ...] = ()
    """Parts that came back since the extent was last said."""
    steps_undone: tuple[int, ...] = ()
    """Those that the restorer has taken back."""
    restored: RestorationConfirmed | None = None
    expected: Expected | None = None
    expected_stamp: Stamp | None = None
    crew: CrewStatus | None = None
    cause: str | None = None
    cause_stamp: Stamp | None = None
    claimed_at: datetime | None = None
    part_claims: tuple[tuple[datetime, Extent], ...] = ()
    """Parts that dispatch says are back, each with its instant, until the restorer has answered."""
    refused_at: datetime | None = None
    disproved_at: datetime | None = None
    """When power was last said to be back and was not, but for parts that were taken back."""
    taken_back: RestorationRefused | None = None
    none: OutageWithdrawn | None = None
    """The last word of dispatch that there was no outage; cut.py says whether it holds."""
    corrected: OutageCorrected | None = None
    """The last word of dispatch that power went off first at another time than it said."""
    cause_corrected: OutageCorrected | None = None
    """The last word that the cause is another one."""
    absence: Absence = NEVER_MISSED
    """Whether the list that the outage comes from lacks it; cut.py says whether that counts."""
    asked_for: datetime | None = None
    """The last absence of which nobody said more in time, by the instant of its first list."""
    reclassified: OutageReclassified | None = None
    """The last word of dispatch on what it is: a fault, or work."""
    merged: MergeConfirmed | None = None
    """It goes on as another outage; what was said of it since is said of that one."""
    joined: tuple[TruthJoins, ...] = ()
    """Outages that were merged into this one, each as it was then, by mRID."""
    breaches: tuple[str, ...] = ()
    checked: RestorationChecked | None = None
    """The newest word on where meters or customers deny that power is back."""
    vouched: datetime | None = None
    """The latest instant of a fact that somebody stands by, however far it lies beyond its record."""


def unanswered(facts: FactRegisters) -> tuple[tuple[datetime, Extent], ...]:
    """Parts said to be back of which nobody has said more since: the restorer, or dispatch on where the outage is."""
    said = [
        facts.refused_at,
        facts.part.restored_at if facts.part else None,
        facts.extent_stamp[0] if facts.extent_stamp else None,
        *(step.at for step in facts.steps),
    ]
    last = max(filter(None, said), default=None)
    return tuple(claim for claim in facts.part_claims if last is None or claim[0] > last)


def as_corrected(facts: FactRegisters) -> FactRegisters:
    """The facts with starts at the instants at which they were, as dispatch has it now, and the extent by what was said by then."""
    first, moved, started = facts.first_at, first_moved_to(facts), facts.started
    if facts.first_extent is not None:
        places, place = facts.first_extent
        place = (place[0] if moved is None else min(place[0], moved), *place[1:])
        if facts.extent_stamp is None or facts.extent_stamp < place:
            facts = replace(facts, extent=places, extent_stamp=place)
    if moved is None or started is None:
        return facts
    at = start_at(started.started_at, first, moved)
    return replace(facts, started=structs.replace(started, started_at=at), first_at=moved)


def first_moved_to(facts: FactRegisters) -> datetime | None:
    """Where dispatch has put the first start since; None where that stands."""
    return moved_to(facts.first_at, facts.corrected)


def latest(known: datetime | None, new: datetime) -> datetime:
    """The later of the two."""
    return new if known is None else max(known, new)
