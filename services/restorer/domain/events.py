"""Events that the restorer keeps in its own log and publishes to nobody."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Instant, Name, Territory, Text, Wire
from schemas.contracts.network import ModelRef
from services.plausibility import HELD_STRUCTS


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


class SupplyByModel(dispatch.Fact, frozen=True, kw_only=True):
    """What the network model says of the outage as its facts now tell it. Of claims only those of which it says something new."""

    network_models: tuple[ModelRef, ...]
    points: Annotated[int, Meta(ge=0, description="Usage points that the outage means")]
    customers: Annotated[int, Meta(ge=0)] | None = None
    claims: tuple[ClaimByModel, ...] = ()
    gone: Annotated[tuple[Name, ...], Meta(description="Places that it names and the model has no more")] = ()


class TerritoryByModel(dispatch.Fact, frozen=True, kw_only=True):
    """In which territories the network model puts the places where dispatch first said that the outage is."""

    territories: Annotated[tuple[Territory, ...], Meta(description="None: the model does not say")] = ()
    network_models: tuple[ModelRef, ...] = ()


OUTAGE_CLOSED = "outage.closed.v1"
FACT_ANSWERED = "fact.answered.v1"
SUPPLY_BY_MODEL = "supply.by-model.v1"
TERRITORY_BY_MODEL = "territory.by-model.v1"

STRUCTS: dict[str, type[Struct]] = {
    OUTAGE_CLOSED: OutageClosed,
    FACT_ANSWERED: FactAnswered,
    SUPPLY_BY_MODEL: SupplyByModel,
    TERRITORY_BY_MODEL: TerritoryByModel,
    **HELD_STRUCTS,
}
