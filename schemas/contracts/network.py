"""outage.network (compacted): the utility's network model. Key: element id; switch id or model id where it is about those."""

from typing import Annotated, Literal

from msgspec import Meta, field

from schemas.contracts.base import Instant, Language, Name, Person, Position, Territory, Text, Wire

TOPIC = "outage.network"

ElementId = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        pattern=r"^[^\s\x00-\x1f](?:[^\x00-\x1f]*[^\s\x00-\x1f])?$(?!\n)",
        description="The element's mRID or id in the network model; begins and ends with no space",
    ),
]
ElementKind = Literal["substation", "line", "section", "transformer", "usagePoint", "area"]
"""Widest first. Line: a feeder (CIM Circuit) whole; section: what lies between two of its switches (CIM SwitchingSection)."""
SwitchState = Literal["open", "closed"]


class ModelRef(Wire, frozen=True, kw_only=True):
    """Which edition of the network model says so."""

    model_id: Annotated[Name, Meta(description="Names the model where it is kept (GIS, ADMS)")]
    date: Annotated[Instant, Meta(description="As of when the model was drawn up; a later one is newer")]


class SwitchBetween(Wire, frozen=True, kw_only=True):
    """A switch through which power has to come."""

    switch: ElementId
    normally: Annotated[SwitchState, Meta(description="Its state in the normal state of the network")] = "closed"


class Feed(Wire, frozen=True, kw_only=True):
    """A way by which power may come to an element; between sections that can feed each other each names the other."""

    element_id: Annotated[ElementId, Meta(description="The element at the other end")]
    through: Annotated[
        tuple[SwitchBetween, ...], Meta(description="Switches between the two: power comes while all are closed")
    ] = ()


class NetworkElement(Wire, frozen=True, kw_only=True):
    """One element as the model has it, in the network's normal state."""

    element_id: ElementId
    kind: Annotated[ElementKind, Meta(description="What it is")]
    name: Annotated[Name, Meta(description="As dispatch names it")]
    names: Annotated[dict[Language, Name], Meta(description="As it is called in other languages")] = field(
        default_factory=dict
    )
    public_name: (
        Annotated[
            Name, Meta(description="What may be shown of it; of a dedicated line its name would give the customer away")
        ]
        | None
    ) = None
    fed_from: Annotated[tuple[Feed, ...], Meta(description="Every way by which power may come to it")] = ()
    areas: Annotated[tuple[ElementId, ...], Meta(description="Areas in which it lies")] = ()
    nominal_voltage: Annotated[float, Meta(gt=0, le=2000, description="Kilovolts")] | None = None
    territory: Annotated[Territory, Meta(description="Decides which crew promise holds there")] | None = None
    customers_served: Annotated[int, Meta(ge=0, description="Customers behind a usage point or transformer")] | None = (
        None
    )
    dedicated: Annotated[bool, Meta(description="It serves one customer alone")] = False
    position: Position | None = None
    model: ModelRef


class NetworkElementRemoved(Wire, frozen=True, kw_only=True):
    """The model has the element no more."""

    element_id: ElementId
    model: ModelRef
    reason: Text | None = None


class NetworkSwitched(Wire, frozen=True, kw_only=True):
    """A switch was thrown: until it is thrown again the network is not in its normal state there."""

    switch: ElementId
    state: Annotated[SwitchState, Meta(description="What it is now")]
    at: Instant


class NetworkModelImported(Wire, frozen=True, kw_only=True):
    """An edition of a model is on the topic whole: all its elements, and no other that this model had before."""

    model_id: Name
    date: Annotated[Instant, Meta(description="As of when the model was drawn up")]
    elements: Annotated[int, Meta(ge=0, description="How many elements it has")]
    checksum: Annotated[
        str,
        Meta(
            pattern=r"^[0-9a-f]{16}$",
            description="Of them all in any order: schemas/element_digest.py of each, summed modulo 2^64",
        ),
    ]
    imported_at: Instant
    imported_by: Annotated[Person, Meta(description="Who brought it in; absent: it was not said")] | None = None


TYPES: dict[str, type[Wire]] = {
    "network.element.v1": NetworkElement,
    "network.element-removed.v1": NetworkElementRemoved,
    "network.model.v1": NetworkModelImported,
    "network.switched.v1": NetworkSwitched,
}
