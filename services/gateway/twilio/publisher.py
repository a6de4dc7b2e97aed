"""Publish what providers call us with to outage.receipts; nothing is kept, and only what Kafka has is acknowledged."""

import asyncio
from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter

from schemas.cloudevent import CloudEvent, KafkaMessage, to_kafka
from schemas.contracts import receipts
from schemas.contracts.receipts import InboundReceived, ReceiptReceived
from services.gateway.twilio.blind_index import blind_index
from services.gateway.twilio.webhooks import Inbound, Receipt
from services.kernel.adapters.away import BROKER
from services.kernel.adapters.kafka import Produce
from services.kernel.adapters.ports import RecordProducer
from services.kernel.clock import Clock
from services.kernel.observing.masking import mask_all
from services.sms_gateway.uplinks import Uplink, fact_of

ACK_SECONDS = 5.0
"""How long a webhook waits for Kafka's word: Twilio gives up after 15 s, and comes again sooner when it is told so."""


class NotPublished(Exception):
    """Kafka did not acknowledge; Twilio is told to come again."""


class Publisher:
    """Puts webhooks on outage.receipts; returns once Kafka has acknowledged."""

    def __init__(
        self,
        producer: RecordProducer,
        clock: Clock,
        index_key: bytes,
        registry: CollectorRegistry,
        *,
        ack_seconds: float = ACK_SECONDS,
    ) -> None:
        self._producer = producer
        self._clock = clock
        self._key = index_key
        self._ack_seconds = ack_seconds
        self._counted = Counter(
            "outage_gateway_webhooks_total",
            "Genuine webhooks by what became of them: published, refused or too-slow (both were answered 503)",
            ("kind", "outcome"),
            registry=registry,
        )
        for kind in ("receipt", "inbound"):
            for outcome in ("published", "refused", "too-slow"):
                self._counted.labels(kind, outcome)

    async def __call__(self, item: Receipt | Inbound) -> None:
        """Publish one webhook.

        Raises:
            NotPublished: Kafka is away, or said nothing in time.

        """
        now = self._clock.now()
        if isinstance(item, Receipt):
            data: ReceiptReceived | InboundReceived = ReceiptReceived(
                provider="twilio",
                provider_sid=item.sid,
                status=item.status,
                error_code=item.error_code,
                message_id=item.notification_id,
                attempt=item.attempt,
                received_at=now,
            )
            # What we heard is the fact, each time: Twilio's retry says the same at another instant, and must be no alarm.
            event_id, type_ = f"{item.sid}/{item.status}/{now.isoformat()}", "receipt.received.v1"
        else:
            data = InboundReceived(
                provider="twilio",
                provider_sid=item.sid,
                from_index=blind_index(item.from_number, self._key),
                body=mask_all(item.body),
                received_at=now,
                opt_out=item.opt_out,
            )
            event_id, type_ = f"{item.sid}/{now.isoformat()}", "inbound.received.v1"
        message = to_kafka(CloudEvent(source="/twilio", id=event_id, type=type_, time=now, data=data), receipts.TOPIC)
        await self._publish("receipt" if isinstance(item, Receipt) else "inbound", [message])

    async def uplinks(self, uplinks: Sequence[Uplink]) -> None:
        """Publish texts that another provider pushed, all of them or none that it is told of.

        Raises:
            NotPublished: Kafka is away, or said nothing in time.

        """
        await self._publish("inbound", [fact_of(one, blind_index(one.mobile, self._key)) for one in uplinks])

    async def _publish(self, kind: str, messages: Sequence[KafkaMessage]) -> None:
        if not messages:
            return
        now = self._clock.now()
        try:
            async with asyncio.timeout(self._ack_seconds):
                sent = await self._producer.send(
                    [Produce(one.topic, one.key, one.value, one.headers, now) for one in messages]
                )
        except TimeoutError:
            self._counted.labels(kind, "too-slow").inc(len(messages))
            # What still lies in the producer may go out yet: the retry is another fact, or the same, and does no harm beside it.
            raise NotPublished(f"Kafka said nothing within {self._ack_seconds:g} s") from None
        except BROKER:
            self._counted.labels(kind, "refused").inc(len(messages))
            raise
        if not all(sent):
            self._counted.labels(kind, "refused").inc(len(messages))
            raise NotPublished("Kafka did not acknowledge")
        self._counted.labels(kind, "published").inc(len(messages))
