"""Run Faust as a shell around one input loop; the only module that imports it.

Faust acks what raised and may commit past an unacked message (faust-streaming issue 606), so: concurrency 1, manual
acks after our commit, nothing may leave the agent's body, and the offset fence in Postgres is the truth. Tables,
take(), exactly_once, timers and crontab are not used: docs/adr/0002.
"""

import asyncio
import contextlib
import hashlib
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import faust
import structlog
from faust.types import TP, EventT, StreamT, TopicT
from faust.types.agents import AgentFun

from services.kernel.adapters.faust_buffer import ByteQueue, weight
from services.kernel.adapters.kafka import LOG_APPEND_TIME, instant
from services.kernel.bounds import BATCH_BYTES, BUFFER_BYTES, PARTITION_FETCH_BYTES
from services.kernel.model import Record, TopicPartition

log = structlog.get_logger()

YEAR_SECONDS = 365 * 86_400.0

Take = Callable[[list[Record]], Awaitable[object]]
Places = Callable[[Sequence[TopicPartition]], Awaitable[None]]


class BoundedApp(faust.App):
    """Faust's app with buffers that are bounded by bytes."""

    def FlowControlQueue(self, maxsize: int | None = None, *, clear_on_resume: bool = False) -> ByteQueue:  # noqa: N802 - Faust's name
        """The queue between fetcher and stream, as Faust makes it, but for its bound."""
        flow = self.flow_control
        return ByteQueue(maxsize or 0, flow_control=flow, clear_on_resume=clear_on_resume, max_bytes=BUFFER_BYTES)

    def read_by(self, read: AgentFun[bytes], topic: TopicT, name: str) -> None:
        """Have `read` read a topic, as an agent that Faust's decorator makes, but for a note to whoever scans modules for agents.

        Nobody scans here, and for that note the path of every module in memory is resolved: 35 ms of a service's start.
        """
        options: dict[str, Any] = {"on_error": self._on_agent_error, "use_reply_headers": True}
        agent = faust.Agent(read, name=name, app=self, channel=topic, concurrency=1, **options)
        self.agents[agent.name] = agent
        self.topics.beacon.add(agent)


class Shell:
    """One Faust worker reading some topics; `take` must return only when a batch is durable, and must never raise."""

    def __init__(
        self,
        *,
        name: str,
        bootstrap: str,
        topics: Sequence[str],
        take: Take,
        assigned: Places,
        revoked: Places,
        batch_max: int,
        instance: str | None,
    ) -> None:
        self._take = take
        self._batch_max = batch_max
        self._on_assigned = assigned
        self._on_revoked = revoked
        self.places: set[TopicPartition] = set()
        self.topics = frozenset(topics)
        options: dict[str, Any] = {}
        if instance:
            # A member that comes back under its name within the session is given what it had, whatever it reads now: Kafka
            # does not look. One that reads other topics than before the upgrade comes under another name.
            options["consumer_group_instance_id"] = f"{instance}-{_mark(topics)}"
        self.app = BoundedApp(
            f"outage-{name}",
            broker=";".join(f"kafka://{host}" for host in bootstrap.split(",")),
            value_serializer="raw",
            key_serializer="raw",
            web_enabled=False,
            datadir=Path(tempfile.gettempdir()) / "outage-faust",  # made though nothing is kept there
            topic_disable_leader=True,
            topic_allow_declare=False,
            broker_session_timeout=10.0,
            broker_heartbeat_interval=1.0,
            # Whoever fetches nothing for so long, because Postgres is away say, gives its partitions up, and Faust, whose
            # flow then stands still, would never fetch again: it must not come to that.
            broker_max_poll_interval=YEAR_SECONDS,
            broker_rebalance_timeout=30.0,
            broker_commit_interval=1.0,
            broker_max_poll_records=batch_max * 5,
            broker_request_timeout=40.0,
            consumer_auto_offset_reset="earliest",
            consumer_max_fetch_size=PARTITION_FETCH_BYTES,
            stream_wait_empty=False,
            stream_buffer_maxsize=batch_max * 20,
            stream_recovery_delay=0.0,
            **options,
        )
        self.app.on_partitions_assigned.connect(cast("Any", self._assigned))
        self.app.on_partitions_revoked.connect(cast("Any", self._revoked))
        topic = self.app.topic(*topics, key_serializer="raw", value_serializer="raw", key_type=bytes, value_type=bytes)
        self.app.read_by(self._read, topic, f"outage-{name}-input")

    async def start(self) -> None:
        """Join the group; returns once the worker runs."""
        await self.app.start()

    async def stop(self) -> None:
        """Break off the batch in hand, commit what was taken, leave the group."""
        await self.app.stop()

    async def rest(self) -> None:
        """Wait until Faust stops by itself, which it should never do."""
        await self.app.wait_until_stopped()

    async def _read(self, stream: StreamT[bytes]) -> None:
        # Faust's own types leave out what its streams can do.
        source: Any = stream
        channel = source.channel
        batch: list[EventT[bytes]] = []
        size = 0
        async for event in source.noack().events():
            batch.append(event)
            size += weight(event)
            if len(batch) < self._batch_max and size < BATCH_BYTES:
                if channel.queue.empty():
                    # What Faust has fetched it hands over in steps of the loop: one step more makes larger batches.
                    await asyncio.sleep(0)
                if not channel.queue.empty():
                    continue
            await self._take([_record(item) for item in batch])
            for item in batch:
                item.ack()
            batch.clear()
            size = 0

    async def _assigned(self, _app: Any, assigned: set[TP], **_: Any) -> None:
        ours = [(tp.topic, tp.partition) for tp in assigned if tp.topic in self.topics]
        self.places.update(ours)
        with contextlib.suppress(asyncio.CancelledError):
            await self._on_assigned(ours)

    async def _revoked(self, _app: Any, revoked: set[TP], **_: Any) -> None:
        ours = [(tp.topic, tp.partition) for tp in revoked if tp.topic in self.topics]
        self.places.difference_update(ours)
        await self._on_revoked(ours)


def _mark(topics: Sequence[str]) -> str:
    return hashlib.sha256(" ".join(sorted(topics)).encode()).hexdigest()[:8]


def _record(event: EventT[bytes]) -> Record:
    message = event.message
    headers: Any = message.headers
    pairs: Any = headers.items() if isinstance(headers, dict) else (headers or ())
    return Record(
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
        key=message.key,
        value=message.value,
        headers={name: value or b"" for name, value in pairs},
        timestamp=instant(message.timestamp * 1000),
        by_broker=message.timestamp_type == LOG_APPEND_TIME,
    )
