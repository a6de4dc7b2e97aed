"""Compare a fence with its topic, and move it where they do not agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from operations.system.asking import ask
from operations.system.broker import reached
from operations.system.database import Connection, Row, enter
from operations.system.location import Where
from services.kernel.model import TopicPartition
from services.kernel.operators.former import FORMER
from services.kernel.operators.shared_actions import ACCEPT, GONE, LOST, AcceptFence
from services.kernel.queries import queries
from services.kernel.writing.fence import Broker, is_the_one

SQL = queries(Path(__file__).parents[1] / "sql" / "operators.sql")
AGREES = "agrees"
SHORTENED = "ends-before-the-fence"
REPLACED = "another-record-below-the-fence"
FORMER_TOPIC = "former-topic"
NO_TOPIC = "no-such-topic"


@dataclass(frozen=True, slots=True)
class FenceStanding:
    """One fence of one service, and what its topic looks like now."""

    service: str
    topic: str
    partition: int
    read_from: int
    """The first offset this service was to read."""
    next_offset: int
    watermark: datetime
    first: int | None = None
    end: int | None = None
    verdict: str = AGREES

    @property
    def lag(self) -> int | None:
        """Records that wait; None where the topic does not answer."""
        return None if self.end is None else max(self.end - self.next_offset, 0)

    @property
    def idle(self) -> bool:
        """Nothing was ever read here, nothing waits, and nothing is wrong."""
        return self.verdict == AGREES and not self.lag and self.next_offset == self.read_from

    def as_json(self) -> dict[str, Any]:
        """One row of the answer."""
        return {
            "service": self.service,
            "topic": self.topic,
            "partition": self.partition,
            "readFrom": self.read_from,
            "next": self.next_offset,
            "topicFirst": self.first,
            "topicEnd": self.end,
            "lag": self.lag,
            "watermark": self.watermark,
            "standing": self.verdict,
        }


def verdict_on(next_offset: int, bounds: tuple[int, int], *, same_below: bool | None) -> str:
    """How a fence stands to its topic's [first, end); `same_below`: is the record under it the one handled? Pure."""
    first, end = bounds
    if end < next_offset:
        return SHORTENED
    if first > next_offset:
        return LOST
    return REPLACED if same_below is False else AGREES


async def standings(
    connection: Connection, broker: Broker, where: Where, services: Sequence[str], only: TopicPartition | None = None
) -> list[FenceStanding]:
    """Every fence beside its topic.

    Raises:
        Away: Kafka does not answer.

    """
    found: list[FenceStanding] = []
    for service in services:
        await enter(connection, service)
        rows = [
            row
            for row in await connection.fetch(SQL["fences"])
            if only is None or (row["topic"], row["partition"]) == only
        ]
        places = [(row["topic"], row["partition"]) for row in rows if FORMER not in row["topic"]]
        bounds: Mapping[TopicPartition, tuple[int, int]] = {}
        there: set[TopicPartition] = set()
        if places:
            # Asked for its end, a partition that is no more answers nothing for as long as one waits.
            there = set(await reached(where, broker.partitions(sorted({topic for topic, _ in places}))))
            bounds = await reached(where, broker.bounds([place for place in places if place in there]))
        for row in rows:
            missing = GONE if any(topic == row["topic"] for topic, _ in there) else NO_TOPIC
            found.append(await _standing(service, row, bounds, broker, where, missing))
    return found


async def _standing(
    service: str, row: Row, bounds: Mapping[TopicPartition, tuple[int, int]], broker: Broker, where: Where, missing: str
) -> FenceStanding:
    place = (row["topic"], row["partition"])
    now = bounds.get(place)
    if now is None:
        verdict = FORMER_TOPIC if FORMER in place[0] else missing
    else:
        verdict = verdict_on(row["next_offset"], now, same_below=await _same_below(row, now, broker, where))
    return FenceStanding(
        service,
        *place,
        read_from=row["first_offset"],
        next_offset=row["next_offset"],
        watermark=row["watermark"],
        first=now[0] if now else None,
        end=now[1] if now else None,
        verdict=verdict,
    )


async def _same_below(row: Row, bounds: tuple[int, int], broker: Broker, where: Where) -> bool | None:
    """Whether the record just below the fence is the one handled; None where it is not there to be seen."""
    expected: int = row["next_offset"]
    if row["last_digest"] is None or not bounds[0] < expected <= bounds[1]:
        return None
    below = await reached(where, broker.read((row["topic"], row["partition"]), expected - 1, expected))
    return is_the_one(below[0], bytes(row["last_digest"]), row["last_stamp"]) if below else None


async def accept(where: Where, standing: FenceStanding, reason: str) -> dict[str, Any]:
    """Have a fence moved to its topic's present state, on record; returns what was and what is.

    Raises:
        Refused: a service read on meanwhile; look again.
        Away: nobody can judge it now.

    """
    answer = await ask(where, standing.service, ACCEPT, as_asked(standing), reason=reason)
    return {
        "service": standing.service,
        "topic": standing.topic,
        "partition": standing.partition,
        "why": standing.verdict,
        "topicFirst": standing.first,
        "topicEnd": standing.end,
        **answer.result,
    }


def as_asked(standing: FenceStanding) -> AcceptFence:
    """A fence and its topic as they were seen: the service moves it only if it still stands so."""
    return AcceptFence(
        topic=standing.topic,
        partition=standing.partition,
        why=cast("Any", standing.verdict),
        next=standing.next_offset,
        topic_first=standing.first or 0,
        topic_end=standing.end or 0,
    )
