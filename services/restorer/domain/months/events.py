"""Events of streams month/<YYYY-MM> that stay in the restorer's own log, and what is said to such a stream from within."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.contracts.base import Instant, Name, Person, RuleRef, Territory, Text, Wire
from schemas.contracts.restorations import FulfilmentPublished
from services.restorer.domain.months.bounds import Month
from services.restorer.domain.months.figures import MonthFigures, WorstCase

MONTH_OPENED: Final = "month.opened.v1"
AGGREGATE_JUDGED: Final = "aggregate.judged.v1"
MONTH_JUDGED: Final = "month.judged.v1"
STATEMENT_TAKEN_UP: Final = "statement.taken-up.v1"
MONTH_LOOKED: Final = "month.looked.v1"
STATEMENT_ASKED: Final = "statement.asked.v1"

AggregateVerdict = Literal["kept", "broken", "no-cases", "not-measured"]


class PolicyInForce(Wire, frozen=True, kw_only=True):
    """A version of the policy that was in force while a month lasted, or where nothing of it was known before."""

    policy_id: Name
    policy_version: Name
    calendar_version: Name | None = None
    since: Annotated[Instant, Meta(description="When the month was looked at under it first")]


class MonthOpened(Wire, frozen=True, kw_only=True):
    """The first case of a month came; said again, with all before it, where another policy comes into force while it lasts."""

    month: Month
    begins_at: Instant
    ends_at: Instant
    judged_from: Annotated[Instant, Meta(description="The month's end, and the time that late facts have")]
    opened_at: Instant
    policies: Annotated[
        tuple[PolicyInForce, ...],
        Meta(
            description="By whose rules it is judged, the last that came into force last; none: a version without this word"
        ),
    ] = ()


class AggregateJudged(Wire, frozen=True, kw_only=True):
    """How a rule stands that asks something of all cases of a month together. A later one of a higher number corrects it."""

    month: Month
    rule: RuleRef
    number: Annotated[int, Meta(ge=1, description="Which word it is on this rule in this month")]
    verdict: AggregateVerdict
    was: AggregateVerdict | None = None
    figure: Annotated[float, Meta(description="The average in the rule's unit, or percent")] | None = None
    limit: Annotated[float, Meta(description="What the rule asks")] | None = None
    unit: Name
    counted: Annotated[int, Meta(ge=0, description="Cases that the figure is of")] = 0
    waiting: Annotated[int, Meta(ge=0, description="Cases of which it is not known")] = 0
    left_out: Mapping[str, int] = msgspec.field(default_factory=dict)
    territories: tuple[Territory, ...] = ()
    worst: tuple[WorstCase, ...] = ()
    digest: Annotated[
        str, Meta(description="sha256 over the lines of its cases, as `outagectl fulfilment cases` prints them")
    ] = ""
    judged_at: Instant
    reason: Name


class MonthJudged(Wire, frozen=True, kw_only=True):
    """All cases of a month were counted: at its time, or again because a late fact changed some."""

    month: Month
    number: Annotated[int, Meta(ge=1)]
    cases: Annotated[int, Meta(ge=0)]
    digest: Annotated[str, Meta(description="sha256 over the lines of all its cases")]
    judged_at: Instant


class StatementTakenUp(Wire, frozen=True, kw_only=True):
    """A statement that is on our topic and was not in our log, which went back to a time before it: it stands."""

    month: Month
    statement: FulfilmentPublished
    taken_up_at: Instant


class MonthLooked(Wire, frozen=True, kw_only=True):
    """A month has cases that were not counted: open it, or judge it by what they come to now."""

    month: Month
    figures: MonthFigures


class StatementAsked(Wire, frozen=True, kw_only=True):
    """A person publishes a month's statement."""

    month: Month
    by: Person
    why: Text = ""
    draft: Annotated[Name, Meta(description="The cases that were counted for it beforehand")] | None = None
    lost: Annotated[
        tuple[FulfilmentPublished, ...],
        Meta(description="Statements of the month that were found on our topic and in no log"),
    ] = ()


STRUCTS: Mapping[str, type[msgspec.Struct]] = {
    MONTH_OPENED: MonthOpened,
    AGGREGATE_JUDGED: AggregateJudged,
    MONTH_JUDGED: MonthJudged,
    STATEMENT_TAKEN_UP: StatementTakenUp,
    MONTH_LOOKED: MonthLooked,
    STATEMENT_ASKED: StatementAsked,
}
