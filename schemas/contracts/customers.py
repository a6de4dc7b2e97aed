"""outage.customers (compacted): the registry of key customers. Key: customer id. Contacts by reference only."""

from typing import Annotated, Literal

from msgspec import Meta

from schemas.contracts.base import CustomerId, Instant, Language, Name, Text, Wire

TOPIC = "outage.customers"

Importance = Literal["special", "first", "second", "temporary"]


class Contact(Wire, frozen=True, kw_only=True):
    """Somebody to tell, by reference."""

    contact_id: Name
    rank: Annotated[int, Meta(ge=1, description="1 is told first")] = 1
    role: Name | None = None
    can_reply: Annotated[bool, Meta(description="False where texts cannot be answered (+86)")] = False


class CustomerUpserted(Wire, frozen=True, kw_only=True):
    """A key customer as the registry has it now."""

    customer_id: CustomerId
    name: Annotated[Name, Meta(description="As the customer is addressed")]
    address: Annotated[str, Meta(max_length=60, description="Short, as used in texts: 中山路18号")] | None = None
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


class CustomerErased(Wire, frozen=True, kw_only=True):
    """The customer is to be forgotten."""

    customer_id: CustomerId
    erased_at: Instant
    reason: Text | None = None


TYPES: dict[str, type[Wire]] = {"customer.upserted.v1": CustomerUpserted, "customer.erased.v1": CustomerErased}
