"""Skip a record that a service cannot get past: keep its bytes in quarantine, then move the fence behind it.

It works while the service runs, and while it cannot start (then outagectl does it by this same code): whoever takes the
next batch reads the fence under its lock, and drops what lies below it.
"""

import asyncio
from typing import Annotated, Any, Final

import structlog
from msgspec import Meta

from schemas.cloudevent import ContractError, from_kafka
from schemas.contracts.base import Name, Wire
from services.kernel.adapters.away import AWAY
from services.kernel.model import KernelError, Record, TopicPartition
from services.kernel.operators.actions import ActionAnswer, ActionContext, Refusal
from services.kernel.queries import SQL
from services.kernel.writing import fence
from services.kernel.writing.quarantine import OPERATOR_SKIPPED, BadRecord

log = structlog.get_logger()

SKIP: Final = "offsets skip"
BROKER_SECONDS: Final = 10.0
"""A request has the service's turn and holds the fence meanwhile: batches and deadlines wait for no silent broker."""
Offset = Annotated[int, Meta(ge=0, le=2**63 - 2)]


class OneRecord(Wire, frozen=True, kw_only=True):
    """Which record: the one that comes next in its partition."""

    topic: Name
    partition: Annotated[int, Meta(ge=0, le=2**31 - 1)]
    offset: Offset


async def skip_record(acting: ActionContext, detail: OneRecord) -> ActionAnswer:
    """Keep the record that comes next, and go on behind it. It can be judged later: `outagectl quarantine retry`."""
    place, offset, asked = (detail.topic, detail.partition), detail.offset, acting.request
    if not asked.why.strip():
        raise Refusal("no-reason-given", "say why it may be skipped")
    try:
        expected = (await fence.lock(acting.connection, [place]))[place]
    except fence.FenceError:
        raise Refusal("not-read-here", f"{acting.transaction.service.name} has not read {fence.named(place)}") from None
    if expected != offset:
        where = f"{acting.transaction.service.name} stands at {expected} in {fence.named(place)}"
        raise Refusal("not-the-next-record", f"{where}: only the record that comes next can be skipped")
    record, legible = await _read(acting, place, offset)
    if record is None:
        await acting.connection.execute(
            SQL["skip"], [place[0]], [place[1]], [offset], [offset + 1], ["hole-explained"], [f"skipped by {asked.who}"]
        )
        await acting.connection.execute(SQL["move_fence"], *place, offset + 1)
        return ActionAnswer("nothing-was-there", {"next": offset + 1, "quarantineId": None})
    bad = _bad(record, f"skipped by {asked.who}: {asked.why}", legible=legible)
    await acting.transaction.set_aside(acting.connection, [bad], acting.now)
    if legible:
        feeds = acting.transaction.service.feeds
        # Its sender's own stamp says nothing of what lies behind it, whatever the clock: the mark rises when that is read.
        await fence.advance(acting.connection, [record], {place: offset}, acting.now, feeds, believed=False)
    else:
        await acting.connection.execute(SQL["move_fence"], *place, offset + 1)
    return ActionAnswer(
        "kept-and-skipped", {"next": offset + 1, "quarantineId": str(bad.quarantine_id), "bodyKept": legible}
    )


async def _read(acting: ActionContext, place: TopicPartition, offset: int) -> tuple[Record | None, bool]:
    """The record, and whether it could be read; none where the offset holds nothing.

    A record that even the client cannot read is kept without its body, for it lies in Kafka and nowhere else.
    """
    if acting.broker is None:
        raise Refusal("kafka-not-known", "its body must be kept first, and no Kafka is set here: set OUTAGE_KAFKA")
    try:
        async with asyncio.timeout(BROKER_SECONDS):
            there = await acting.broker.read(place, offset, offset + 1)
    except AWAY as error:
        raise Refusal("kafka-away", f"its body must be kept first, and Kafka does not answer: {error!r}") from None
    except KernelError as error:
        raise Refusal("no-such-record", str(error)) from None
    except Exception as error:  # noqa: BLE001 - bytes that the client chokes on, which is why it is to be skipped
        log.warning("a record that cannot be read is skipped", place=place, offset=offset, error=repr(error))
        return Record(*place, offset, None, None, {"unreadable": repr(error).encode()}, acting.now), False
    return (there[0], True) if there else (None, True)


def _bad(record: Record, detail: str, *, legible: bool) -> BadRecord:
    """The record with its names, as far as they can be read."""
    named: dict[str, Any] = {}
    if not legible:
        return BadRecord(record, OPERATOR_SKIPPED, f"{detail}; its bytes could not be read and lie in Kafka only")
    try:
        event = from_kafka(record.topic, record.key, record.headers, record.value)
        named = {"source": event.source, "id": event.id, "type": event.type}
    except ContractError as error:
        named = {"source": error.source, "id": error.id, "type": error.type}
    except Exception as error:  # noqa: BLE001 - it may be skipped for the very reason that reading it fails
        log.warning("a record is skipped whose names cannot be read", error=repr(error))
    return BadRecord(record, OPERATOR_SKIPPED, detail, **named)
