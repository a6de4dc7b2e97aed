"""Make a Kafka with the network's topic, run `outagectl` on it, and look at what it put there."""

import itertools
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devstack.servers.stack import TopicSpec, create_topics
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts import customers, network
from schemas.contracts.network import NetworkSwitched
from services.kernel.adapters.kafka import Produce, Producer, Reader
from services.kernel.clock import SystemClock
from tests.kits.ctl import Ctl
from tests.kits.stack.importing.topics import events_of

HEADER = "element_id,kind,name,fed_from,areas\n"
_runs = itertools.count()


@dataclass
class Office:
    """Where the network is kept: files, the command line, and a look at the topic."""

    kafka: str
    folder: Path
    prefix: str
    """Of this test's ids and names: the topic is shared with other tests."""
    ctl: Ctl

    def file(self, *rows: str, date: int = 1, name: str = "") -> str:
        """A CSV file as of day `date`; `$` in a row stands for this test's prefix."""
        path = self.folder / f"{name or self.prefix}gis.csv"
        path.write_text(HEADER + "".join(row.replace("$", self.prefix) + "\n" for row in rows), encoding="utf-8")
        at = datetime(2026, 3, date, tzinfo=UTC).timestamp()
        os.utime(path, (at, at))
        return str(path)

    async def imports(self, *rows: str, words: Iterable[str] = (), date: int = 1, code: int = 0) -> Any:
        return await self.ctl.json("import", "network", self.file(*rows, date=date), *words, code=code)

    async def records(self) -> list[CloudEvent]:
        """What the topic holds of this test, in the order of each partition."""
        return await events_of(self.kafka, network.TOPIC, self.prefix)

    async def length(self) -> int:
        """How many records were ever put on the topic, by whomever."""
        reader = Reader(self.kafka)
        try:
            return sum((await reader.ends(await reader.partitions([network.TOPIC]))).values())
        finally:
            await reader.close()

    async def state(self) -> dict[str, Any]:
        """The last word on each key."""
        return {str(one.subject): one.data for one in await self.records()}

    async def sends(self, event: CloudEvent) -> None:
        message = to_kafka(event)
        producer = Producer(self.kafka)
        row = Produce(message.topic, message.key, message.value, message.headers, event.time)
        assert all(await producer.send([row]))
        await producer.stop()

    async def throws(self, switch: str, state: network.SwitchState) -> None:
        word = NetworkSwitched(switch=self.prefix + switch, state=state, at=SystemClock().now())
        await self.sends(
            CloudEvent(
                source="/scada/east", id=f"{word.switch}-{word.at}", type="network.switched.v1", time=word.at, data=word
            )
        )


async def network_office(kafka: str, monkeypatch: pytest.MonkeyPatch, folder: Path, ctl: Ctl) -> Office:
    """An office with ids of its own."""
    monkeypatch.chdir(folder)
    monkeypatch.delenv("OUTAGE_CLOCK_FILE", raising=False)
    monkeypatch.setenv("OUTAGE_KAFKA", kafka)
    await create_topics(kafka, {name: TopicSpec(4, compacted=True) for name in (network.TOPIC, customers.TOPIC)})
    return Office(kafka, folder, f"N{os.getpid()}-{next(_runs)}-", ctl)
