"""Read a topic that a test shares with others: what is its own begins with a prefix of its own."""

from operations.system.broker import each_record
from operations.system.location import Where
from schemas.cloudevent import CloudEvent, from_kafka


async def events_of(kafka: str, topic: str, prefix: str) -> list[CloudEvent]:
    """What the topic holds under keys that begin so, in the order of each partition."""
    return [
        from_kafka(one.topic, one.key, one.headers, one.value)
        async for one in each_record(Where(kafka=kafka), topic)
        if (one.key or b"").decode().startswith(prefix)
    ]
