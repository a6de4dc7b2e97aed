"""Power off and back, where, and who is at work on it."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.contracts.base import CrewStatusKind, Extent, Instant, Name, OutageClass, Period, Text
from schemas.contracts.facts.fact import FieldFact


class OutageStarted(FieldFact, frozen=True, kw_only=True):
    """Power is off (or predicted off, before anyone confirmed it)."""

    outage_class: OutageClass
    started_at: Instant
    extent: Extent
    confirmed: Annotated[bool, Meta(description="False: predicted from calls or meters, not yet confirmed")] = True
    ert: Annotated[Instant, Meta(description="Expected restoration time, if one is known")] | None = None
    next_update_at: Annotated[Instant, Meta(description="With no ert: when the next word is promised")] | None = None
    cause: (
        Annotated[Text, Meta(description="Confirmed cause in public words; leave out while it is a guess")] | None
    ) = None


class CurtailmentOrdered(FieldFact, frozen=True, kw_only=True):
    """Load is shed by order."""

    ordered_at: Instant
    planned_period: Period
    extent: Extent
    scheme_id: Annotated[Name, Meta(description="The published curtailment scheme")] | None = None
    scheme_step: Annotated[int, Meta(ge=1, description="Step of the scheme's sequence")] | None = None


class ExtentChanged(FieldFact, frozen=True, kw_only=True):
    """The outage grew or shrank; the whole new extent is given."""

    changed_at: Instant
    extent: Extent


class CrewStatus(FieldFact, frozen=True, kw_only=True):
    """Where the crew is."""

    crew_status: CrewStatusKind
    at: Instant
    crew_id: Name | None = None


class ErtChanged(FieldFact, frozen=True, kw_only=True):
    """The expected restoration time changed, or is no longer known."""

    changed_at: Instant
    ert: Annotated[Instant, Meta(description="Absent: not known any more")] | None = None
    ert_source: Name | None = None
    ert_confidence: Annotated[Literal["high", "low"], Meta(description="CIM ERTConfidenceKind")] | None = None
    next_update_at: Instant | None = None


class CauseCleared(FieldFact, frozen=True, kw_only=True):
    """What caused the cut is gone; supply must return within one working day (第2篇 第十条(二)9)."""

    cleared_at: Instant
    cause: Text | None = None


class SupplyRestored(FieldFact, frozen=True, kw_only=True):
    """Power is back, for all or for a part."""

    restored_at: Instant
    scope: Literal["all", "part"] = "all"
    extent: Annotated[Extent, Meta(description="With scope part: what got power back")] = Extent()
    evidence: Annotated[Literal["dispatch", "meter", "crew", "customer"], Meta(description="Who or what saw it")] = (
        "dispatch"
    )
    test_energisation: Annotated[bool, Meta(description="Power on for a test only; it will go off again")] = False


class SupplyPerhapsRestored(FieldFact, frozen=True, kw_only=True):
    """A polled list lacks the outage: perhaps power is back.

    It proves nothing: no promise and no restoration follows. Texts that a clock calls for while power is off are held, for a time.
    """

    missing_at: Annotated[Instant, Meta(description="When the first list was polled that lacks it")]


class OutageListedAgain(FieldFact, frozen=True, kw_only=True):
    """The list names the outage again: power is off still, and what was held is told, where it is so still."""

    listed_at: Annotated[Instant, Meta(description="When the list was polled that names it")]


class OutageReopened(FieldFact, frozen=True, kw_only=True):
    """Power went off again, or never was back."""

    reopened_at: Instant
    reason: Text | None = None
    ert: Instant | None = None
