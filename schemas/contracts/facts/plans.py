"""Plans: work that dispatch asks for, changes and cancels."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.contracts.base import Extent, Instant, Name, Period, Person, Text, Wire
from schemas.contracts.facts.fact import Fact

Revision = Annotated[int, Meta(ge=1, description="Rises with each change of the plan; an older one changes nothing")]


class PolicyException(Wire, frozen=True, kw_only=True):
    """A rule set aside on purpose, by a person with a name."""

    rule_id: Name
    reason: Text
    approver: Person


class PlanBody(Fact, frozen=True, kw_only=True):
    """The whole plan; an amendment repeats all of it."""

    revision_number: Revision
    outage_class: Annotated[Literal["planned", "temporary"], Meta(description="计划检修 or 临时检修")]
    planned_period: Period
    extent: Extent
    requested_at: Annotated[Instant, Meta(description="When dispatch asked")]
    requested_by: Person | None = None
    reason: Annotated[Text, Meta(description="Why, in words fit for the public")] | None = None
    safety_cut: Annotated[bool, Meta(description="People or plant are in danger: never refused, gaps are flagged")] = (
        False
    )
    alternate_period: Period | None = None
    exceptions: tuple[PolicyException, ...] = ()


class PlannedRequested(PlanBody, frozen=True, kw_only=True):
    """Dispatch asks for planned or temporary work."""


class PlannedAmended(PlanBody, frozen=True, kw_only=True):
    """Dispatch changes a plan; the whole new plan is given."""


class PlannedCancelled(Fact, frozen=True, kw_only=True):
    """The work will not happen."""

    revision_number: Revision
    cancelled_at: Instant
    reason: Text | None = None
