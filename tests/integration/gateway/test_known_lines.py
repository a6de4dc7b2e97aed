"""The gateway's answer warns of a line that no key customer has, as outage.customers tells them."""

import asyncio
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaProducer

from devstack.servers.stack import TopicSpec, create_topics
from schemas.contracts import customers
from tests.kits.deciders.notifier import customer
from tests.kits.stack.gateway import BATCH, a_source, event, prepare, served


async def test_an_event_on_a_line_that_nobody_knows_is_taken_with_a_warning(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    await prepare(kafka, postgres)
    await create_topics(kafka, {customers.TOPIC: TopicSpec(4, compacted=True)})
    body = msgspec.json.encode(customer("line-check", lines=("10kV城东线（东段）",)))
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        headers = [("ce_type", b"customer.upserted.v1")]
        await producer.send_and_wait(customers.TOPIC, body, key=b"line-check", headers=headers)
    source = a_source()

    def out(id_: str, line: str) -> dict[str, object]:
        made = event(source, id_) | {"type": "outage.started.v1"}
        data = {"outageClass": "fault", "startedAt": "2026-03-05T09:12:00+08:00", "extent": {"lines": [line]}}
        return made | {"data": {"mRID": f"F-{id_}"} | data}

    async with served(kafka, postgres, tmp_path) as gateway:
        async with asyncio.timeout(30):
            number = 0
            while True:
                number += 1
                strange = await gateway.post(out(f"s{number}", "10kV城车线"))
                assert strange.status == 202
                if "warning" in strange.body:
                    break
                await asyncio.sleep(0.3)
        assert "no customer and no network knows line 10kV城车线" in strange.body["warning"]
        batch = await gateway.post([out("k", "10千伏城东线(东段)"), out("x", "10kV城车线")], kind=BATCH)
        assert batch.status == 202
        assert ["warning" in one for one in batch.body["events"]] == [False, True]
