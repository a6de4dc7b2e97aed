"""Twilio's webhooks onto outage.receipts; nothing is kept, and only what Kafka has is answered for."""

from schemas import receipts
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.receipts import InboundReceived, ReceiptReceived
from services.gateway.blind_index import blind_index, mask_numbers
from services.gateway.webhooks import Inbound, Receipt
from services.kernel.clock import Clock
from services.kernel.kafka import Produce, Producer


class NotPublished(Exception):
    """Kafka did not acknowledge; Twilio is told to come again."""


class Publisher:
    """Puts webhooks on outage.receipts; returns once Kafka has acknowledged."""

    def __init__(self, producer: Producer, clock: Clock, index_key: bytes) -> None:
        self._producer = producer
        self._clock = clock
        self._key = index_key

    async def __call__(self, item: Receipt | Inbound) -> None:
        """Publish one webhook.

        Raises:
            NotPublished: Kafka is away.

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
                body=mask_numbers(item.body),
                received_at=now,
            )
            event_id, type_ = f"{item.sid}/{now.isoformat()}", "inbound.received.v1"
        message = to_kafka(CloudEvent(source="/twilio", id=event_id, type=type_, time=now, data=data), receipts.TOPIC)
        sent = await self._producer.send([Produce(message.topic, message.key, message.value, message.headers, now)])
        if not all(sent):
            raise NotPublished("Kafka did not acknowledge")
