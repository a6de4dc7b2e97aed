"""promise.*: anything with a deadline, on the topic of the service that keeps it."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.contracts.base import CustomerId, Instant, Name, Person, RuleRef, Territory, TerritorySource, Text, Wire
from schemas.contracts.facts.complaints import ComplaintId
from schemas.contracts.facts.enquiries import EnquiryId
from schemas.contracts.network import ModelRef

Verdict = Literal["kept", "broken", "voided"]
MOST_WARNINGS = 8
"""So many times a promise can be called at risk: the first time at `atRiskAt`."""


class Promise(Wire, frozen=True, kw_only=True):
    """What all promise events carry. The subject is an outage (mRID), a customer, or both; or a complaint, or an enquiry."""

    promise_id: Annotated[Name, Meta(description="Stable: subject, rule and, where a rule recurs, its count")]
    mrid: Annotated[str, Meta(min_length=1, max_length=100)] | None = field(name="mRID", default=None)
    customer_id: CustomerId | None = None
    complaint_id: ComplaintId | None = None
    enquiry_id: EnquiryId | None = None
    rule: RuleRef
    due_at: Annotated[Instant, Meta(description="The deadline; a verdict is judged on it, not on when a timer ran")]


class PromiseMade(Promise, frozen=True, kw_only=True):
    """A deadline began to run."""

    measured_from: Instant
    at_risk_at: Annotated[Instant, Meta(description="When it will be called at risk unless kept before")]
    warn_again_at: Annotated[
        tuple[Instant, ...],
        Meta(
            max_length=MOST_WARNINGS - 1,
            description="When it will be called at risk again, the earliest first; none: once is all",
        ),
    ] = ()
    obligation: Text
    provisional: Annotated[
        bool, Meta(description="The deadline was counted over a year whose holidays nobody has announced yet")
    ] = False
    territories: Annotated[
        tuple[Territory, ...],
        Meta(description="Where the rule asks for it: those of the outage for which it is promised"),
    ] = ()
    territory_from: (
        Annotated[
            TerritorySource,
            Meta(description="Who says so: dispatch, the network model, or the policy for want of both"),
        ]
        | None
    ) = None
    network_models: Annotated[
        tuple[ModelRef, ...], Meta(description="Editions of the network model that say where the places lie")
    ] = ()
    counted_by: Annotated[
        tuple[Name, ...],
        Meta(
            description="Of the promise to tell the public: the channels of which one must have shown the notice; "
            "none: that it is published is enough"
        ),
    ] = ()


class PromiseAtRisk(Promise, frozen=True, kw_only=True):
    """The deadline is near and nothing says it is kept. Said once for each of the promise's warnings at most."""

    at: Annotated[Instant, Meta(description="When this warning was due")]
    reason: Name
    number: (
        Annotated[
            int,
            Meta(
                ge=1,
                description="Which of the promise's warnings it is; where two were due before anybody could be warned, the later",
            ),
        ]
        | None
    ) = None
    of: Annotated[int, Meta(ge=1, description="How many warnings it has; the last one has this number")] | None = None
    seconds_left: Annotated[int, Meta(ge=0, description="What is left of the time, counted from `at`")] | None = None


class PromiseKept(Promise, frozen=True, kw_only=True):
    """Done in time."""

    at: Annotated[Instant, Meta(description="When the thing promised happened")]
    reason: Name
    evidence: Annotated[tuple[Name, ...], Meta(description="Event ids or source/id of the facts it rests on")] = ()


class PromiseBroken(Promise, frozen=True, kw_only=True):
    """Not done by the deadline."""

    at: Annotated[Instant, Meta(description="The deadline passed, or the late moment it was done")]
    reason: Name
    evidence: tuple[Name, ...] = ()
    unproven: Annotated[bool, Meta(description="Judged past the grace period while facts were still waiting")] = False


class PromiseVoided(Promise, frozen=True, kw_only=True):
    """The promise no longer applies, with the reason."""

    at: Instant
    reason: Name
    evidence: tuple[Name, ...] = ()


class PromiseCorrected(Promise, frozen=True, kw_only=True):
    """A later fact overturned a verdict; the first one is not edited."""

    at: Instant
    was: Verdict
    now: Verdict
    reason: Name
    evidence: tuple[Name, ...] = ()


class PromiseExplained(Promise, frozen=True, kw_only=True):
    """Why it was broken, as a person who knows says it; of several the last counts. No verdict is changed by it."""

    at: Annotated[Instant, Meta(description="When it was said")]
    by: Person
    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=2000,
            extra={"written_by": "people"},
            description="In that person's own words; it stands in the ledger, so it names no customer",
        ),
    ]


TYPES: dict[str, type[Promise]] = {
    "promise.made.v1": PromiseMade,
    "promise.at-risk.v1": PromiseAtRisk,
    "promise.kept.v1": PromiseKept,
    "promise.broken.v1": PromiseBroken,
    "promise.voided.v1": PromiseVoided,
    "promise.corrected.v1": PromiseCorrected,
    "promise.explained.v1": PromiseExplained,
}
