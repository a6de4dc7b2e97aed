"""The gateway put together: Twilio's webhooks onto outage.receipts. It keeps nothing and answers only for what Kafka has."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Annotated

import uvicorn
from pydantic import Field, SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from schemas import receipts
from schemas.cloudevent import CloudEvent, to_kafka
from schemas.receipts import InboundReceived, ReceiptReceived
from services.gateway.blind_index import blind_index, mask_numbers
from services.gateway.webhooks import Inbound, Receipt, routes
from services.kernel.clock import Clock, clock_from
from services.kernel.kafka import Produce, Producer
from services.kernel.logging import configure
from services.kernel.settings import KernelSettings, SettingsError

EX_CONFIG = 78


class GatewaySettings(KernelSettings):
    """What the gateway reads beside the kernel's settings."""

    postgres: str = "postgresql://not-used"
    twilio_auth_token: Annotated[SecretStr, Field(description="the account's auth token")]
    twilio_auth_token_next: Annotated[
        SecretStr | None, Field(description="the secondary token, while it is changed")
    ] = None
    public_url: Annotated[str, Field(pattern=r"^https?://", description="where Twilio reaches this gateway")]
    index_key: Annotated[
        SecretStr, Field(min_length=16, description="secret of 16 characters or more, for blind indexes")
    ]
    gateway_port: Annotated[int, Field(ge=0, le=65535, description="0 to 65535")] = 8085

    def tokens(self) -> list[str]:
        """Every token that signs webhooks now."""
        both = (self.twilio_auth_token, self.twilio_auth_token_next)
        return [token.get_secret_value() for token in both if token is not None]


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


async def _live(_: Request) -> Response:
    return PlainTextResponse("ok")


def application(settings: GatewaySettings) -> Starlette:
    """The ASGI application."""
    producer = Producer(settings.kafka)
    clock = clock_from(settings.clock_file)
    publisher = Publisher(producer, clock, settings.index_key.get_secret_value().encode())

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await producer.stop()

    webhooks = routes(tokens=settings.tokens(), public_url=settings.public_url, publish=publisher)
    return Starlette(routes=[*webhooks, Route("/healthz/live", _live)], lifespan=lifespan)


def run() -> None:
    """Run one gateway process."""
    try:
        settings = GatewaySettings.load()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - there is no log before there are settings
        sys.exit(EX_CONFIG)
    configure(
        "gateway",
        version("outage-notice"),
        clock_from(settings.clock_file),
        form=settings.log_format,
        level=settings.log_level,
    )
    config = uvicorn.Config(
        application(settings),
        host=settings.http_host,
        port=settings.gateway_port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )
    asyncio.run(uvicorn.Server(config).serve())
