"""Put the gateway together: what providers call us with onto outage.receipts, dispatch over HTTP onto outage.dispatch.

The webhooks need Kafka and nothing else; only /v1/events needs the gateway's table. Each has a producer of its own, so
that trouble of one does not stop the other.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from schemas.contracts import dispatch
from services.gateway.dispatch import openapi, spoken, taken
from services.gateway.dispatch.answers import Reason, problem
from services.gateway.dispatch.endpoint import Events
from services.gateway.dispatch.intake import WORKERS, Intake
from services.gateway.dispatch.known_lines import KnownLines, follow
from services.gateway.dispatch.tokens import Tokens
from services.gateway.settings import NO_DATABASE, GatewaySettings
from services.gateway.sms_gateway.pushes import UplinkDoor
from services.gateway.twilio.publisher import Publisher
from services.gateway.twilio.webhooks import routes
from services.kernel.adapters.connection import KnownTypes
from services.kernel.observing.every import every
from services.kernel.observing.health import Health
from services.kernel.observing.probes import KafkaProbe, PostgresProbe, Probe, notice_a_dead_peer
from services.kernel.observing.telemetry import Telemetry
from services.kernel.running.boot import begin_log, boot
from services.kernel.running.http_server import OrderlyServer, PatientProtocol
from services.kernel.running.pools import put_right
from services.kernel.running.world import REAL, World
from services.kernel.warp import clock_from

log = structlog.get_logger(__name__)

TOKENS_SECONDS = 1.0
STATEMENT_SECONDS = 10.0


class Gateway:
    """Everything one gateway process holds."""

    def __init__(self, settings: GatewaySettings, *, world: World = REAL) -> None:
        self.settings = settings
        self._world = world
        self.clock = world.clock(settings)
        self.health = Health(self.clock)
        self.telemetry = Telemetry("gateway", known_types=spoken.TYPES, revision=settings.revision)
        self.health_server = world.health_server(self.health, self.telemetry, settings)
        self.tokens = Tokens(settings.gateway_tokens)
        self._receipts, self._dispatch = world.producer(settings), world.producer(settings)
        words = {"search_path": taken.SCHEMA, "application_name": "outage-gateway"}
        words |= {"role": settings.postgres_role} if settings.postgres_role else {}
        # Ready while Kafka answers for the topic that events go to; the webhooks need nothing else.
        topic = [(dispatch.TOPIC, 0)]
        self._probes: list[Probe] = [KafkaProbe(world.reader(settings), lambda: topic, self.health, self.telemetry)]
        if settings.postgres != NO_DATABASE:
            self._probes.append(PostgresProbe(settings.postgres, words, self.health, self.telemetry, optional=True))
        # No connection is made before the first event: the webhooks run without a database.
        self._pool = asyncpg.create_pool(
            settings.postgres,
            min_size=0,
            max_size=WORKERS + 1,
            timeout=STATEMENT_SECONDS,
            command_timeout=STATEMENT_SECONDS,
            connection_class=KnownTypes,
            init=notice_a_dead_peer,
            reset=put_right,
            server_settings=words,
        )
        self._known = KnownLines()
        self._intake = Intake(self._pool, self._dispatch, self.clock, self.health)
        self.events = Events(
            tokens=self.tokens,
            intake=self._intake,
            clock=self.clock,
            rate=settings.gateway_rate,
            registry=self.telemetry.registry,
            known=self._known,
        )

    def application(self) -> Starlette:
        """The ASGI application, with everything it needs in its lifespan."""
        key = self.settings.index_key.get_secret_value().encode()
        publisher = Publisher(self._receipts, self.clock, key, self.telemetry.registry)
        webhooks = routes(tokens=self.settings.tokens(), public_url=self.settings.public_url, publish=publisher)
        return Starlette(
            routes=[
                *webhooks,
                *self._pushes(publisher),
                Route("/v1/events", self.events.post, methods=["POST"]),
                Route("/v1/openapi.json", _document, methods=["GET"]),
                Route("/healthz/live", self._live),
                Route("/healthz/ready", self._ready),
            ],
            lifespan=self._lifespan,
            exception_handlers={HTTPException: _as_problem},
        )

    def _pushes(self, publisher: Publisher) -> list[Route]:
        """Where an HTTP gateway for texts pushes what customers sent; none where its account is not set."""
        account, secret = self.settings.sms_gateway_account, self.settings.sms_gateway_secret
        if account is None or secret is None:
            return []
        known = (account, secret.get_secret_value(), self.settings.public_url)
        return UplinkDoor(*known, publisher.uplinks, self.clock.wall).routes()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self.health.dependency("kafka", ok=False, detail="not asked yet")
        await self.health_server.start()
        async with self._pool, self._intake:
            tasks: list[asyncio.Task[None]] = [asyncio.create_task(every(TOKENS_SECONDS, self._look_at_tokens))]
            tasks += [asyncio.create_task(probe.run()) for probe in self._probes]
            tasks.append(asyncio.create_task(follow(self._known, lambda: self._world.reader(self.settings))))
            self.health.started()
            log.info("started", tokens=len(self.tokens))
            yield
            self.health.draining()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(self._receipts.stop(), self._dispatch.stop())
        await self.health_server.stop()

    def _look_at_tokens(self) -> None:
        """A mounted Secret changes under a running process."""
        if self.tokens.refresh():
            self.events.buckets.keep(self.tokens.names)
        self.events.metrics.tokens.set(len(self.tokens))
        self.events.metrics.token_file.set(0 if self.tokens.problem else 1)
        # Optional: the provider's webhooks have a key of their own and must go on being taken.
        self.health.dependency("token file", ok=not self.tokens.gone, detail=self.tokens.problem or "", optional=True)

    async def _live(self, _: Request) -> Response:
        return _word(not self.health.live())

    async def _ready(self, _: Request) -> Response:
        return _word(not self.health.ready())


def _word(ok: bool) -> Response:  # noqa: FBT001 - reads as a sentence
    """Reasons stand on the health server, which is not open to the world."""
    return PlainTextResponse("ok" if ok else "no", 200 if ok else 503)


async def _document(_: Request) -> Response:
    return Response(openapi.text(), media_type="application/json")


async def _as_problem(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    reason: Reason = "method-not-allowed" if status == 405 else "not-found"  # noqa: PLR2004 - HTTP's word
    headers = error.headers if isinstance(error, HTTPException) else None
    remedy = "POST events to /v1/events; /v1/openapi.json describes it"
    return problem(status if status == 405 else 404, reason, "there is no such thing here", remedy, headers=headers)  # noqa: PLR2004 - HTTP's word


def config(gateway: Gateway) -> uvicorn.Config:
    """How the gateway is served."""
    settings = gateway.settings
    return uvicorn.Config(
        gateway.application(),
        host=settings.http_host,
        port=settings.gateway_port,
        http=PatientProtocol,
        limit_concurrency=settings.gateway_connections,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=10,
    )


def run() -> None:
    """Run one gateway process."""
    boot(_begin, _serve)


def _begin() -> GatewaySettings:
    settings = GatewaySettings.load()
    begin_log("gateway", settings, clock_from(settings.clock_file))
    return settings


async def _serve(settings: GatewaySettings) -> None:
    # Made within the loop: the pool belongs to it.
    await OrderlyServer(config(Gateway(settings))).serve()
