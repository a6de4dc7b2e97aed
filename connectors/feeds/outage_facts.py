"""Turn one outage's row in a list into the facts that are new in it: pure, one object per list."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from connectors.feeds.listed import FeedSource, ListedRow
from connectors.feeds.state import FeedSettings, ListedOutage
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import (
    CrewStatus,
    ErtChanged,
    ExtentChanged,
    Fact,
    FaultReported,
    OutageCorrected,
    OutageListedAgain,
    OutageReclassified,
    OutageReopened,
    OutageStarted,
    SupplyPerhapsRestored,
    SupplyRestored,
)
from services.places.extents import KINDS, same
from services.plausibility import IN_THE_FUTURE, NOTHING_KNOWN, TOO_FAR_BACK, judge

ANY = "any"  # the name of an outage that is only asked about
NOTED = {TOO_FAR_BACK: "start-too-old", IN_THE_FUTURE: "start-in-future"}
"""How the counts of an import call what services call otherwise."""


@dataclass(frozen=True, slots=True)
class OutageFacts:
    """The list polled at `at`; `previous` is when the good list before it was polled. Reasons go to `counts`."""

    source: FeedSource
    settings: FeedSettings
    at: datetime
    previous: datetime | None
    counts: Counter[str]

    def begun(self, row: ListedRow) -> tuple[ListedOutage | None, list[Fact]]:
        """An outage not known before; None while planned work has not begun, and where the row says that it is over."""
        if row.stage != "off":
            return None, []
        started_at, doubts = self._start(row)
        if started_at > self.at:
            return None, []
        extent = row.extent
        known = ListedOutage(
            started_at=started_at,
            start_listed=row.started,
            outage_class=row.outage_class,
            cause=row.cause,
            extent=extent,
            crew=row.crew,
            ert_listed=row.ert,
            ert=None,
            end_listed=row.ended,
            fault_side=_sure(row),
        )
        known.ert = self._ert(row.ert, known)
        self.counts["outages"] += 1
        self._note(known, *row.problems, *doubts)
        mrid = self.source.mrid(row.local_id)
        facts: list[Fact] = [
            OutageStarted(
                mrid=mrid,
                outage_class=row.outage_class,
                started_at=started_at,
                extent=extent,
                ert=known.ert,
                cause=row.cause,
            )
        ]
        if row.outage_class == "fault":
            facts.append(
                FaultReported(
                    mrid=mrid,
                    reported_at=started_at,
                    reporting_kind="other",
                    fault_side=row.fault_side,
                    extent=extent,
                    ert=known.ert,
                )
            )
        if row.crew is not None and row.crew != "awaitingCrewAssignment":
            crew_at = self._crew_at(row, known, after=started_at)
            facts.append(CrewStatus(mrid=mrid, crew_status=row.crew, at=crew_at))
        return known, facts

    def seen(self, row: ListedRow, known: ListedOutage) -> list[Fact]:
        """A known outage that is listed: what changed since it was last listed."""
        if row.stage == "over":
            return self._over(row, known)
        if row.stage == "ahead":
            self._note(known, "listed-as-not-begun", *row.problems)
            return self._listed_again(self.source.mrid(row.local_id), known)
        facts = self._returned(row, known)
        self._note(known, *row.problems)
        facts += self._extent(row, known)
        facts += self._expected(row, known)
        facts += self._crew(row, known)
        facts += self._corrected(row, known)
        facts += self._reclassified(row, known)
        if row.ended is not None:
            known.end_listed = row.ended
        return facts

    def missing(self, name: str, known: ListedOutage, *, believed: bool = True) -> list[Fact]:
        """A known outage that this list lacks: perhaps restored; restored once it was absent often and long enough.

        A list that is not believed says nothing, not even perhaps.
        """
        if known.restored_at is not None:
            return []
        known.missing_lists += 1
        since = known.missing_since = known.missing_since or self.at
        if not believed:
            return []
        if known.missing_lists < self.settings.gone_lists or self.at - since < self.settings.gone_span:
            if known.perhaps_since is not None:
                return []
            known.perhaps_since = since
            return [SupplyPerhapsRestored(mrid=self.source.mrid(name), missing_at=since)]
        known.restored_at = since
        if known.end_listed is not None:
            if (known.reopened_at or known.started_at) < known.end_listed <= since:
                known.restored_at = known.end_listed
            else:
                self._note(known, "end-not-believed")
        return [SupplyRestored(mrid=self.source.mrid(name), restored_at=known.restored_at, evidence="dispatch")]

    def _over(self, row: ListedRow, known: ListedOutage) -> list[Fact]:
        """The row itself says that power is back: more than absence, so at once."""
        if known.restored_at is not None:
            return []
        self._note(known, *row.problems)
        began = known.reopened_at or known.started_at
        believable = row.ended is not None and began < row.ended <= self.at
        known.restored_at = row.ended if believable and row.ended is not None else self.at
        known.missing_since, known.missing_lists, known.perhaps_since = None, 0, None
        mrid = self.source.mrid(row.local_id)
        return [SupplyRestored(mrid=mrid, restored_at=known.restored_at, evidence="dispatch")]

    def forgettable(self, known: ListedOutage) -> bool:
        """Whether the outage has been over for so long that its id will not come back."""
        return known.restored_at is not None and self.at - known.restored_at > self.settings.forget_after

    def _listed_again(self, mrid: str, known: ListedOutage) -> list[Fact]:
        """The absence is over: what was said to be perhaps is not so."""
        said, known.perhaps_since = known.perhaps_since, None
        known.missing_since, known.missing_lists = None, 0
        if said is None or known.restored_at is not None:
            return []
        return [OutageListedAgain(mrid=mrid, listed_at=self.at)]

    def _returned(self, row: ListedRow, known: ListedOutage) -> list[Fact]:
        absent = known.missing_since is not None
        again = self._listed_again(self.source.mrid(row.local_id), known)
        if known.restored_at is None:
            if absent:
                self._note(known, "came-back-before-restored")
            return again
        began_again = row.started is not None and known.restored_at < row.started <= self.at
        reopened_at = row.started if began_again and row.started is not None else self.at
        known.restored_at, known.end_listed, known.reopened_at = None, None, reopened_at
        known.ert_listed, known.ert = row.ert, self._ert(row.ert, known)
        return [
            OutageReopened(
                mrid=self.source.mrid(row.local_id),
                reopened_at=reopened_at,
                reason="listed again",
                ert=known.ert,
            )
        ]

    def _extent(self, row: ListedRow, known: ListedOutage) -> list[Fact]:
        """An empty list, and a number that is left out, say nothing by their contract: what was known before stands."""
        said, before = row.extent, known.extent
        extent = Extent(
            **{kind: getattr(said, kind) or getattr(before, kind) for kind in KINDS},
            shape=said.shape or before.shape,
            customers_affected=before.customers_affected
            if said.customers_affected is None
            else said.customers_affected,
        )
        if same(extent, known.extent) and extent.customers_affected == known.extent.customers_affected:
            # A list that writes a place in another way has not moved it.
            return []
        known.extent = extent
        return [
            ExtentChanged(mrid=self.source.mrid(row.local_id), changed_at=self._changed_at(row), extent=extent),
        ]

    def _expected(self, row: ListedRow, known: ListedOutage) -> list[Fact]:
        """Judged only when the listed time changes: an expected time that passes unsaid is no change."""
        if row.ert == known.ert_listed:
            return []
        known.ert_listed = row.ert
        ert = self._ert(row.ert, known)
        if ert == known.ert:
            return []
        known.ert = ert
        return [ErtChanged(mrid=self.source.mrid(row.local_id), changed_at=self._changed_at(row), ert=ert)]

    def _crew(self, row: ListedRow, known: ListedOutage) -> list[Fact]:
        """Where a row no longer says, or says a word that is not known, nobody may be said to be at work any more."""
        said = row.crew
        if said is None and known.crew is not None:
            said = "awaitingCrewAssignment"
        if said is None or said == known.crew:
            return []
        known.crew = said
        return [CrewStatus(mrid=self.source.mrid(row.local_id), crew_status=said, at=self._crew_at(row, known))]

    def _crew_at(self, row: ListedRow, known: ListedOutage, after: datetime | None = None) -> datetime:
        since = row.crew_at if row.crew is not None else None
        if since is not None and known.started_at <= since <= self.at:
            return since
        return self._changed_at(row, after)

    def _corrected(self, row: ListedRow, known: ListedOutage) -> list[Fact]:
        """What the list says otherwise than before of when it began, why, and whose fault it is."""
        started_at = self._start_corrected(row, known)
        cause, side = self._other(row.cause, known, "cause"), self._other(_sure(row), known, "fault_side")
        if (started_at, cause, side) == (None, None, None):
            return []
        word = OutageCorrected(
            mrid=self.source.mrid(row.local_id),
            corrected_at=self._changed_at(row),
            started_at=started_at,
            cause=cause,
            fault_side=side,
        )
        return [word]

    def _reclassified(self, row: ListedRow, known: ListedOutage) -> list[Fact]:
        """It is work, or a fault, after all. A row without a cause may only have lost the words that said it is work: counted."""
        if row.outage_class == known.outage_class:
            return []
        if row.outage_class == "fault" and row.cause is None:
            self._note(known, "class-no-longer-said")
            return []
        known.outage_class = row.outage_class
        mrid, at = self.source.mrid(row.local_id), self._changed_at(row)
        return [OutageReclassified(mrid=mrid, reclassified_at=at, outage_class=row.outage_class)]

    def _start_corrected(self, row: ListedRow, known: ListedOutage) -> datetime | None:
        """Another start, where it can be believed. A correction is of the first one: of a later cut it cannot be said."""
        if row.started is None or row.started == known.start_listed:
            return None
        known.start_listed = row.started
        self._note(known, "start-moved")
        start, doubts = self._start(row)
        if doubts or known.reopened_at is not None or start > self.at:
            self._note(known, *doubts, *(("later-cut-moved",) if known.reopened_at is not None else ()))
            return None
        if start == known.started_at:
            return None
        known.started_at = start
        return start

    def _other(self, said: Any, known: ListedOutage, name: str) -> Any:
        """A value that is another than before. That it is not known any more cannot be said: it is counted."""
        if said == getattr(known, name):
            return None
        setattr(known, name, said)
        word = name.replace("_", "-")
        self._note(known, f"{word}-learned-late" if said is not None else f"{word}-no-longer-listed")
        return said

    def _start(self, row: ListedRow) -> tuple[datetime, tuple[str, ...]]:
        """A believable start; later than the list only for planned work that has not begun."""
        if row.started is None:
            return self.at, () if "start-unreadable" in row.problems else ("start-missing",)
        if self.at < row.started <= self.at + self.settings.furthest_start and row.outage_class == "planned":
            return row.started, ()
        start = OutageStarted(mrid=ANY, outage_class=row.outage_class, started_at=row.started, extent=row.extent)
        doubt = judge(start, NOTHING_KNOWN, self.at, self.settings.facts).doubt
        if doubt is not None:
            return self.at, (NOTED[doubt.reason],)
        # A list knows nothing that happens after it: a clock a little fast means now.
        return min(row.started, self.at), ()

    def _ert(self, listed: datetime | None, known: ListedOutage) -> datetime | None:
        """The listed expected time, if anyone could still wait for it."""
        if listed is None:
            return None
        if listed <= known.started_at:
            self._note(known, "ert-not-after-start")
        elif listed <= self.at:
            self._note(known, "ert-already-past")
        else:
            said = judge(
                ErtChanged(mrid=ANY, changed_at=self.at, ert=listed), NOTHING_KNOWN, self.at, self.settings.facts
            )
            if said.doubt is None:
                return listed
            self._note(known, said.doubt.reason)
        return None

    def _changed_at(self, row: ListedRow, after: datetime | None = None) -> datetime:
        """When the row says it changed, if that lies between the list before and this one; else this list's time."""
        floor = after or self.previous
        believable = row.updated is not None and floor is not None and floor <= row.updated <= self.at
        return row.updated if believable and row.updated is not None else self.at

    def _note(self, known: ListedOutage, *reasons: str) -> None:
        """Count each reason once per outage."""
        for reason in sorted(set(reasons) - set(known.noted)):
            known.noted = sorted([*known.noted, reason])
            self.counts[reason] += 1


def _sure(row: ListedRow) -> Literal["utility", "customer"] | None:
    return None if row.fault_side == "unknown" else row.fault_side
