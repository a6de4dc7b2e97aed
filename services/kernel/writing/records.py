"""Read records: what each goes by, what it says, and how it is set aside where it says nothing."""

from schemas.cloudevent import CloudEvent, ContractError
from services.kernel.model import Message, Record
from services.kernel.writing.quarantine import BadRecord


def offset_of(record: Record) -> tuple[str, int, int]:
    """What a record goes by before anything in it is believed."""
    return (record.topic, record.partition, record.offset)


def message_of(event: CloudEvent, record: Record) -> Message:
    """A decoded record as what a service judges."""
    return Message(
        source=event.source,
        id=event.id,
        type=event.type,
        time=event.time,
        data=event.data,
        key=(record.key or b"").decode("utf-8", "replace"),
        partition=record.partition,
        topic=record.topic,
        offset=record.offset,
        traceparent=event.traceparent,
        recorded_at=record.timestamp,
        size=len(record.value or b""),
    )


def unreadable(record: Record, error: ContractError) -> BadRecord:
    """A record that no contract reads, with what is known of it."""
    return BadRecord(record, error.reason, str(error), error.source, error.id, error.type)
