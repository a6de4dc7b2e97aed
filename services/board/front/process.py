"""Run a front: follow the renderer, and serve what stands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from typing import Final

import structlog
import uvicorn

from services.board.front.addresses import AddressLimit, Trusted
from services.board.front.app import Front
from services.board.front.holding.following import CURES, LOOK_SECONDS, Follower
from services.board.front.holding.sources import SnapshotSource
from services.board.front.looking_up import LookUp
from services.board.front.metrics import FrontMetrics
from services.board.front.operators import OperatorTokens
from services.board.process import Surroundings
from services.board.settings import FrontSettings
from services.board.snapshot.store import SnapshotStore
from services.board.utility import Utility
from services.kernel.observing.every import every
from services.kernel.running.http_server import PatientProtocol

log = structlog.get_logger(__name__)

OPERATORS_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 60.0
"""So long a front that has nothing to show counts as not started; then its page with the hotline is better than none."""

GRACEFUL_SECONDS: Final = 2
TRIES_PER_MINUTE: Final = 30.0
"""Wrong tokens of one address."""


class _Server(uvicorn.Server):
    """Ends when its process says so; uvicorn's own takes the signals for itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them to the process."""
        yield


class FrontProcess:
    """Everything one front holds."""

    def __init__(
        self,
        settings: FrontSettings,
        source: SnapshotSource,
        utility: Utility,
        around: Surroundings,
    ) -> None:
        clock, health, telemetry = around.clock, around.health, around.telemetry
        copy = SnapshotStore(settings.board_copy, keep=2) if settings.board_copy is not None else None
        self.follower = Follower(source, clock, copy)
        self._clock, self._health = clock, health
        self._operators = OperatorTokens(settings.board_operators)
        self._metrics = FrontMetrics(telemetry.registry)
        self.front = Front(
            self.follower,
            utility,
            self._metrics,
            look_up=LookUp(
                AddressLimit(settings.board_places_per_minute, clock),
                AddressLimit(settings.board_points_per_minute, clock),
            ),
            operators=self._operators,
            tries=AddressLimit(TRIES_PER_MINUTE, clock),
            trusted=trusted(settings.board_proxies),
        )
        self._config = uvicorn.Config(
            self.front,
            host=settings.http_host,
            port=settings.board_port,
            http=PatientProtocol,
            ws="none",
            lifespan="off",
            proxy_headers=False,
            server_header=False,
            limit_concurrency=settings.board_connections,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
        self.server: uvicorn.Server = _Server(self._config)
        self._began = clock.monotonic()
        self._complained = False

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        found: int = self.server.servers[0].sockets[0].getsockname()[1]
        return found

    async def run(self) -> None:
        """Until cancelled; then what is under way is finished, for GRACEFUL_SECONDS at most."""
        self._health.starting("the first snapshot")
        await self.follower.begin()
        serving = asyncio.create_task(self.server.serve())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(every(LOOK_SECONDS, self._look))
                group.create_task(every(OPERATORS_SECONDS, self._operators.refresh))
                group.create_task(_watch(serving))
        finally:
            self.server.should_exit = True
            await asyncio.shield(serving)

    async def _look(self) -> None:
        try:
            outcome: str = await self.follower.look()
        except CURES as error:
            outcome = "failed"
            if not self._complained:
                log.warning(
                    "the renderer cannot be followed: pages stay, and grow old", reason=str(error) or repr(error)
                )
        self._complained = outcome == "failed"
        self._tell(outcome)

    def _tell(self, outcome: str) -> None:
        site, freshness = self.follower.site, self.follower.freshness
        as_of = site.standing.as_of.timestamp() if site is not None else 0.0
        self._metrics.looked(outcome, freshness.age(), as_of)
        if site is not None or self._clock.monotonic() - self._began > PATIENCE_SECONDS:
            self._health.started()
        self._health.remark(
            "snapshot", None if site is not None else "no snapshot yet: every page says to call the hotline"
        )
        old = f"facts on the pages are {freshness.age():.0f} s old: the banner stands over them"
        self._health.remark("stale", old if freshness.stale else None)
        away = "it does not answer: pages stay, and grow old"
        self._health.dependency("renderer", ok=outcome != "failed", detail=away, optional=True)


async def _watch(serving: asyncio.Task[None]) -> None:
    """Raise where the server ends though nobody asked it to."""
    await asyncio.shield(serving)
    raise RuntimeError("the front's server ended by itself")


def trusted(networks: str) -> Trusted:
    """The networks of a setting."""
    return tuple(ip_network(one) for one in filter(None, (part.strip() for part in networks.split(","))))
