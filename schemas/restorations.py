"""outage.restorations: what the restorer found about power back and promises. Key: outage mRID."""

from typing import Annotated

from msgspec import Meta

from schemas.base import Extent, Instant, Name, OutageClass, Period, RuleRef, Text, Wire
from schemas.dispatch import Fact
from schemas.promises import TYPES as PROMISE_TYPES

TOPIC = "outage.restorations"


class RestorationPart(Fact, frozen=True, kw_only=True):
    """A part has power again; the rest has not."""

    step: Annotated[int, Meta(ge=1, description="Restoration step, for IEEE 1366")]
    restored_at: Instant
    restored: Extent
    remaining: Extent
    evidence: tuple[Name, ...] = ()


class RestorationConfirmed(Fact, frozen=True, kw_only=True):
    """Power is back for everyone this outage touched."""

    restored_at: Instant
    confirmed_at: Instant
    started_at: Instant | None = None
    outage_class: OutageClass | None = None
    reason: Annotated[Name, Meta(description="Named reason, e.g. all-restored, steps-complete")]
    warnings: Annotated[tuple[Name, ...], Meta(description="e.g. crew-not-arrived, cause-not-cleared")] = ()
    evidence: tuple[Name, ...] = ()


class RestorationRefused(Fact, frozen=True, kw_only=True):
    """A claim that power is back was not believed."""

    claimed_at: Instant
    reason: Annotated[
        Name, Meta(description="Named reason, e.g. test-energisation, other-outage-open, steps-incomplete")
    ]
    contradicted_by: tuple[Name, ...] = ()
    decided_at: (
        Annotated[Instant, Meta(description="When it was decided; tells it from a later confirmation")] | None
    ) = None


class FollowupDue(Fact, frozen=True, kw_only=True):
    """A person must call the reporter back (第2篇 第十三条(五))."""

    report_id: Name
    due_from: Instant
    rule: RuleRef | None = None


class FulfilmentRow(Wire, frozen=True, kw_only=True):
    """One rule's figures over one period."""

    rule: RuleRef
    made: int
    kept: int
    broken: int
    voided: int
    corrected: int
    measured: Annotated[bool, Meta(description="False: shown as not measured, never as 100 %")] = True
    area: Name | None = None


class FulfilmentPublished(Wire, frozen=True, kw_only=True):
    """A frozen statement of how promises were kept (第2篇 第十三条(六))."""

    statement_id: Name
    period: Period
    published_at: Instant
    rows: tuple[FulfilmentRow, ...]
    definitions: Text | None = None


TYPES: dict[str, type[Wire]] = {
    "restoration.part.v1": RestorationPart,
    "restoration.confirmed.v1": RestorationConfirmed,
    "restoration.refused.v1": RestorationRefused,
    "followup.due.v1": FollowupDue,
    "fulfilment.published.v1": FulfilmentPublished,
    **PROMISE_TYPES,
}
