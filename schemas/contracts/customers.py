"""outage.customers (compacted): the registry of key customers. Key: customer id. Contacts by reference only.

Of a customer the second version is written only where it says what the first cannot (`type_of`): a reader of the first goes
on reading all others, and a customer of whom nothing changed makes the same event as before.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, field

from schemas.contracts.base import CustomerId, Instant, Language, Name, Position, Text, Wire

TOPIC = "outage.customers"

Importance = Literal["special", "first", "second", "temporary"]
SupplyRole = Literal["main", "standby", "own-generation"]
OnDuty = Literal["hours", "always"]
Premises = Literal["site", "home"]
MOST_SUPPLIES: Final = 12


class Contact(Wire, frozen=True, kw_only=True):
    """Somebody to tell, by reference."""

    contact_id: Name
    rank: Annotated[int, Meta(ge=1, description="1 is told first")] = 1
    role: Name | None = None
    can_reply: Annotated[bool, Meta(description="False where texts cannot be answered (+86)")] = False


class CustomerUpsertedV1(Wire, frozen=True, kw_only=True):
    """A key customer as the registry has it now; nothing is said of which of its places are one supply."""

    customer_id: CustomerId
    name: Annotated[Name, Meta(extra={"forgotten_by": "profiles"}, description="As the customer is addressed")]
    address: (
        Annotated[
            str,
            Meta(max_length=60, extra={"forgotten_by": "profiles"}, description="Short, as used in texts: 中山路18号"),
        ]
        | None
    ) = None
    importance: Importance
    life_support: bool = False
    language: Language = "zh-CN"
    usage_points: tuple[Name, ...] = ()
    lines: tuple[Name, ...] = ()
    transformers: tuple[Name, ...] = ()
    areas: tuple[Name, ...] = ()
    contacts: tuple[Contact, ...] = ()
    account_manager: Name | None = None
    updated_at: Instant


class Supply(Wire, frozen=True, kw_only=True):
    """One way by which a customer takes power. Of a supply with no element nobody can say whether it is off."""

    id: Annotated[
        str,
        Meta(min_length=1, max_length=40, description="Names the supply among those of the customer, e.g. 1 or 进线一"),
    ]
    role: Annotated[
        SupplyRole,
        Meta(description="main, standby, or own-generation: the customer's own plant, which is never off for us"),
    ]
    usage_point: Annotated[Name, Meta(description="Usage point mRID of this supply")] | None = None
    line: Annotated[Name, Meta(description="Line (feeder) by name or id on which it hangs")] | None = None
    transformer: Annotated[Name, Meta(description="Public transformer by name or id on which it hangs")] | None = None


class Device(Wire, frozen=True, kw_only=True):
    """What keeps somebody alive and needs power."""

    what: Annotated[str, Meta(min_length=1, max_length=60, extra={"written_by": "people"}, description="E.g. 呼吸机")]
    battery_minutes: (
        Annotated[int, Meta(ge=0, le=100_000, description="How long it runs on its own battery, minutes")] | None
    ) = None


class CustomerUpserted(Wire, frozen=True, kw_only=True):
    """A key customer as the registry has it now, by their supplies or, where those are not known, by places."""

    customer_id: CustomerId
    name: Annotated[Name, Meta(extra={"forgotten_by": "profiles"}, description="As the customer is addressed")]
    names: Annotated[
        dict[Language, Name],
        Meta(extra={"forgotten_by": "profiles"}, description="As they are called in other languages"),
    ] = field(default_factory=dict)
    address: (
        Annotated[
            str,
            Meta(max_length=60, extra={"forgotten_by": "profiles"}, description="Short, as used in texts: 中山路18号"),
        ]
        | None
    ) = None
    position: (
        Annotated[
            Position,
            Meta(
                extra={"forgotten_by": "profiles"},
                description="Where the premises lie: with a shape it decides, before areas do",
            ),
        ]
        | None
    ) = None
    premises: Annotated[Premises, Meta(description="home: a private home, addressed as one; else a site")] = "site"
    importance: Importance
    life_support: bool = False
    device: Annotated[Device, Meta(extra={"forgotten_by": "profiles"})] | None = None
    on_duty: (
        Annotated[OnDuty, Meta(description="Who reads a text at night: somebody in working hours only, or always")]
        | None
    ) = None
    language: Language = "zh-CN"
    supplies: Annotated[
        tuple[Supply, ...],
        Meta(
            max_length=MOST_SUPPLIES,
            description="The ways by which power comes, one of them main; then lines, transformers and usagePoints stay empty",
        ),
    ] = ()
    usage_points: tuple[Name, ...] = ()
    lines: tuple[Name, ...] = ()
    transformers: tuple[Name, ...] = ()
    areas: tuple[Name, ...] = ()
    contacts: tuple[Contact, ...] = ()
    account_manager: Name | None = None
    updated_at: Instant

    def __post_init__(self) -> None:
        """Refuse supplies of which nobody could say what is off.

        Raises:
            ValueError: none is main, two have one id, or places stand beside supplies.

        """
        super().__post_init__()
        if not self.supplies:
            return
        if all(one.role != "main" for one in self.supplies):
            raise ValueError("none of the supplies is main: say which one is")
        if len({one.id for one in self.supplies}) < len(self.supplies):
            raise ValueError("two supplies have one id: give each its own")
        if self.usage_points or self.lines or self.transformers:
            raise ValueError("usagePoints, lines and transformers belong to the supplies: name them there")

    @property
    def own_lines(self) -> tuple[str, ...]:
        """The lines that feed the customer, by whichever supply."""
        return (*self.lines, *(one.line for one in self.supplies if one.line and one.role != "own-generation"))


class CustomerErased(Wire, frozen=True, kw_only=True):
    """The customer is to be forgotten."""

    customer_id: CustomerId
    erased_at: Instant
    reason: Text | None = None


FIRST: Final = "customer.upserted.v1"
SECOND: Final = "customer.upserted.v2"
ERASED: Final = "customer.erased.v1"
TYPES: dict[str, type[Wire]] = {
    FIRST: CustomerUpsertedV1,
    SECOND: CustomerUpserted,
    ERASED: CustomerErased,
}


def type_of(word: CustomerUpserted) -> str:
    """The oldest type that says all of it."""
    says_more = word.supplies or word.names or word.device or word.on_duty or word.position or word.premises != "site"
    return SECOND if says_more else FIRST
