"""Take records of topics that a service keeps a copy of: into its tables, and on record as copied, without inbox or stream.

A compacted topic is its own log: what stands on it last under a key is so, however often it is read. Redeliveries are the
fence's to drop, as everywhere.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from schemas.cloudevent import ContractError, from_kafka
from services.kernel.adapters.locks import Connection
from services.kernel.model import Message, Record, Service, TopicCopy
from services.kernel.queries import SQL
from services.kernel.writing.failures.attempts import Condemned
from services.kernel.writing.quarantine import UNREADABLE, BadRecord
from services.kernel.writing.records import message_of, offset_of, unreadable

COPIED = "copied"


def copies_of(service: Service) -> Mapping[str, TopicCopy]:
    """Who keeps a copy of which of its inputs; most services keep none."""
    found: Mapping[str, TopicCopy] = getattr(service, "copies", {})
    return found


def judged_inputs(service: Service) -> list[str]:
    """The inputs that are judged: facts on these alone can answer a deadline."""
    return [topic for topic in service.inputs if topic not in copies_of(service)]


def apart(records: Iterable[Record], copies: Mapping[str, TopicCopy]) -> tuple[list[Record], list[Record]]:
    """Those of topics that are copied, and the others, which are judged."""
    copied: list[Record] = []
    judged: list[Record] = []
    for record in records:
        (copied if record.topic in copies else judged).append(record)
    return copied, judged


async def copy(
    connection: Connection,
    records: Sequence[Record],
    copies: Mapping[str, TopicCopy],
    condemned: Mapping[Hashable, Condemned],
) -> tuple[list[Message], list[BadRecord]]:
    """Take what can be read; returns that, and what cannot be, or is known to fail, to be set aside."""
    bad: list[BadRecord] = []
    said: dict[str, list[Message]] = defaultdict(list)
    for record in records:
        known = condemned.get(offset_of(record))
        if known is not None:
            bad.append(BadRecord(record, UNREADABLE, known.detail))
            continue
        try:
            said[record.topic].append(
                message_of(from_kafka(record.topic, record.key, record.headers, record.value), record)
            )
        except ContractError as error:
            bad.append(unreadable(record, error))
    for topic, messages in said.items():
        await copies[topic].put(connection, messages)
    if rows := list(_runs(said)):
        columns = [list(column) for column in zip(*rows, strict=True)]
        await connection.execute(SQL["skip"], *columns, [COPIED] * len(rows), [None] * len(rows))
    return [message for messages in said.values() for message in messages], bad


def _runs(said: Mapping[str, Sequence[Message]]) -> Iterator[tuple[str, int, int, int]]:
    """Topic, partition, and offsets [from, to) of what was copied, neighbours joined."""
    places = sorted((topic, one.partition, one.offset or 0) for topic, messages in said.items() for one in messages)
    for (topic, partition, _), run in groupby(enumerate(places), key=lambda item: (*item[1][:2], item[1][2] - item[0])):
        offsets = [place[2] for _, place in run]
        yield topic, partition, offsets[0], offsets[-1] + 1
