"""Run everything that sends over two providers, Twilio and an HTTP gateway, on a real PostgreSQL and real sockets.

`python -m tests.kits.stack.two_providers DSN TWILIO GATEWAY STEP:N [SECONDS]` is such a process that is killed at a step.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from devstack.sms_gateway.config import GatewaySimulatorSettings
from devstack.sms_gateway.simulator import SmsGatewaySimulator
from devstack.twilio.kept.messages import Post
from devstack.twilio.kept.phones import Received
from services.kernel import checkpoints
from services.kernel.clock import SystemClock
from services.kernel.writing.ingest import Ingest
from services.notifier.domain.provider.countries import read_countries
from services.notifier.domain.provider.port import SmsProvider
from services.notifier.sending.providers.sms_gateway import SmsGatewayProvider
from services.notifier.sending.recorder import Recorder
from services.notifier.sending.reports import ReportPuller
from services.notifier.sending.resolver import LookupPace, Resolver
from services.notifier.sending.routing import orphans
from services.notifier.sending.routing.going_on import GoingOn
from services.notifier.sending.routing.orphans import Orphans
from services.notifier.sending.routing.router import Router
from services.notifier.sending.sender import Sender
from services.notifier.tables.vault import Vault
from tests.kits.stack.sending import KEY, POST_SECONDS, PROOF, Office, _tools, office
from tests.kits.stack.sms_gateway import make_gateway
from tests.kits.stack.twilio import make_provider

ROOT = Path(__file__).parents[3]
TWILIO_FIRST = """
[default.providers.twilio]
[default.providers.sms-gateway]
weight = 0
"""
GATEWAY_FIRST = """
[default.providers.sms-gateway]
[default.providers.twilio]
weight = 0
"""
ALONE = "alone"
GIVEN_UP_AFTER = timedelta(seconds=0.5)
QUIET, AGAIN = timedelta(seconds=0.6), timedelta(seconds=1)


def works(
    ingest: Ingest,
    pool: Any,
    clock: SystemClock,
    providers: Sequence[SmsProvider],
    *,
    countries: str = TWILIO_FIRST,
    after: timedelta | None = None,
    **more: Any,
) -> list[Any]:
    """What the notifier runs to send; the policy's rule too where `after` is given."""
    vault = Vault.from_text(KEY)
    pace = LookupPace(timedelta(seconds=0.05), QUIET, timedelta(minutes=10), AGAIN)
    recorder = Recorder(ingest, pool, providers[0].name, clock)
    router = Router(pool, clock, recorder, providers, read_countries(countries), vault)
    found: list[Any] = [router]
    for one in providers:
        sender = Sender(ingest, pool, one, vault, clock, per_second=200.0, proof=PROOF, router=router, **more)
        others = [other for other in providers if other is not one]
        found += [sender, Resolver(sender, pool, one, vault, clock, pace, others)]
        if isinstance(one, SmsGatewayProvider):
            found.append(ReportPuller(pool, one, recorder, clock, timedelta(seconds=0.1)))
    if after is not None:
        rule = {"after": after, "again": AGAIN, "policy": "regime 1", "every_seconds": 0.1}
        found.append(GoingOn(pool, clock, recorder, router, **rule))  # type: ignore[arg-type]
    return found


def gives_up(ingest: Ingest, pool: Any, clock: SystemClock, left: SmsProvider) -> Orphans:
    """What brings attempts of other providers than the one that is left to an end, soon and often."""
    orphans.LOOK_SECONDS = 0.1  # type: ignore[misc] - in a process or a test of its own
    return Orphans(pool, Recorder(ingest, pool, left.name, clock), clock, [left.name], after=GIVEN_UP_AFTER)


@dataclass
class Pair:
    """A notifier's tables, and both providers."""

    office: Office
    gateway: SmsGatewaySimulator
    folder: Path

    def providers(self) -> list[SmsProvider]:
        made = make_gateway(self.gateway.url, total_seconds=POST_SECONDS)
        self.office.exits.push_async_callback(made.close)
        return [self.office.provider(), made]

    def works(self, **more: Any) -> list[Any]:
        return works(self.office.ingest, self.office.pool, self.office.clock, self.providers(), **more)

    @asynccontextmanager
    async def at_work(self, **more: Any) -> AsyncIterator[None]:
        """Everything runs until the block ends."""
        async with self.office.at_work(*self.works(**more)):
            yield

    async def dies_at(
        self, step: str, *, after: float | None = None, seconds: float = 30.0, surely: bool = True, alone: bool = False
    ) -> None:
        """Run it in a process that is killed at the step; unless `surely`, or when `seconds` have passed.

        `alone`: it has the gateway only, and gives up what Twilio may have.
        """
        how = [ALONE] if alone else [str(after)] if after else []
        words = [self.office.dsn, self.office.sim.url, self.gateway.url, step, *how]
        command = [sys.executable, "-m", "tests.kits.stack.two_providers", *words]
        with (self.folder / "killed.log").open("w+") as said:
            process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=said, stderr=said)
            try:
                async with asyncio.timeout(seconds):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()
                assert not surely, f"it never came to {step}; it said: {self._said()}"
            assert process.returncode == -9, f"it ended by itself with {process.returncode}: {self._said()}"

    def _said(self) -> str:
        return (self.folder / "killed.log").read_text()[-3000:]

    async def settled(self) -> None:
        """Nothing is on its way to a handset any more."""
        await self.office.sim.account.delivery.settled()
        await self.gateway.account.settled()

    def handsets(self) -> list[Received]:
        """What came to handsets, by whichever provider."""
        return [*self.office.sim.texts(), *self.gateway.texts()]

    def posts(self, message_id: str) -> tuple[list[Post], list[Post]]:
        """Requests for a text that reached Twilio, and the gateway."""
        return self.office.posts(message_id), [
            one for one in self.gateway.account.book.posts if one.message_id == message_id
        ]


@asynccontextmanager
async def pair(postgres: str, folder: Path) -> AsyncIterator[Pair]:
    """A database of its own, and two simulators."""
    settings = GatewaySimulatorSettings(send_seconds=0.01, deliver_seconds=0.02)
    async with (
        office(postgres, folder / "twilio") as made,
        SmsGatewaySimulator(folder / "sms-gateway", SystemClock(), settings=settings) as gateway,
    ):
        yield Pair(made, gateway, folder)


async def _killed_at(dsn: str, twilio: str, gateway: str, step: str, after: str = "") -> None:
    async with contextlib.AsyncExitStack() as exits:
        clock = SystemClock()
        pool, ingest = await _tools(dsn, clock, exits)
        providers: list[SmsProvider] = [
            make_provider(twilio, total_seconds=POST_SECONDS),
            make_gateway(gateway, total_seconds=POST_SECONDS),
        ]
        alone = after == ALONE
        rule = timedelta(seconds=float(after)) if after and not alone else None
        checkpoints.die_at(step)
        async with asyncio.TaskGroup() as group:
            doing = works(ingest, pool, clock, providers[1:] if alone else providers, after=rule)
            for work in [*doing, *([gives_up(ingest, pool, clock, providers[1])] if alone else [])]:
                group.create_task(work.run(dsn) if isinstance(work, Sender) else work.run())


if __name__ == "__main__":
    asyncio.run(_killed_at(*sys.argv[1:]))
