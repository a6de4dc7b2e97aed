"""outage.restorations: what the restorer found about power back and promises. Key: outage mRID."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.contracts.base import MRID, Extent, Instant, Name, OutageClass, Period, Person, RuleRef, Text, Wire
from schemas.contracts.dispatch import Fact
from schemas.contracts.network import ModelRef
from schemas.contracts.promises import TYPES as PROMISE_TYPES

TOPIC = "outage.restorations"


Turn = Annotated[
    int, Meta(ge=1, description="Rises with each such word on the outage: the later of two, whatever the clock")
]


class PointsByModel(Wire, frozen=True, kw_only=True):
    """How many usage points a step gave power to, by the network model; a transformer on which it has none counts as one."""

    network_models: Annotated[
        tuple[ModelRef, ...], Meta(description="The editions of the network model that said what the places mean")
    ]
    restored: Annotated[int, Meta(ge=0, description="Points that got power back; without those that stay out")]
    remaining: Annotated[int, Meta(ge=0, description="Points of this outage that have none after it")] = 0
    customers_restored: Annotated[int, Meta(ge=0, description="Customers behind those that got it back")] | None = None
    customers_remaining: Annotated[int, Meta(ge=0, description="Customers behind those that have none")] | None = None


class MetersRead(Wire, frozen=True, kw_only=True):
    """What meters say of a restoration: of how many usage points, and how many were read since with and without power."""

    points: Annotated[int, Meta(ge=0, description="Usage points that the outage had, as far as anybody can tell")]
    on: Annotated[int, Meta(ge=0, description="Of these, read with power since it is said to be back there")] = 0
    off: Annotated[int, Meta(ge=0, description="Of these, read without power since then, of no other outage")] = 0


class StaysOut(Wire, frozen=True, kw_only=True):
    """Another outage that holds places of this one: there power stays off, and counts from then on under that one."""

    mrid: MRID = field(name="mRID")
    extent: Annotated[Extent, Meta(description="The places that it names, at most 50 of each kind")]
    points: Annotated[int, Meta(ge=0, description="Usage points of this outage that it holds")] | None = None
    customers: Annotated[int, Meta(ge=0, description="Customers behind them; absent: nobody can say")] | None = None


StayOut = Annotated[
    tuple[StaysOut, ...],
    Meta(description="Other open outages that hold places of these, as far as was known when it was decided"),
]


class RestorationPart(Fact, frozen=True, kw_only=True):
    """A part has power again; the rest has not. Holds until a refusal `part-taken-back` names its step."""

    step: Annotated[int, Meta(ge=1, description="Restoration step, for IEEE 1366; none is used twice in an outage")]
    restored_at: Instant
    restored: Extent
    remaining: Extent
    evidence: tuple[Name, ...] = ()
    remaining_but: Extent | None = None
    points: PointsByModel | None = None
    stay_out: StayOut = ()


class RestorationConfirmed(Fact, frozen=True, kw_only=True):
    """This outage is over: what it cut has power again, but for places that another open outage holds.

    Those that were known to are named in stayOut. Another may be heard of later: whoever tells people must look at all open
    outages that touch them, as the notifier does. Holds until a refusal `restoration-taken-back` of the same instant.
    """

    restored_at: Instant
    confirmed_at: Instant
    started_at: Instant | None = None
    outage_class: OutageClass | None = None
    reason: Annotated[Name, Meta(description="Named reason, e.g. all-restored, steps-complete")]
    warnings: Annotated[tuple[Name, ...], Meta(description="e.g. crew-not-arrived, cause-not-cleared")] = ()
    evidence: tuple[Name, ...] = ()
    turn: Turn | None = None
    points: PointsByModel | None = None
    stay_out: StayOut = ()
    meters: MetersRead | None = None


class RestorationChecked(Fact, frozen=True, kw_only=True):
    """At which usage points meters or customers deny that power is back, all of them; none: nobody does any more.

    There power is not said to be back, to whomever: dispatch was asked (fact.questioned). Everywhere else the restoration stands.
    """

    number: Annotated[int, Meta(ge=1, description="Rises with each such word on the outage; the highest counts")]
    episode: Annotated[int, Meta(ge=1, description="Which time the power was off; a reopened outage has several")] = 1
    checked_at: Instant
    restored_at: Annotated[Instant, Meta(description="Since when all, or the last part, is said to be back")] | None = (
        None
    )
    denied: Annotated[Extent, Meta(description="The usage points at which it is denied, as they are written")] = (
        Extent()
    )
    meters: MetersRead | None = None
    proven: Annotated[
        bool, Meta(description="Every usage point of the outage was read with power since it was back")
    ] = False


class RestorationRefused(Fact, frozen=True, kw_only=True):
    """A claim that power is back was not believed, or what was said to be back turned out not to be."""

    claimed_at: Instant
    reason: Annotated[Name, Meta(description="Named reason, e.g. test-energisation, steps-incomplete, part-taken-back")]
    contradicted_by: tuple[Name, ...] = ()
    decided_at: (
        Annotated[Instant, Meta(description="When it was decided; tells it from a later confirmation")] | None
    ) = None
    turn: Turn | None = None
    step: Annotated[int, Meta(ge=1, description="With part-taken-back: the step that was none")] | None = None


class MergeConfirmed(Fact, frozen=True, kw_only=True):
    """This outage goes on as `into`: nothing more is found of it, its promises are voided, and `into` lies where both lay.

    It is never taken back. `into` may be merged itself, before or since.
    """

    into: Annotated[MRID, Meta(description="The outage that goes on")]
    merged_at: Annotated[Instant, Meta(description="From then on whatever is said of this outage is said of into")]
    confirmed_at: Instant
    evidence: tuple[Name, ...] = ()


class FactQuestioned(Fact, frozen=True, kw_only=True):
    """A fact cannot be so: it is held, told to nobody, and asked about. The answer is the true fact, or that it is so."""

    question_id: Annotated[Name, Meta(description="Name it in confirms of the same fact, or to outagectl facts")]
    fact_type: Annotated[Name, Meta(description="Type of the event in question, e.g. outage.started.v1")]
    cause: Annotated[Name, Meta(description="Source and id of that event")]
    field: Annotated[Name, Meta(description="The field that cannot be so, e.g. startedAt")]
    given: Annotated[Instant, Meta(description="What that field says")]
    reason: Annotated[
        Name,
        Meta(
            description="Named reason, e.g. happened-in-the-future, restored-before-start, not-in-outage, not-in-network"
        ),
    ]
    against: Annotated[Instant, Meta(description="The instant it was judged against: its record's, or another fact's")]
    held: Annotated[
        Literal["fact", "field"], Meta(description="field: the rest of the fact was taken, without this field")
    ] = "fact"
    question: Annotated[Text, Meta(description="What does not fit, in words")]
    settled_by: Annotated[Text, Meta(description="What would settle it, in words")]
    asked_at: Instant
    places: Extent | None = None
    network_models: Annotated[
        tuple[ModelRef, ...], Meta(description="The editions of the network model that it is put by")
    ] = ()


class FactAccepted(Fact, frozen=True, kw_only=True):
    """A fact that was held is so after all: all services take it, and clocks count from its own time."""

    question_id: Name
    fact_type: Annotated[Name, Meta(description="Type of the event in question")]
    at: Instant
    by: Annotated[Name, Meta(description="A person, the event that confirms it, or the fact that explains it")]
    reason: Annotated[Text, Meta(description="Named reason, or a person's own words")]


class FactRefused(Fact, frozen=True, kw_only=True):
    """A fact that was held is not so: no service takes it, however often it is sent."""

    question_id: Name
    fact_type: Annotated[Name, Meta(description="Type of the event in question")]
    at: Instant
    by: Annotated[Name, Meta(description="A person")]
    reason: Annotated[Text, Meta(description="In that person's own words")]


class FollowupDue(Fact, frozen=True, kw_only=True):
    """A person must call the reporter back (第2篇 第十三条(五))."""

    report_id: Name
    due_from: Instant
    rule: RuleRef | None = None
    tries: Annotated[int, Meta(ge=0, description="Calls that reached nobody before: it is asked for again")] = 0


class FollowupEnded(Fact, frozen=True, kw_only=True):
    """Nobody need call back any more: whoever reported it was called, could not be reached, or is not to be called after all."""

    report_id: (
        Annotated[Name, Meta(description="Absent: every report of the outage that nobody was called about yet")] | None
    ) = None
    outcome: Annotated[
        Literal["satisfied", "neutral", "dissatisfied", "unreached", "void"],
        Meta(description="What they think of the repair; unreached: called as often as the policy asks; void: moot"),
    ]
    reason: Annotated[
        Name, Meta(description="called-back, not-reached, reopened, restoration-taken-back, outage-withdrawn, …")
    ]
    at: Annotated[Instant, Meta(description="When they were called last; where it is void, when that was found")]
    tries: Annotated[int, Meta(ge=0, description="Calls that reached nobody")] = 0
    everybody: Annotated[bool, Meta(description="Void also where they were called: all are asked anew")] = False


class OutageClassified(Fact, frozen=True, kw_only=True):
    """What an outage is by dispatch's last word (outage.reclassified), with what judging it as work takes.

    Said again when its class, its plan or its beginning is another one, and when dispatch says anew where it is. Work that is none
    of ours is no notice's.
    """

    outage_class: Annotated[Literal["planned", "temporary", "fault"], Meta(description="What it is, from its start")]
    was: Annotated[OutageClass, Meta(description="What it was said to be first; the same where it is that after all")]
    started_at: Annotated[Instant, Meta(description="When power went off first, as far as is known")]
    restored_at: Annotated[Instant, Meta(description="When it was back, where that is confirmed")] | None = None
    extent: Annotated[Extent, Meta(description="Where it is, as far as is known")]
    extent_since: (
        Annotated[Instant, Meta(description="When the extent became that by extent.changed; absent: none was said")]
        | None
    ) = None
    plan_mrid: (
        Annotated[MRID, Meta(description="The plan whose notice announced it, where it is another outage's")] | None
    ) = field(name="planMRID", default=None)
    reclassified_at: Instant
    by: Annotated[Name, Meta(description="Source and id of the event that says so")]
    decided_at: Instant


class ReasonCount(Wire, frozen=True, kw_only=True):
    """So many cases for one named reason."""

    reason: Name
    count: Annotated[int, Meta(ge=1, description="How many")]


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
    open: Annotated[int, Meta(ge=0, description="Promises with no verdict yet")] = 0
    voided_for: Annotated[tuple[ReasonCount, ...], Meta(description="Why promises did not bind")] = ()
    left_out: Annotated[
        tuple[ReasonCount, ...], Meta(description="Why cases are not in the figure of a rule over all of them")
    ] = ()
    waiting: Annotated[int, Meta(ge=0, description="Cases of which it is not known how long they took")] = 0
    counted: Annotated[int, Meta(ge=0, description="Cases that the figure is of")] = 0
    figure: (
        Annotated[float, Meta(description="What all cases come to together: an average, a rate, or a median")] | None
    ) = None
    limit: Annotated[float, Meta(description="What the rule asks of that figure")] | None = None
    unit: Annotated[Name, Meta(description="Of figure and limit")] | None = None
    aggregate: Annotated[Name, Meta(description="average or rate>=, of a rule over all cases")] | None = None
    verdict: Annotated[Name, Meta(description="Of such a rule: kept, broken, no-cases or not-measured")] | None = None
    obligation: Annotated[Name, Meta(description="What the rule obliges to, e.g. crew-on-site")] | None = None
    asks: Annotated[Text, Meta(description="The rule's clause in its own words, or a mark and what it says")] | None = (
        None
    )
    digest: Annotated[Name, Meta(description="sha256 over the lines of its cases")] | None = None


class StatementChange(Wire, frozen=True, kw_only=True):
    """One figure of one rule that is another one now."""

    rule_id: Name
    figure: Annotated[Name, Meta(description="The field of its row, e.g. kept")]
    was: Annotated[float, Meta(description="As it was published; absent: not at all")] | None = None
    now: Annotated[float, Meta(description="As it is now")] | None = None


class EarlierCorrected(Wire, frozen=True, kw_only=True):
    """A statement of an earlier month, and what its cases say otherwise by now."""

    statement_id: Name
    changes: Annotated[tuple[StatementChange, ...], Meta(description="What differs")]


class FulfilmentPublished(Wire, frozen=True, kw_only=True):
    """A frozen statement of how promises were kept (第2篇 第十三条(六))."""

    statement_id: Name
    period: Period
    published_at: Instant
    rows: tuple[FulfilmentRow, ...]
    definitions: Text | None = None
    month: Annotated[Name, Meta(description="e.g. 2026-03; the Kafka key")] | None = None
    zone: Annotated[Name, Meta(description="Whose calendar the month is of, e.g. Asia/Shanghai")] | None = None
    number: Annotated[int, Meta(ge=1, description="Which statement of its month; the highest stands")] = 1
    corrects: Annotated[Name, Meta(description="The statement that it takes the place of")] | None = None
    changes: Annotated[tuple[StatementChange, ...], Meta(description="What is said otherwise than in that one")] = ()
    approved_by: Annotated[Person, Meta(description="Who stands for it, as they were named")] | None = None
    target: Annotated[float, Meta(ge=0, description="What is aimed at, in percent")] | None = None
    rate: Annotated[float, Meta(ge=0, description="Kept, of kept and broken, in percent, rounded down")] | None = None
    cases: Annotated[int, Meta(ge=0, description="Cases in its list")] = 0
    cases_digest: Annotated[Name, Meta(description="sha256 over the lines of that list")] | None = None
    earlier: Annotated[
        tuple[EarlierCorrected, ...], Meta(description="Statements of months before that late facts have overtaken")
    ] = ()


TYPES: dict[str, type[Wire]] = {
    "restoration.part.v1": RestorationPart,
    "restoration.confirmed.v1": RestorationConfirmed,
    "restoration.checked.v1": RestorationChecked,
    "restoration.refused.v1": RestorationRefused,
    "merge.confirmed.v1": MergeConfirmed,
    "fact.questioned.v1": FactQuestioned,
    "fact.accepted.v1": FactAccepted,
    "fact.refused.v1": FactRefused,
    "followup.due.v1": FollowupDue,
    "followup.ended.v1": FollowupEnded,
    "outage.classified.v1": OutageClassified,
    "fulfilment.published.v1": FulfilmentPublished,
    **PROMISE_TYPES,
}
