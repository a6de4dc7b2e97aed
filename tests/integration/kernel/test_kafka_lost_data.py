"""A Kafka that lost topics: the operator accepts them, publishes again, and the audit passes; nobody is texted twice."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient

from devstack.servers.stack import TopicSpec, create_topics
from devstack.system import PARTITIONS, SERVICES, System
from schemas.contracts import audience, messages, notices, restorations
from tests.kits.ctl import Ctl
from tests.kits.system.dispatcher import EXTENT, SAMPLE, Dispatch, fact
from tests.kits.system.on_duty import ctl, dispatch, system

__all__ = ["ctl", "dispatch", "system"]

pytestmark = pytest.mark.stack

LOST = (audience.TOPIC, messages.TOPIC, notices.TOPIC, restorations.TOPIC)
COPIED = (messages.TOPIC, notices.TOPIC)
PATIENCE_SECONDS = 120.0


@pytest.mark.timeout(300)
async def test_topics_that_were_lost_are_filled_again_from_the_logs(
    system: System, ctl: Ctl, dispatch: Dispatch
) -> None:
    await ctl.json("import", "customers", str(SAMPLE))
    await ctl.until(lambda a: not a["changed"], "import", "customers", str(SAMPLE))
    await _tell(ctl, dispatch)
    texts = await ctl.until(lambda a: any(m["trigger"] == "restored" for m in a["messages"]), "show", "outage", "f1")
    await _quiet(ctl)
    handsets = await ctl.json("phones")
    for name in SERVICES:
        await system.hold(name)
    await _lose(system.stack.kafka)
    await _accept(ctl)
    for name in SERVICES:
        await system.release(name)
    await system.ready()
    report = await _failed(ctl)
    assert {check["check"] for check in report} == {
        f"topic {topic}" for topic in (audience.TOPIC, messages.TOPIC, restorations.TOPIC)
    }
    dry = await ctl.json("republish", "--since", "2020-01-01", "--dry-run")
    done = await ctl.json("republish", "--since", "2020-01-01", "--yes")
    assert dry["topics"] == done["topics"]
    assert {row["topic"] for row in done["topics"]} >= {audience.TOPIC, messages.TOPIC, restorations.TOPIC}
    await _quiet(ctl)
    code, said = await ctl.run("audit", "--with-kafka")
    assert code == 0, said
    assert await ctl.json("phones") == handsets, "nobody was told twice"
    after = await ctl.json("show", "outage", "f1")
    assert [m["messageId"] for m in after["messages"]] == [m["messageId"] for m in texts["messages"]]


async def _tell(ctl: Ctl, dispatch: Dispatch) -> None:
    await dispatch.says(
        fact("outage.started.v1", "1", mRID="f1", outageClass="fault", startedAt="now", extent=EXTENT),
        fact("cause.cleared.v1", "2", mRID="f1", clearedAt="now"),
    )
    # Whoever was told nothing yet of what is over is told nothing of its end either.
    await ctl.until(lambda a: any(m["state"] == "delivered" for m in a["messages"]), "show", "outage", "f1")
    await dispatch.says(fact("supply.restored.v1", "3", mRID="f1", restoredAt="now", scope="all"))


async def _quiet(ctl: Ctl) -> None:
    """Until every record is read, every outbox empty and every text at an end."""

    async def settled() -> bool:
        code, said = await ctl.run("offsets", "show", "--json")
        if code != 0:
            return False
        lag = any(row["lag"] for row in json.loads(said))
        shown = await ctl.json("show", "outage", "f1")
        report = json.loads((await ctl.run("audit", "--json"))[1])
        waiting = any(check["check"] == "outbox" and check["checked"] for check in report["checks"])
        return not lag and not waiting and all(m["state"] in ("delivered", "suppressed") for m in shown["messages"])

    await _until(settled)


async def _until(ready: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await ready():
            await asyncio.sleep(0.3)


async def _lose(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.delete_topics(list(LOST))

        async def gone() -> bool:
            return not set(LOST) & set(await admin.list_topics())

        await _until(gone)
    finally:
        await admin.close()
    await create_topics(kafka, {topic: TopicSpec(PARTITIONS) for topic in LOST})


async def _accept(ctl: Ctl) -> None:
    """As an operator does: look, and accept what disagrees, by name."""
    code, said = await ctl.run("offsets", "show", "--json")
    assert code == 1
    rows, _ = json.JSONDecoder().raw_decode(said)
    wrong = {(row["topic"], row["partition"]) for row in rows if row["standing"] != "agrees"}
    assert {topic for topic, _ in wrong} <= set(LOST)
    for topic, partition in sorted(wrong):
        code, said = await ctl.run("offsets", "accept", "--yes", topic, str(partition))
        # Of a topic that a service keeps a copy of all partitions are accepted with the first: it is read anew as a whole.
        assert code == 0 or (topic in COPIED and "nothing to accept" in said), said
    assert (await ctl.run("offsets", "show"))[0] == 0


async def _failed(ctl: Ctl) -> list[dict[str, Any]]:
    code, said = await ctl.run("audit", "--with-kafka", "--json")
    assert code == 1, said
    return [check for check in json.loads(said)["checks"] if check["passed"] is False]
