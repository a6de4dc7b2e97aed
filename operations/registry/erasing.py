"""Forget a customer for good: key and numbers destroyed, out of the registry, told on the topic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from operations.errors import Away, NotFound
from operations.registry.importing import in_requests
from operations.registry.topic import publish, registry, untold
from operations.system.asking import ask
from operations.system.broker import each_record
from operations.system.location import Where
from schemas.cloudevent import ContractError, from_kafka
from schemas.contracts.customers import TOPIC, CustomerErased
from services.kernel.clock import Clock
from services.notifier.registry.erasing import ERASE, ERASE_AGAIN, ERASED_BEFORE, Erased, ErasedBefore, OneCustomer
from services.notifier.registry.topic import SOURCE
from services.notifier.registry.topic import SQL as REGISTRY


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure came to. `erased_at`: the instant that counts, also where it was done before."""

    customer_id: str
    erased_at: datetime
    again: bool
    """It had been done before, and nothing was left."""
    sent: int
    request_id: UUID


async def erase_one(where: Where, clock: Clock, customer_id: str, reason: str) -> Erasure:
    """Have one customer erased, at once in the vault and the registry; the notifier follows the topic.

    Raises:
        NotFound: nobody by that id was ever known.
        Away: database or Kafka cannot be reached, or an import is at work; what is on record is done all the same.
        Refused: the notifier said no.

    """
    async with registry(where) as connection:
        held = await connection.fetchrow(REGISTRY["held"], customer_id)
        if held is None or not (held["registered"] or held["vault"] or held["known"]):
            raise NotFound(f"no customer {customer_id} was ever known: check the id (nothing was erased)")
        answer = await ask(where, "notifier", ERASE, OneCustomer(customer_id=customer_id), reason=reason)
        sent = await publish(connection, where, clock)
        if await connection.fetchval(REGISTRY["untold_of"], customer_id):
            raise Away(
                f"{customer_id} is erased here, but Kafka did not take the word: run the same command again "
                "(the notifier tells it too, once it is up)"
            )
    at = datetime.fromisoformat(answer.result["erasedAt"])
    return Erasure(customer_id, at, answer.reason == ERASED_BEFORE, sent, answer.request_id)


async def erase_again(where: Where, clock: Clock) -> list[str]:
    """Erase whoever the topic's last word erased and the database still holds; returns their ids.

    For after a restore from a backup that is older than an erasure. The topic is compacted, so it keeps every erasure.

    Raises:
        Away: database or Kafka cannot be reached, or an import is at work.
        Refused: the topic holds what cannot be read, or the notifier said no.

    """
    found: list[str] = []
    async with registry(where) as connection:
        words = await _erasures(where)
        instants = [word.erased_at for word in words.values()]
        held = await connection.fetch(REGISTRY["erased_but_held"], list(words), instants)
        again = [_said(words[row["customer_id"]]) for row in held]
        for part in in_requests(again):
            detail = ErasedBefore(customers=part)
            answer = await ask(where, "notifier", ERASE_AGAIN, detail, reason="outage.customers says they were erased")
            found += answer.result["customerIds"]
        await publish(connection, where, clock)
        if await untold(connection):
            raise Away(
                "erased here, but Kafka did not take every word: run the same command again "
                "(the notifier tells them too, once it is up)"
            )
    return found


def _said(word: CustomerErased) -> Erased:
    return Erased(customer_id=word.customer_id, erased_at=word.erased_at, reason=word.reason or "erased")


async def _erasures(where: Where) -> dict[str, CustomerErased]:
    """The customers whose last word on the topic is that they are erased."""
    last: dict[str, CustomerErased | None] = {}
    async for record in each_record(where, TOPIC):
        try:
            event = from_kafka(record.topic, record.key, record.headers, record.value)
        except ContractError:
            continue  # the notifier has it in quarantine; an erasure that nobody can read erases nobody
        if event.source != SOURCE:
            continue  # only the registry erases
        word = event.data
        name = (record.key or b"").decode(errors="replace")
        last[name] = word if isinstance(word, CustomerErased) else None
    return {name: word for name, word in last.items() if word is not None}
