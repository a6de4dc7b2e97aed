"""Events of replies that stay within the notifier: what came in, who wants no texts, and what a person must read."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from schemas.contracts.base import CustomerId, CustomersWords, Instant, Name, Person, Wire

ReplyMeaning = Literal["stop", "start", "help", "says-off", "says-on", "asks", "confirms", "other"]


class ReplyReceived(Wire, frozen=True, kw_only=True):
    """A text came from a handset, meant this, and was passed on to these customers."""

    handset: Annotated[Name, Meta(description="Keyed blind index of the sender's number")]
    reply_id: Annotated[Name, Meta(description="The provider's id of the text that came in")]
    provider: Name
    body: Annotated[str, Meta(max_length=1600, extra={"written_by": "customers"})]
    meaning: ReplyMeaning
    reason: Annotated[Name, Meta(description="Whom it was taken to be about, and why")]
    code: Name | None = None
    customers: Annotated[tuple[CustomerId, ...], Meta(description="To whose conversations it went; the first 100")] = ()
    received_at: Instant


class HandsetOptedOut(Wire, frozen=True, kw_only=True):
    """Nothing is sent to this number any more, whoever's contact it is."""

    handset: Name
    reply_id: Name
    at: Instant


class HandsetOptedIn(Wire, frozen=True, kw_only=True):
    """Texts may be sent to this number again."""

    handset: Name
    reply_id: Name
    at: Instant


class ReplyToRead(Wire, frozen=True, kw_only=True):
    """No program can answer this: a person must read it. Of whom nobody knows who they are no customer is named."""

    reply_id: Name
    reason: Name
    customer_id: CustomerId | None = None
    mrids: Annotated[tuple[Name, ...], Meta(description="Outages it may be about, the likeliest first")] = ()
    received_at: Instant


class CustomerAsked(Wire, frozen=True, kw_only=True):
    """A customer who knows that power is off asks how it stands: the present truth is said to them again."""

    customer_id: CustomerId
    reply_id: Name
    at: Instant


class CalledBack(Wire, frozen=True, kw_only=True):
    """Somebody called a customer after a repair and asked whether power is back."""

    customer_id: CustomerId
    power: Literal["back", "off"]
    by: Person
    opinion: CustomersWords | None = None
    at: Instant


REPLY_RECEIVED: Final = "reply.received.v1"
HANDSET_OPTED_OUT: Final = "handset.opted-out.v1"
HANDSET_OPTED_IN: Final = "handset.opted-in.v1"
REPLY_TO_READ: Final = "reply.to-read.v1"
CUSTOMER_ASKED: Final = "customer.asked.v1"
CALLED_BACK: Final = "customer.called-back.v1"
REPLY_STRUCTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    REPLY_RECEIVED: ReplyReceived,
    HANDSET_OPTED_OUT: HandsetOptedOut,
    HANDSET_OPTED_IN: HandsetOptedIn,
    REPLY_TO_READ: ReplyToRead,
    CUSTOMER_ASKED: CustomerAsked,
    CALLED_BACK: CalledBack,
}
"""What replies add to the notifier's structs."""
