"""What was said of an outage and is otherwise: there was none, it is another's, it began or was something else."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.contracts.base import MRID, Instant, Territory, Text
from schemas.contracts.facts.fact import FieldFact


class OutageWithdrawn(FieldFact, frozen=True, kw_only=True):
    """There was no outage of this mRID, nor will be: a mistake, a test, or a duplicate with nothing behind it.

    It takes back all that was said up to `withdrawnAt`, the plan too. Power that is off after all is `outage.reopened`.
    """

    withdrawn_at: Instant
    reason: Text | None = None


class OutageMerged(FieldFact, frozen=True, kw_only=True):
    """This outage and `into` are one fault. From `mergedAt` on whatever is said of this mRID is said of `into`.

    What was planned, noticed or ordered is not merged, nor is what is off into what is over (fact.questioned says so).
    """

    into: Annotated[MRID, Meta(description="The outage that goes on; its start is the earlier of the two")]
    merged_at: Instant
    reason: Text | None = None


class OutageCorrected(FieldFact, frozen=True, kw_only=True):
    """What was said of an outage's first start, its cause or whose fault it is was wrong; what is left out stands."""

    corrected_at: Instant
    started_at: Annotated[Instant, Meta(description="When power went off first")] | None = None
    cause: Annotated[Text, Meta(description="Confirmed cause in public words")] | None = None
    fault_side: (
        Annotated[Literal["utility", "customer"], Meta(description="customer: inside the customer's own installation")]
        | None
    ) = None
    reason: Text | None = None


class OutageReclassified(FieldFact, frozen=True, kw_only=True):
    """What was said to be a fault is planned or temporary work, or the other way round: so it was from its start.

    Of several the one with the latest `reclassifiedAt` counts, for every cut of the mRID.
    """

    reclassified_at: Instant
    outage_class: Annotated[Literal["planned", "temporary", "fault"], Meta(description="What it is")]
    plan_mrid: (
        Annotated[
            MRID,
            Meta(
                description="With planned or temporary: the mRID of the plan whose notice announced it, where that is not this one"
            ),
        ]
        | None
    ) = field(name="planMRID", default=None)
    territory: (
        Annotated[
            Territory,
            Meta(description="With fault: which crew promise holds; absent: as reports, else the network, say"),
        ]
        | None
    ) = None
    reason: Text | None = None
