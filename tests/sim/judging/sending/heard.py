"""Hold what the restorer heard of texts to the log of the notifier: each is there, and came as far as its log says."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg

from schemas.contracts.messages import (
    TYPES,
    ContactConfirmed,
    MessageAccepted,
    MessageDelivered,
    MessageExpired,
    MessageFact,
    MessageRequested,
    MessageSuppressed,
    MessageUndelivered,
)
from tests.sim.judging.words import words

READ: Final = {
    name: type_
    for name, type_ in TYPES.items()
    if issubclass(type_, MessageFact) or issubclass(type_, ContactConfirmed)
}
TEXTS: Final = "select * from customer_word"
CONFIRMED: Final = "select customer_id, at from customer_confirmed"
Row = Mapping[str, Any]


async def misheard(restorer: asyncpg.Connection, notifier: asyncpg.Connection) -> list[str]:
    """What is wrong with what the restorer keeps of what was said to customers."""
    said = [word.said for word in await words(notifier, READ)]
    rows, confirmed = await restorer.fetch(TEXTS), await restorer.fetch(CONFIRMED)
    return [*other_than_texts(rows, said), *other_than_confirmed(confirmed, said)]


def other_than_texts(rows: Iterable[Row], said: Sequence[Any]) -> Iterator[str]:
    """Texts that are missing from these rows, came further or less far there, or were never asked for."""
    kept = {row["message_id"]: row for row in rows}
    for name in dict.fromkeys(one.message_id for one in said if isinstance(one, MessageFact)):
        row = kept.pop(name, None)
        if row is None:
            yield f"text {name} was not heard of by the restorer"
            continue
        mine = [one for one in said if isinstance(one, MessageFact) and one.message_id == name]
        asked = next((one for one in mine if isinstance(one, MessageRequested)), None)
        ends = [
            (one.at, one.reason)
            for one in mine
            if isinstance(one, MessageUndelivered | MessageSuppressed | MessageExpired)
        ]
        last = max((at for at, _ in ends), default=None)
        wanted = {
            "mrids": [*asked.mrids] if asked else [],
            "requested_at": asked.requested_at if asked else None,
            "due_at": asked.due_at if asked else None,
            "accepted_at": min((one.accepted_at for one in mine if isinstance(one, MessageAccepted)), default=None),
            "delivered_at": min((one.delivered_at for one in mine if isinstance(one, MessageDelivered)), default=None),
            "ended_at": last,
        }
        other = {key: (row[key], value) for key, value in wanted.items() if row[key] != value}
        if other:
            yield f"text {name} was heard otherwise than said: {other}"
        elif ends and row["ended_for"] not in {why for at, why in ends if at == last}:
            yield f"text {name} is over by {row['ended_for']}, and not for that"
    yield from (f"text {name}, of which the restorer heard, was never asked for" for name in sorted(kept))


def other_than_confirmed(rows: Iterable[Row], said: Sequence[Any]) -> Iterator[str]:
    """Customers of whom it is not known there when they last confirmed, or another time is."""
    wanted: dict[str, datetime] = {}
    for one in said:
        if isinstance(one, ContactConfirmed):
            wanted[one.customer_id] = max(one.confirmed_at, wanted.get(one.customer_id, one.confirmed_at))
    kept = {row["customer_id"]: row["at"] for row in rows}
    for name in sorted(wanted.keys() | kept.keys()):
        if wanted.get(name) != kept.get(name):
            yield f"{name} confirmed last at {wanted.get(name)}, and the restorer heard {kept.get(name)}"
