"""Planned work over Kafka: ask, read the planner's answer, move to the start it names, cancel.

Usage: python connect.py HOST:PORT OUTAGE. Needs Python 3.11 and aiokafka.
"""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

SOURCE = "/dispatch/python"
PATIENCE_SECONDS = 60


async def send(producer: AIOKafkaProducer, event_id: str, event_type: str, data: dict) -> None:
    """One event in binary mode; returns once all in-sync replicas have it. After an error: again, with the same id."""
    attributes = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_source": SOURCE,
        "ce_type": event_type,
        "ce_time": datetime.now(UTC).isoformat(),
        "content-type": "application/json",
    }
    headers = [(name, value.encode()) for name, value in attributes.items()]
    body = json.dumps(data, ensure_ascii=False).encode()
    await producer.send_and_wait("outage.dispatch", body, key=data["mRID"].encode(), headers=headers)


async def answer(consumer: AIOKafkaConsumer, outage: str, *types: str) -> tuple[str, dict]:
    """Type and data of the next answer about `outage` that is one of `types`."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            record = await consumer.getone()
            event_type = dict(record.headers)["ce_type"].decode()
            if record.key == outage.encode() and event_type in types:
                data = json.loads(record.value)
                print(event_type, json.dumps(data, ensure_ascii=False))
                return event_type, data


async def main(kafka: str, outage: str) -> None:
    """The life of a plan that was asked for too late."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, acks="all", enable_idempotence=True)
    # A group of your own. What is read twice after a restart has the same ce_source and ce_id again.
    consumer = AIOKafkaConsumer(
        "outage.notices", bootstrap_servers=kafka, group_id="dispatch-python", auto_offset_reset="earliest"
    )
    async with producer, consumer:
        now = datetime.now(UTC)
        plan = {
            "mRID": outage,
            "revisionNumber": 1,
            "outageClass": "planned",
            "plannedPeriod": period(now + timedelta(days=2)),
            "extent": {"lines": ["10千伏城南线"], "areas": ["人民路一带"], "nominalVoltage": 10},
            "requestedAt": now.isoformat(),
            "reason": "线路检修",
        }
        await send(producer, f"{outage}/1", "planned.requested.v1", plan)
        said, data = await answer(consumer, outage, "plan.accepted.v1", "plan.rejected.v1")
        if said == "plan.rejected.v1":
            # A day in hand: the clock of the notice runs from the instant at which the new plan is accepted.
            start = datetime.fromisoformat(data["earliestLawfulStart"]) + timedelta(days=1)
            plan |= {"revisionNumber": 2, "plannedPeriod": period(start)}
            await send(producer, f"{outage}/2", "planned.amended.v1", plan)
            await answer(consumer, outage, "plan.accepted.v1", "plan.rejected.v1")
        await answer(consumer, outage, "notice.published.v1")
        cancelled = {"mRID": outage, "revisionNumber": 3, "cancelledAt": datetime.now(UTC).isoformat()}
        await send(producer, f"{outage}/3", "planned.cancelled.v1", cancelled)
        await answer(consumer, outage, "notice.withdrawn.v1")


def period(start: datetime) -> dict:
    """Eight hours from `start`."""
    return {"start": start.isoformat(), "end": (start + timedelta(hours=8)).isoformat()}


asyncio.run(main(*sys.argv[1:]))
