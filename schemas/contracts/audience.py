"""outage.audience: the notifier to itself, an outage as one customer sees it. Key: customer id.

Each message carries the outage's version and its full state, so that a late one can be told and ignored.
"""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.contracts.base import (
    CrewStatusKind,
    CustomerId,
    Extent,
    Instant,
    Language,
    Name,
    OutageClass,
    Period,
    Text,
    Wire,
)

TOPIC = "outage.audience"


class CustomerTouched(Wire, frozen=True, kw_only=True):
    """The whole present truth about one outage for one customer."""

    customer_id: CustomerId
    mrid: Annotated[str, Meta(min_length=1, max_length=100)] = field(name="mRID")
    outage_version: Annotated[int, Meta(ge=1, description="Version of the notifier's outage stream it speaks of")]
    touched: Annotated[bool, Meta(description="False: the outage no longer holds this customer")]
    matched_by: Annotated[tuple[Name, ...], Meta(description="usagePoint:…, line:…, transformer:…, area:…")] = ()
    named_kinds: Annotated[
        tuple[Name, ...],
        Meta(
            description="Kinds of element of which the outage names any, here or elsewhere: line, transformer, usagePoint"
        ),
    ] = ()
    back_at: Annotated[
        tuple[Name, ...],
        Meta(description="Of the places of whoever has several supplies those where a step gave power back"),
    ] = ()
    said_back_at: Annotated[
        tuple[Name, ...],
        Meta(
            description="Of the places of whoever has several supplies those where power is said to be back, not yet proven"
        ),
    ] = ()
    fed_elsewhere: Annotated[
        tuple[Name, ...],
        Meta(
            description="Of the places of whoever has several supplies those to which, by the network model, power comes through "
            "nothing that the outage names"
        ),
    ] = ()
    outage_class: OutageClass
    status: Literal["noticed", "withdrawn", "out", "part-restored", "restored", "closed"]
    trigger: Annotated[Name, Meta(description="Type of the fact that caused this")]
    planned_period: Period | None = None
    previous_period: Annotated[Period, Meta(description="What had been said before, when a notice moved")] | None = None
    started_at: Instant | None = None
    ert: Instant | None = None
    next_update_at: Instant | None = None
    restored_at: Instant | None = None
    ert_low: Annotated[
        bool, Meta(description="Dispatch is not sure of the expected time (CIM ERTConfidenceKind low)")
    ] = False
    crew_assigned: bool = False
    crew_status: Annotated[CrewStatusKind, Meta(description="Where the crew is, while power is off")] | None = None
    cause: Text | None = None
    proof_pending: Annotated[
        bool, Meta(description="Power is said to be back, not yet proven: overdue texts are held")
    ] = False
    perhaps_restored: (
        Annotated[
            Literal["held", "asked"],
            Meta(
                description="The list that the outage comes from lacks it, which proves nothing. held: texts that a clock calls "
                "for are held; asked: nobody has said more in time, and dispatch is asked"
            ),
        ]
        | None
    ) = None
    corrected: Annotated[
        tuple[Literal["start", "cause"], ...],
        Meta(description="What dispatch has found to be otherwise than it said first"),
    ] = ()
    reclassified_from: Annotated[
        OutageClass | None,
        Meta(description="Where dispatch has said what it is anew: what it was said to be first"),
    ] = None
    no_outage: Annotated[bool, Meta(description="With withdrawn: dispatch says that there was no outage")] = False
    merged_into: (
        Annotated[
            str,
            Meta(
                max_length=100,
                description="mRID of the outage that goes on for this one, once it has a word of its own",
            ),
        ]
        | None
    ) = None
    denied: Annotated[
        bool, Meta(description="With out: power is said to be back, and a meter or the customer says that it is not")
    ] = False
    breaches: Annotated[tuple[Name, ...], Meta(description="Kinds of breach so far: started-early, overran, …")] = ()
    extent: Extent = Extent()
    called: Annotated[
        dict[Name, dict[Language, Name]],
        Meta(
            max_length=100,
            description="Lines and areas of the extent, as dispatch wrote them, in other languages",
        ),
    ] = field(default_factory=dict)
    notice_id: Name | None = None
    inform_by: Instant | None = None
    at: Annotated[Instant, Meta(description="When the fact was decided")]
    recorded_at: (
        Annotated[Instant, Meta(description="When the fact came to the broker: its times are judged against this")]
        | None
    ) = None


class CustomerReplied(Wire, frozen=True, kw_only=True):
    """A text came from the number of one of this customer's contacts, and means this. Its words stay with the handset's own log."""

    customer_id: CustomerId
    contact_id: Name
    reply_id: Annotated[Name, Meta(description="The provider's id of the text that came in")]
    meaning: Annotated[
        Literal["stop", "start", "says-off", "says-on", "asks", "confirms"],
        Meta(description="stop: no more texts to this contact; says-off: there is no power; asks: when it comes back"),
    ]
    code: Annotated[Name, Meta(description="The code of a text of ours that it names")] | None = None
    about: Annotated[tuple[Name, ...], Meta(description="Outages of the text that bears this code")] = ()
    received_at: Instant


TYPES: dict[str, type[Wire]] = {"customer.touched.v1": CustomerTouched, "customer.replied.v1": CustomerReplied}
