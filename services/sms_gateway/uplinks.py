"""Read texts that customers sent to the HTTP gateway's numbers (uplinks, 上行), and make the fact of each. Pure.

The notifier pulls them, or the gateway has them pushed to us: both make the same event of the same text, whenever and however often
it comes, so that it is taken once by its id.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Final

import msgspec
import phonenumbers
from msgspec import Meta

from schemas.cloudevent import CloudEvent, KafkaMessage, to_kafka
from schemas.contracts import receipts
from schemas.contracts.receipts import InboundReceived
from services.kernel.observing.masking import mask_all
from services.sms_gateway.naming import PROVIDER, SID_PREFIX, SOURCE

AT_HOME: Final = "CN"
"""Whose numbers may come without the country's code: the contract wants E.164, and domestic gateways forget it."""
MOST_CHARACTERS: Final = 1600


class _Wire(msgspec.Struct, frozen=True):
    mo_id: Annotated[str, Meta(min_length=1, max_length=64)] = msgspec.field(name="moId")
    mobile: Annotated[str, Meta(min_length=1, max_length=40)]
    received_at: Annotated[datetime, Meta(tz=True)] = msgspec.field(name="receivedAt")
    content: str = ""


@dataclass(frozen=True, slots=True)
class Uplink:
    """A text that somebody sent. The number stays in this process: events have its blind index."""

    mo_id: str
    mobile: str = field(repr=False)
    """In E.164 where it is a telephone's; a short code as it came."""
    content: str = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class UplinkBatch:
    """Texts that were fetched together. They are lost to us once they are acknowledged, and not before."""

    ack: str
    """What acknowledges them; empty where nothing is to be acknowledged."""
    uplinks: tuple[Uplink, ...]
    unreadable: int = 0
    """So many more do not keep the contract."""


def read_uplinks(given: Iterable[object]) -> tuple[list[Uplink], int]:
    """The texts of a batch, and how many of it do not keep the contract: nobody can say whose, or which, those are."""
    found: list[Uplink] = []
    unreadable = 0
    for one in given:
        try:
            said = msgspec.convert(one, _Wire)
            said.mo_id.encode()
        except (msgspec.ValidationError, UnicodeEncodeError):
            unreadable += 1
        else:
            at = said.received_at.astimezone(UTC)
            found.append(Uplink(said.mo_id, _written(_whole(said.mobile)), _whole(said.content), at))
    return found, unreadable


def _whole(text: str) -> str:
    """The text without halves of characters, which JSON may hold and nobody can write."""
    return text.encode(errors="replace").decode()


def _written(mobile: str) -> str:
    """`+8613…` for `13…`, `8613…`, `008613…`; what is no telephone's number stays."""
    try:
        parsed = phonenumbers.parse(mobile, AT_HOME)
    except phonenumbers.NumberParseException:
        return mobile.strip().upper()
    if not mobile.strip().startswith("+") and not phonenumbers.is_valid_number(parsed):
        return mobile.strip().upper()
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def fact_of(uplink: Uplink, from_index: str) -> KafkaMessage:
    """The fact for outage.receipts; `from_index`: the blind index of its number. The same text makes the same bytes.

    Its id is the gateway's, with what the text says and whose it is: another gateway, or account, may count from one again.
    """
    body = mask_all(uplink.content)[:MOST_CHARACTERS]
    mark = blake2b(f"{from_index}\n{body}".encode(), digest_size=4).hexdigest()
    name = f"{uplink.mo_id}/{mark}"
    data = InboundReceived(
        provider=PROVIDER,
        provider_sid=f"{SID_PREFIX}{name}",
        from_index=from_index,
        body=body,
        received_at=uplink.received_at,
    )
    event = CloudEvent(source=SOURCE, id=name, type="inbound.received.v1", time=uplink.received_at, data=data)
    return to_kafka(event, receipts.TOPIC)
