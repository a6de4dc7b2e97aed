"""A list polled by `outagectl poll` from a real web server onto a real Kafka, through ends and beginnings of the process."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from devstack.servers.stack import TopicSpec, create_topics
from operations.system.broker import each_record
from operations.system.location import Where
from schemas.cloudevent import CloudEvent, from_kafka
from schemas.contracts import dispatch
from services.kernel.clock import SystemClock
from tests.kits.ctl import Ctl
from tests.kits.lists.polled import millis, row
from tests.kits.lists.server import ListServer, list_server

pytestmark = pytest.mark.stack

ROOT = Path(__file__).parents[3]
START = SystemClock().now() - timedelta(hours=1)
PATIENCE_SECONDS = 40.0


def rows(*numbers: int, **changes: Any) -> list[dict[str, Any]]:
    return [row(id=number, **{"dateOff": millis(START), "lastUpdated": millis(START)} | changes) for number in numbers]


class PolledTown:
    """A utility's web server, and what Kafka has of it; `name` is of this test alone, for the topic is everybody's."""

    def __init__(self, kafka: str, server: ListServer, folder: Path, ctl: Ctl) -> None:
        self.kafka, self.server, self.state, self.ctl = kafka, server, folder / "feed.json", ctl
        self.name = f"town-{uuid4().hex[:12]}"

    @property
    def words(self) -> list[str]:
        address = self.server.url + "/list"
        return ["poll", address, "--reader", "bchydro", "--name", self.name, "--state", str(self.state)]

    async def polls(self, code: int = 0) -> Any:
        """One process that polls once."""
        return await self.ctl.json(*self.words, "--once", code=code)

    async def said(self) -> list[CloudEvent]:
        """What the topic holds of this town, by outage in the order in which it was sent."""
        return [
            from_kafka(one.topic, one.key, one.headers, one.value)
            async for one in each_record(Where(kafka=self.kafka), dispatch.TOPIC)
            if (one.key or b"").decode().startswith(self.name)
        ]

    async def types(self) -> Counter[str]:
        return Counter(event.type for event in await self.said())


@pytest.fixture
async def town(kafka: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ctl: Ctl) -> AsyncIterator[PolledTown]:
    await create_topics(kafka, {dispatch.TOPIC: TopicSpec(4)})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUTAGE_KAFKA", kafka)
    async with list_server() as server:
        yield PolledTown(kafka, server, tmp_path, ctl)


async def test_a_list_polled_twice_across_a_restart_is_told_once_with_what_changed(town: PolledTown) -> None:
    town.server.says(rows(1, 2))
    first = await town.polls()
    assert (first["sent"], first["open"], first["waiting"]) == ({"outage.started.v1": 2, "fault.reported.v2": 2}, 2, 0)
    town.server.says([*rows(1), *rows(2, crewStatusDescription="Crew on-site"), *rows(3)])
    second = await town.polls()
    assert second["sent"] == {"crew.status.v1": 1, "outage.started.v1": 1, "fault.reported.v2": 1}
    third = await town.polls()
    assert third["sent"] == {}
    events = await town.said()
    assert len(events) == len({event.id for event in events}) == 7
    assert {event.source for event in events} == {f"connectors/{town.name}"}


async def test_facts_that_found_no_kafka_go_out_with_the_next_poll_and_under_their_ids(
    town: PolledTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.server.says(rows(1))
    monkeypatch.setenv("OUTAGE_KAFKA", "127.0.0.1:1")
    ended = await town.ctl.said(*town.words, "--once")
    assert (ended.code, "Kafka at 127.0.0.1:1 does not answer" in ended.err) == (4, True)
    waiting = [fact["id"] for fact in json.loads(town.state.read_text(encoding="utf-8"))["waiting"]]
    assert len(waiting) == 2
    monkeypatch.setenv("OUTAGE_KAFKA", town.kafka)
    assert (await town.polls())["sent"] == {"outage.started.v1": 1, "fault.reported.v2": 1}
    assert [event.id for event in await town.said()] == waiting


async def test_a_process_that_died_before_it_knew_that_all_was_sent_says_the_same_again(town: PolledTown) -> None:
    """Whoever reads the topic takes each id once."""
    town.server.says(rows(1))
    await town.polls()
    town.state.write_bytes(town.state.with_name("feed.json.before").read_bytes())
    await town.polls()
    events = await town.said()
    assert Counter(Counter(event.id for event in events).values()) == {2: 2}
    assert len({json.dumps(event.id) + event.type + str(event.data) for event in events}) == 2


async def test_an_empty_answer_after_a_full_one_is_shown_and_told_to_nobody(town: PolledTown) -> None:
    town.server.says(rows(*range(1, 13)))
    await town.polls()
    town.server.says([])
    shown = await town.ctl.said(*town.words, "--once")
    assert shown.code == 0
    assert "names 0 outages; the one before it named 12. 12 outages were gone at once" in shown.out
    assert f"outagectl poll --believe --state {town.state}" in shown.out
    assert (await town.types())["supply.restored.v1"] == 0


async def test_a_poller_that_is_killed_goes_on_where_it_was(town: PolledTown) -> None:
    town.server.says(rows(1))
    poller = await begun(town)
    try:
        await until_told(town, 2)
    finally:
        os.kill(poller.pid, signal.SIGKILL)
        await poller.wait()
    town.server.says(rows(1, 2))
    poller = await begun(town)
    try:
        await until_told(town, 4)
    finally:
        poller.terminate()
        _, log = await poller.communicate()
    assert poller.returncode == 0, log
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["event"] for line in lines] == ["polling", "list taken", "polling ended"]
    assert (lines[0]["goes_on"], lines[0]["address"]) == (True, town.server.url + "/list")
    events = await town.said()
    assert len(events) == len({event.id for event in events}) == 4


async def begun(town: PolledTown) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "outagectl", *town.words, "--every", "10s", "--json",
        cwd=ROOT, stderr=asyncio.subprocess.PIPE, env={**os.environ, "OUTAGE_KAFKA": town.kafka},
    )  # fmt: skip


async def until_told(town: PolledTown, facts: int) -> None:
    """So many facts of this town are on the topic, and the poller knows that they are."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(await town.said()) < facts or json.loads(town.state.read_text(encoding="utf-8"))["waiting"]:
            await asyncio.sleep(0.2)


async def test_kept_lists_come_in_once_and_a_poller_goes_on_after_them(town: PolledTown, tmp_path: Path) -> None:
    kept = tmp_path / "lists.jsonl"
    lists = [(50, rows(1, 2)), (40, rows(1)), (5, rows(1))]
    at = SystemClock().now()
    lines = [json.dumps({"at": (at - timedelta(minutes=ago)).isoformat(), "body": body}) for ago, body in lists]
    kept.write_text("\n".join(lines), encoding="utf-8")
    words = ["import", "feed", str(kept), "--reader", "bchydro", "--name", town.name]
    first = await town.ctl.json(*words)
    again = await town.ctl.json(*words, "--state", str(town.state))
    gone = {"supply.perhaps-restored.v1": 1, "supply.restored.v1": 1}
    assert first["sent"] == again["sent"] == {"outage.started.v1": 2, "fault.reported.v2": 2, **gone}
    assert len({event.id for event in await town.said()}) == 6, "the same file twice, under the same ids"
    town.server.says(rows(1, 3))
    assert (await town.polls())["sent"] == {"outage.started.v1": 1, "fault.reported.v2": 1}
