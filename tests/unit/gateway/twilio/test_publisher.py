"""A webhook waits for Kafka's word so long and no longer: then Twilio is told to come again, and it is counted."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from services.gateway.twilio.publisher import ACK_SECONDS, NotPublished, Publisher
from services.gateway.twilio.webhooks import Inbound, Receipt
from services.kernel.adapters.kafka import KafkaError, Producer
from services.kernel.clock import SystemClock

TWILIO_WAITS_SECONDS = 15.0
RECEIPT = Receipt(sid="SM1", status="sent", error_code=None, notification_id=None, attempt=None, token=None)
INBOUND = Inbound(sid="SM2", from_number="+15005550101", to_number="+15005550102", body="ok")


def count(registry: CollectorRegistry, kind: str, outcome: str) -> float | None:
    return registry.get_sample_value("outage_gateway_webhooks_total", {"kind": kind, "outcome": outcome})


@pytest.mark.parametrize(("fact", "kind"), [(RECEIPT, "receipt"), (INBOUND, "inbound")])
async def test_a_broker_that_takes_the_connection_and_says_nothing_holds_no_webhook(
    fact: Receipt | Inbound, kind: str
) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    producer, registry = Producer(f"{host}:{port}"), CollectorRegistry()
    publisher = Publisher(producer, SystemClock(), b"k" * 16, registry, ack_seconds=0.2)
    async with asyncio.timeout(10):
        with pytest.raises((NotPublished, KafkaError)):
            await publisher(fact)
    assert count(registry, kind, "too-slow") == 1
    assert count(registry, kind, "published") == 0
    await producer.stop()
    server.close()


def test_the_answer_comes_well_before_twilio_gives_up() -> None:
    assert ACK_SECONDS * 2 < TWILIO_WAITS_SECONDS
