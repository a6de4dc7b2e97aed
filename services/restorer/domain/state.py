"""The state of one outage: its facts, and what was already said about them. Nothing is concluded here."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, cast

from schemas.contracts import dispatch, restorations
from schemas.contracts.all_types import TYPE_OF
from schemas.contracts.base import Extent, encode
from schemas.contracts.evidence import replies
from services.instants import moved_to, start_at, tie
from services.kernel.values.sortedset import SortedSet
from services.merging.words import is_of_survivor
from services.plausibility import (
    NEVER_MISSED,
    NO_DOUBTS,
    Absence,
    Doubts,
)
from services.promises import PromiseRecord
from services.restorer.domain.callers.calls_made import CallsBack
from services.restorer.domain.callers.chatter import Chatter, ExpectedTimes
from services.restorer.domain.callers.reports import Reports
from services.restorer.domain.callers.still_off import StillOff
from services.restorer.domain.events import (
    ClaimByModel,
    OutageClosed,
    StayUnder,
    SupplyByModel,
    SupplyJoins,
    TerritoryByModel,
)
from services.restorer.domain.evidence.checked import Checked

F = TypeVar("F", bound=dispatch.Fact)


class HeldThen(NamedTuple):
    """Which other outages held places that got power at an instant; with step 0 the whole outage did."""

    at: datetime
    step: int
    outages: tuple[restorations.StaysOut, ...]


class Start(NamedTuple):
    """A start as it was said, and when it was so: the first one is where the last correction puts it."""

    fact: dispatch.OutageStarted
    at: datetime
    cause: str

    @property
    def placed_at(self) -> datetime:
        """From when its places count among other words on them. They were not said anew by who moved it to a later instant."""
        return min(self.at, self.fact.started_at)


@dataclass(frozen=True, slots=True)
class SupplyState:
    """One outage as its log tells it."""

    mrid: str
    facts: Mapping[type, Mapping[dispatch.Fact, str]] = field(default_factory=dict)
    """By kind: each fact that moves the course, with who said it (source/id). A fact said twice is one fact."""
    reports: Reports = field(default_factory=Reports)
    words: ExpectedTimes = field(default_factory=ExpectedTimes)
    chatter: Chatter = field(default_factory=Chatter)
    seen: SortedSet[bytes] = field(default_factory=SortedSet)
    """Digests of the facts that are not kept whole."""
    foregone: tuple[datetime, ...] = ()
    """Instants of words on the extent that are not kept, for later ones say it all (slimming.py)."""
    promises: Mapping[str, PromiseRecord] = field(default_factory=dict)
    announced: datetime | None = None
    """restoredAt of the latest restoration.confirmed that still stands."""
    turns: int = 0
    """How often it was said that all is back, or that it is not after all."""
    parts: Mapping[int, tuple[datetime, Extent]] = field(default_factory=dict)
    """Parts said to be back, by step: instant and places. Without those taken back since."""
    concluded: frozenset[int] = frozenset()
    """Of these steps, those of places that nobody named: all that hangs on them was said to be back."""
    step: int = 0
    """The last step that was said: none is used twice."""
    refused: frozenset[tuple[datetime, str]] = frozenset()
    """Claims refused so far: claimedAt and reason."""
    followups: SortedSet[str] = field(default_factory=SortedSet)
    """Reports whose callers a person was asked to call back, as far as that stands."""
    calls: CallsBack = field(default_factory=CallsBack)
    """The calls that were made."""
    closed_episode: int | None = None
    closed_at: datetime | None = None
    closings: tuple[OutageClosed, ...] = ()
    """Each time the outage was closed: what comes late since does not take back that power was on then."""
    doubts: Doubts = NO_DOUBTS
    """Facts held back whole, and the answers to questions."""
    questions: Mapping[str, restorations.FactQuestioned] = field(default_factory=dict)
    """Questions put to dispatch and still open, by their names."""
    doubted: frozenset[tuple[str, datetime]] = frozenset()
    """Facts recorded that cannot be so beside the others: type, and the instant in doubt. They count for nothing."""
    absence: Absence = NEVER_MISSED
    """Whether the list that the outage comes from lacks it."""
    asked_back: frozenset[str] = frozenset()
    """Questions that were asked for a word that nobody had said, by their names: each once."""
    off_said_at: datetime | None = None
    """When a person last said, asked so, that power is off still."""
    missed_by: str = ""
    """Who said so last (source/id)."""
    by_model: Mapping[str, ClaimByModel] = field(default_factory=dict)
    """What the network model says of claims, by the digest of their content."""
    network: SupplyByModel | None = None
    """Its last word on the outage, without claims."""
    sizes: Mapping[str, int | None] = field(default_factory=dict)
    """How many customers words on the extent meant when they were said, by extent_name (figures/sizes.py)."""
    stays: tuple[HeldThen, ...] = ()
    """Who stayed out under other outages as this one or a part of it was back, as far as was known then."""
    found: tuple[StayUnder, ...] | None = None
    """The same as it was found since, by all that is known of those outages (figures/staying.py); None: nobody looked."""
    territory: TerritoryByModel | None = None
    """Where it says that the places lie which dispatch named first."""
    classified: restorations.OutageClassified | None = None
    """What was said last of what it is (outage.classified), without its places."""
    merged: restorations.MergeConfirmed | None = None
    """It goes on as another outage: what was said of it since happened to that one."""
    joins: SupplyJoins | None = None
    """What was said last to the one that goes on."""
    joined: Mapping[str, SupplyJoins] = field(default_factory=dict)
    """Outages that were merged into this one, by mRID, each as it was then."""
    still_off: StillOff = field(default_factory=StillOff)
    """The last words of customers that power is off."""
    checked: Checked = field(default_factory=Checked)
    """What was said of how meters and customers bear out its restoration."""
    told: list[Any] = field(default_factory=list, init=False, compare=False, repr=False)
    """The course, once somebody asked for it (lifecycle.course_of): it follows from the rest."""
    counted: list[Any] = field(default_factory=list, init=False, compare=False, repr=False)
    """What is counted of it, once somebody asked for it (figures/outage.py)."""
    begun: list[tuple[Start, ...]] = field(default_factory=list, init=False, compare=False, repr=False)
    """Its starts, once somebody asked for them: while a course is concluded that is done five times."""

    def of(self, kind: type[F]) -> Collection[tuple[F, str]]:
        """The facts of one kind, as they were said, with their causes; of a merged outage those until then."""
        known = cast("Mapping[F, str]", self.facts.get(kind, {})).items()
        if self.merged is None:
            return known
        return [(fact, cause) for fact, cause in known if not is_of_survivor(fact, self.merged.merged_at)]

    def starts(self) -> tuple[Start, ...]:
        """Every start, at the instant at which it was so as dispatch has it now."""
        if not self.begun:
            self.begun.append(self._starts())
        return self.begun[0]

    def _starts(self) -> tuple[Start, ...]:
        said, word = self.of(dispatch.OutageStarted), self.corrected("started_at")
        sure = any(start.confirmed for start, _ in said)
        first = min((start.started_at for start, _ in said if start.confirmed or not sure), default=None)
        moved = moved_to(first, word[0] if word is not None else None)
        return tuple(
            Start(start, start_at(start.started_at, first, moved if start.confirmed or not sure else None), cause)
            for start, cause in said
        )

    def asked_to_merge(self) -> Collection[tuple[dispatch.OutageMerged, str]]:
        """The words of dispatch that it is another outage, in the order in which they came; none once it was merged."""
        if self.merged is not None:
            return ()
        return cast("Mapping[dispatch.OutageMerged, str]", self.facts.get(dispatch.OutageMerged, {})).items()

    def corrected(self, field: str) -> tuple[dispatch.OutageCorrected, str] | None:
        """The last word of dispatch that a field is otherwise than it was said, and who says so."""
        words = cast("Mapping[dispatch.OutageCorrected, str]", self.facts.get(dispatch.OutageCorrected, {}))
        until = self.merged.merged_at if self.merged is not None else None
        said = [
            (word, cause)
            for word, cause in words.items()
            if getattr(word, field) is not None and (until is None or word.corrected_at < until)
        ]
        return max(said, key=lambda one: (one[0].corrected_at, *tie(one[0])), default=None)

    def reclassified(self) -> tuple[dispatch.OutageReclassified, str] | None:
        """The last word of dispatch on what the outage is, and who says so."""
        words = self.of(dispatch.OutageReclassified)
        return max(words, key=lambda one: (one[0].reclassified_at, *tie(one[0])), default=None)

    def knows(self, fact: dispatch.Fact) -> bool:
        """Whether this very fact was recorded before, under whatever id."""
        if fact in self.facts.get(type(fact), {}):
            return True
        return type(fact) in (SUMMED | SLIMMED) and digest(fact) in self.seen

    def with_fact(self, fact: dispatch.Fact, cause: str) -> SupplyState:
        """The state with one more fact."""
        if type(fact) in SUMMED:
            return self._with_summed(fact, cause)
        kind = {**self.facts.get(type(fact), {}), fact: cause}
        facts, words, doubts = {**self.facts, type(fact): kind}, self.words.hear(fact, cause), self.doubts.hear(fact)
        return replace(self, facts=facts, words=words, doubts=doubts)

    def counts(self, fact: dispatch.FieldFact, at: datetime) -> bool:
        """Whether `fact`, whose instant is `at`, is believed: nothing contradicts it, or somebody stands by it."""
        return fact.confirms is not None or (TYPE_OF[type(fact)], at) not in self.doubted

    def _with_summed(self, fact: dispatch.Fact, cause: str) -> SupplyState:
        seen = self.seen.add(digest(fact))
        if seen is self.seen:
            return self
        heard = replace(
            self,
            seen=seen,
            words=self.words.hear(fact, cause),
            doubts=self.doubts.hear(fact),
            still_off=self.still_off.hear(fact, cause),
        )
        if isinstance(fact, dispatch.SupplyPerhapsRestored | dispatch.OutageListedAgain):
            missed_by = cause if isinstance(fact, dispatch.SupplyPerhapsRestored) else self.missed_by
            heard = replace(heard, absence=self.absence.hear(fact), missed_by=missed_by)
        if isinstance(fact, dispatch.FaultReported):
            return replace(heard, reports=self.reports.hear(fact, cause, called=fact.report_id in self.followups))
        if isinstance(fact, replies.SupplyDenied):
            return heard
        return replace(heard, chatter=self.chatter.hear(fact, cause), calls=self.calls.hear(fact))


SUMMED: frozenset[type] = frozenset(
    {
        dispatch.FaultReported,
        dispatch.ErtChanged,
        dispatch.SupplyPerhapsRestored,
        dispatch.OutageListedAgain,
        dispatch.EnquiryReceived,
        dispatch.EnquiryAnswered,
        dispatch.ComplaintReceivedV1,
        dispatch.ComplaintAnsweredV1,
        dispatch.GuidanceGiven,
        dispatch.FollowupDone,
        dispatch.FollowupUnreached,
        replies.SupplyDenied,
    }
)
"""Kinds of which there may be thousands: folded as they come (callers/reports.py, callers/chatter.py), not kept."""

SLIMMED: frozenset[type] = frozenset({dispatch.ExtentChanged, dispatch.PlannedRequested, dispatch.PlannedAmended})
"""Kinds that each give the whole extent, not a change of it: what a later one overtakes need not be kept (slimming.py)."""

DIGEST = 16  # bytes


def digest(fact: dispatch.Fact) -> bytes:
    """Tells two facts apart."""
    return hashlib.sha256(type(fact).__name__.encode() + encode(fact)).digest()[:DIGEST]
