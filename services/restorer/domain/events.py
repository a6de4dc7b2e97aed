"""Events that the restorer keeps in its own log and publishes to nobody."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from schemas.contracts import dispatch
from schemas.contracts.base import MRID, Extent, Instant, Name, OutageClass, Territory, Text, Wire
from schemas.contracts.facts.hotline import Hotline
from schemas.contracts.network import ModelRef
from services.merging.words import MERGING_STRUCTS
from services.plausibility import HELD_STRUCTS
from services.restorer.domain.callers.recorded import CALL_STRUCTS


class OutageClosed(dispatch.Fact, frozen=True, kw_only=True):
    """Power stayed on long enough after it was back: the outage takes no more facts about supply."""

    closed_at: Annotated[Instant, Meta(description="restoredAt plus the policy's close-after")]
    restored_at: Instant
    episode: Annotated[int, Meta(ge=1, description="Which time the power was off; a reopened outage closes again")]


class FactAnswered(dispatch.Fact, frozen=True, kw_only=True):
    """A person's answer to a question: the fact is so (`accept`), or it is not."""

    question_id: Name
    accept: bool
    by: Name
    reason: Text


class ClaimByModel(Wire, frozen=True, kw_only=True):
    """What the network model says of one claim of power: what it comes to, how many points got power by it, how many are left."""

    claim: Annotated[Name, Meta(description="Digest of the claim's content")]
    outcome: Annotated[
        Literal["part", "whole", "known", "outside", "names"],
        Meta(
            description="known: it was back before; outside: it names nothing of this outage; names: the model says no more"
        ),
    ]
    covered: Annotated[Extent, Meta(description="Places of the outage that are back whole with it, unnamed")] | None = (
        None
    )
    outside: Annotated[Extent, Meta(description="Places that it names and that are not of the outage")] | None = None
    unnamed: Annotated[int, Meta(ge=0, description="Points left aside by a list, where all is said to be back")] = 0
    restored: Annotated[int, Meta(ge=0)] = 0
    remaining: Annotated[int, Meta(ge=0)] = 0
    customers_restored: Annotated[int, Meta(ge=0)] | None = None
    customers_remaining: Annotated[int, Meta(ge=0)] | None = None


class ExtentByModel(Wire, frozen=True, kw_only=True):
    """How many customers the network model says that places without power meant when they were named."""

    name: Annotated[Name, Meta(description="Digest of what is off and of what of it has power")]
    customers: Annotated[int, Meta(ge=0)] | None = None


class StayUnder(Wire, frozen=True, kw_only=True):
    """Customers who got power back under this outage at an instant, had none all the same, and got it back under another."""

    at: Instant
    mrid: MRID = field(name="mRID")
    since: Annotated[Instant, Meta(description="When they lost it under this one")]
    until: Annotated[Instant, Meta(description="When they got it back under the other; absent: not yet")] | None = None
    points: Annotated[int, Meta(ge=1)]
    customers: Annotated[int, Meta(ge=0, description="Absent: nobody can say")] | None = None


class SupplyByModel(dispatch.Fact, frozen=True, kw_only=True):
    """What the network model says of the outage as its facts now tell it. Of claims only those of which it says something new."""

    network_models: tuple[ModelRef, ...]
    points: Annotated[int, Meta(ge=0, description="Usage points that the outage means")]
    customers: Annotated[int, Meta(ge=0)] | None = None
    claims: tuple[ClaimByModel, ...] = ()
    gone: Annotated[tuple[Name, ...], Meta(description="Places that it names and the model has no more")] = ()
    extents: Annotated[
        tuple[ExtentByModel, ...], Meta(description="Words on the extent of which it was not asked before")
    ] = ()
    stays: (
        Annotated[
            tuple[StayUnder, ...],
            Meta(description="Who stayed out under others whenever power was back, by all that is known of them now"),
        ]
        | None
    ) = None


class TerritoryByModel(dispatch.Fact, frozen=True, kw_only=True):
    """In which territories the network model puts the places where dispatch first said that the outage is."""

    territories: Annotated[tuple[Territory, ...], Meta(description="None: the model does not say")] = ()
    network_models: tuple[ModelRef, ...] = ()


class BrokenBefore(Wire, frozen=True, kw_only=True):
    """A promise that stood broken when its outage was merged into another: it is broken there."""

    promise_id: Name
    rule_id: Name
    measured_from: Instant
    due_at: Instant


class SupplyJoins(dispatch.Fact, frozen=True, kw_only=True):
    """What a merged outage was up to when it was merged, for the one that goes on; in the log of each. The last counts."""

    into: MRID
    merged_at: Instant
    evidence: Annotated[Name, Meta(description="Source and id of the word that merged it")]
    outage_class: OutageClass | None = None
    confirmed: Annotated[bool, Meta(description="False: it was only predicted")] = False
    began_at: Annotated[Instant, Meta(description="Its start, or without one its first report")] | None = None
    dark: Annotated[bool, Meta(description="Power was off when it was merged")] = False
    extent: Extent = Extent()
    remaining: Extent = Extent()
    remaining_but: Extent = Extent()
    broken: tuple[BrokenBefore, ...] = ()


class MergeDue(Wire, frozen=True, kw_only=True):
    """An outage is known now that another waits to be merged into: to be looked at again. Kept by nobody."""

    mrid: MRID


class OthersMoved(Wire, frozen=True, kw_only=True):
    """The restorer to itself: outages at the places of this one are otherwise than they were. Kept by nobody."""

    mrid: MRID


class MetersLooked(dispatch.Fact, frozen=True, kw_only=True):
    """The restorer to itself: meters of this outage were read, or what denied its restoration is to be looked at again."""


class CallsRefused(Wire, frozen=True, kw_only=True):
    """Figures of an hour of a hotline that cannot be so yet: not counted, and waiting to be sent again."""

    hotline: Hotline
    hour: Instant
    revision: int
    calls: int
    reason: Name


OUTAGE_CLOSED = "outage.closed.v1"
FACT_ANSWERED = "fact.answered.v1"
SUPPLY_BY_MODEL = "supply.by-model.v1"
TERRITORY_BY_MODEL = "territory.by-model.v1"
MERGE_DUE = "merge.due.v1"
SUPPLY_JOINS = "supply.joins.v1"
METERS_LOOKED = "meters.looked.v1"
OTHERS_MOVED = "others.moved.v1"
CALLS_REFUSED = "calls.refused.v1"

STRUCTS: dict[str, type[Struct]] = {
    OUTAGE_CLOSED: OutageClosed,
    FACT_ANSWERED: FactAnswered,
    SUPPLY_BY_MODEL: SupplyByModel,
    TERRITORY_BY_MODEL: TerritoryByModel,
    SUPPLY_JOINS: SupplyJoins,
    MERGE_DUE: MergeDue,
    **MERGING_STRUCTS,
    METERS_LOOKED: MetersLooked,
    OTHERS_MOVED: OthersMoved,
    CALLS_REFUSED: CallsRefused,
    **HELD_STRUCTS,
    **CALL_STRUCTS,
}
