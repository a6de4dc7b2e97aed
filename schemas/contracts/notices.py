"""outage.notices: what the planner decided and told the public. Key: outage mRID."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.contracts.base import Extent, Instant, Name, Period, RuleRef, Text, Wire
from schemas.contracts.dispatch import Fact, Revision
from schemas.contracts.network import ModelRef
from schemas.contracts.promises import TYPES as PROMISE_TYPES

TOPIC = "outage.notices"

JudgedBy = Annotated[Name, Meta(description="The policy in force when it was judged, also where no rule of it applied")]
JudgedByModels = Annotated[
    tuple[ModelRef, ...], Meta(description="The editions of the network model that said what the places mean")
]
WarnAgain = Annotated[
    tuple[Instant, ...],
    Meta(max_length=7, description="When it is at risk again, the earliest first; none: once is all"),
]
Provisional = Annotated[
    bool, Meta(description="informBy was counted over a year whose holidays nobody has announced yet")
]


class Finding(Wire, frozen=True, kw_only=True):
    """One rule applied to one request, with its figures."""

    rule: RuleRef
    reason: Annotated[Name, Meta(description="Named reason, e.g. notice-too-short, end-missing, rule-met")]
    holds: bool
    required: Annotated[Text, Meta(description="In words with units, e.g. notice by 2026-03-05T00:00+08:00")] | None = (
        None
    )
    given: Text | None = None
    margin_seconds: Annotated[int, Meta(description="Positive: in hand; negative: missing")] | None = None


class Overlap(Wire, frozen=True, kw_only=True):
    """Other work at the same place and about the same time: one cut instead of two is offered."""

    other: Annotated[Name, Meta(description="mRID of the other work")]
    offer: Annotated[Literal["merge", "nest"], Meta(description="nest: one lies wholly within the other")]
    other_period: Period
    merged_period: Annotated[Period, Meta(description="One window that covers both")]
    shared: Annotated[
        tuple[Name, ...], Meta(description="Places in both, the first 20: line:…, transformer:…, usagePoint:…")
    ]
    saves: Annotated[int, Meta(ge=0, description="Usage points whose yearly budget would be used once, not twice")] = 0


class PlanAccepted(Fact, frozen=True, kw_only=True):
    """The request may go ahead."""

    revision_number: Revision
    decided_at: Instant
    planned_period: Period
    findings: tuple[Finding, ...]
    warnings: tuple[Name, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    policy_id: JudgedBy | None = None
    policy_version: Name | None = None
    network_models: JudgedByModels = ()


class PlanRejected(Fact, frozen=True, kw_only=True):
    """The request may not go ahead as asked."""

    revision_number: Revision
    decided_at: Instant
    planned_period: Period
    findings: tuple[Finding, ...]
    reasons: Annotated[tuple[Name, ...], Meta(min_length=1)]
    earliest_lawful_start: Annotated[Instant, Meta(description="A start that the notice rules would accept")] | None = (
        None
    )
    warnings: tuple[Name, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    policy_id: JudgedBy | None = None
    policy_version: Name | None = None
    network_models: JudgedByModels = ()


class Notice(Fact, frozen=True, kw_only=True):
    """A public notice in full: line, area, start and end (第2篇 第十条(二)10)."""

    notice_id: Annotated[Name, Meta(description="mRID and version; names one text that was published")]
    revision_number: Revision
    version: Annotated[int, Meta(ge=1, description="Rises with each notice about this outage")]
    outage_class: Literal["planned", "temporary", "curtailment"]
    published_at: Instant
    planned_period: Period
    extent: Extent
    reason: Text | None = None
    safety_cut: bool = False
    inform_by: Annotated[Instant, Meta(description="Key customers must have been told by then")] | None = None
    inform_rule: (
        Annotated[RuleRef, Meta(description="The strictest rule behind informBy: the notifier's promise rests on it")]
        | None
    ) = None
    inform_warn_at: Annotated[Instant, Meta(description="When that promise is at risk unless it is kept")] | None = None
    inform_warn_again_at: WarnAgain = ()
    inform_provisional: Provisional = False
    text: Annotated[dict[str, str], Meta(description="Public text by language tag")] = field(default_factory=dict)


class NoticePublished(Notice, frozen=True, kw_only=True):
    """The first notice of an outage."""


class NoticeAmended(Notice, frozen=True, kw_only=True):
    """A notice that takes the place of an earlier one (CAP references)."""

    supersedes: Name
    previous_period: Period
    change: Annotated[
        Literal["narrowed", "moved", "changed"], Meta(description="narrowed: lies inside the earlier one")
    ]


class NoticeWithdrawn(Fact, frozen=True, kw_only=True):
    """What was noticed will not happen."""

    notice_id: Name
    version: Annotated[int, Meta(ge=1)]
    withdrawn_at: Instant
    planned_period: Annotated[Period, Meta(description="The period that is withdrawn")]
    extent: Extent = Extent()
    reason: Name
    explanation: Text | None = None
    text: Annotated[dict[str, str], Meta(description="Public text by language tag")] = field(default_factory=dict)


class NoticeDeadlineMoved(Fact, frozen=True, kw_only=True):
    """The calendar or the rules changed: by when key customers must know of the notice in force lies elsewhere now."""

    notice_id: Name
    version: Annotated[int, Meta(ge=1)]
    at: Instant
    was: Annotated[Instant, Meta(description="informBy as it was said last")]
    inform_by: Annotated[Instant, Meta(description="Key customers must have been told by then")]
    inform_rule: Annotated[RuleRef, Meta(description="The strictest rule behind informBy")] | None = None
    inform_warn_at: Annotated[Instant, Meta(description="When that promise is at risk unless it is kept")] | None = None
    inform_warn_again_at: WarnAgain = ()
    inform_provisional: Provisional = False
    reason: Annotated[Name, Meta(description="calendar-changed, rule-changed or deadline-recomputed")]


class NoticeClosed(Fact, frozen=True, kw_only=True):
    """What became of the work that a notice announced; where facts came late, the last of these counts."""

    notice_id: Name
    version: Annotated[int, Meta(ge=1)]
    closed_at: Instant
    outcome: Literal["carried-out", "carried-out-late", "not-carried-out"]
    noticed_period: Period
    started_at: Instant | None = None
    restored_at: Instant | None = None
    text: Annotated[dict[str, str], Meta(description="Public text by language tag")] = field(default_factory=dict)


class NoticeBreached(Fact, frozen=True, kw_only=True):
    """Work began or ran on outside a valid notice."""

    kind: Literal["started-without-notice", "started-early", "wider-than-noticed", "overran"]
    at: Instant
    notice_id: Name | None = None
    noticed_period: Period | None = None
    findings: tuple[Finding, ...] = ()


TYPES: dict[str, type[Wire]] = {
    "plan.accepted.v1": PlanAccepted,
    "plan.rejected.v1": PlanRejected,
    "notice.published.v1": NoticePublished,
    "notice.amended.v1": NoticeAmended,
    "notice.withdrawn.v1": NoticeWithdrawn,
    "notice.deadline-moved.v1": NoticeDeadlineMoved,
    "notice.breached.v1": NoticeBreached,
    "notice.closed.v1": NoticeClosed,
    **PROMISE_TYPES,
}
