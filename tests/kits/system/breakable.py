"""Run the whole system for tests that break it: what it is told, what killed it, when it is idle, what the audit says."""

import asyncio
import contextlib
import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp

from connectors.registry.entry import RegistryEntry
from devstack.player import Visitor
from devstack.processes.supervisor import Child
from devstack.servers.postgres import NO_DISK
from devstack.system import SERVICES
from operations.audit.report import Report
from operations.audit.run import run_audit
from operations.system.location import Where, find
from schemas.cloudevent import CloudEvent
from schemas.contracts import dispatch
from schemas.contracts.all_types import TYPE_OF
from services.kernel.clock import Clock
from services.kernel.warp import clock_from
from services.notifier.tables.vault import Vault
from tests.kits.system.load import Said
from tests.kits.system.quick import Quick


class Breakable(Quick):
    """A system whose services may be told to die at a checkpoint, once; it remembers how each of them ended.

    The machine does not die here, so its PostgreSQL waits for no disk.
    """

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, postgres_settings=NO_DISK, **more)
        self.exits: list[tuple[str, int | None]] = []

    def environment(self, name: str) -> dict[str, str]:
        """What a service is started with, the place of its death plan included."""
        return super().environment(name) | {"OUTAGE_DIE_AT": f"@{self._plan(name).absolute()}"}

    def _plan(self, name: str) -> Path:
        return self.folder / f"{name}.dies-at"

    def _died(self, name: str, child: Child) -> None:
        if not self._closing:
            self.exits.append((name, child.returncode))
        super()._died(name, child)

    def running(self, name: str) -> bool:
        """Whether the service's process is there."""
        return self._children[name].running

    def doom(self, plans: dict[str, str]) -> None:
        """Each of these services dies by SIGKILL when it passes a step for the n-th time from now on."""
        for name, plan in plans.items():
            fresh = self._plan(name).with_suffix(".new")
            fresh.write_text(plan, encoding="utf-8")
            fresh.replace(self._plan(name))


class Told(Visitor):
    """A running system from outside, by its addresses alone: tells it facts, waits for it, audits it."""

    def __init__(self, where: Where) -> None:
        super().__init__()
        self.where = where
        self.clock: Clock = clock_from(where.clock_file)
        self.sent = 0

    async def _open(self) -> None:
        await self._connect(self.where.need_kafka(), self.where.need_postgres())

    async def __aexit__(self, *_: object) -> None:
        # A producer flushes before it stops, and may have nobody left to flush to.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(3):
                await super().__aexit__()

    async def register(self, entries: Sequence[RegistryEntry]) -> None:
        """Key customers onto their topic, their numbers into the vault; waits until the notifier knows them."""
        await self.introduce(entries, Vault.from_text(self.where.need_vault_key()))
        await self.idle.wait()

    def events(self, told: Iterable[Said]) -> list[CloudEvent]:
        """Facts as events of one dispatch system, numbered in the order in which this is asked."""
        made = []
        for said in told:
            self.sent += 1
            id_, type_ = f"{self.sent:05}", TYPE_OF[type(said.fact)]
            made.append(CloudEvent(source="/dispatch/east", id=id_, type=type_, time=said.at, data=said.fact))
        return made

    async def tell(self, *facts: dispatch.Fact) -> None:
        """Facts said now, without waiting for what follows."""
        await self.publish(self.events(Said(self.clock.now(), fact) for fact in facts))

    async def pump(self, events: Sequence[CloudEvent], every: timedelta = timedelta(seconds=0.2)) -> None:
        """Publish each event when its time has come."""
        waiting = list(events)
        while waiting:
            now = self.clock.now()
            due = [event for event in waiting if event.time <= now]
            if due:
                await self.publish(due)
                del waiting[: len(due)]
            await asyncio.sleep(every.total_seconds())

    async def rests(self, seconds: float, ahead: timedelta = timedelta(seconds=30)) -> None:
        """Wait until there is nothing to do, and nothing falls due in the next while either: time to look at how all ended.

        Idle alone says it of an instant. "Power is back" settles for 20 s, and would be said while somebody looks.

        Raises:
            NeverIdle: it was not idle within `seconds`, at first or after something fell due.

        """
        await self.idle.wait(seconds)
        while (moment := await self.idle.next_moment(self.clock.now() + ahead)) is not None:
            await asyncio.sleep(max(0.0, (moment - self.clock.now()).total_seconds()))
            await self.idle.wait(seconds)

    async def audit(self) -> Report:
        """The product's own proof, topics included."""
        return await run_audit(self.where, SERVICES, with_kafka=True)

    async def messages(self) -> list[dict[str, Any]]:
        """Every message that the provider ever created, without list lag."""
        found: list[dict[str, Any]] = await simulator(self.where, "GET", "messages")
        return found


def told(folder: Path) -> Told:
    """The system whose data lie in a folder."""
    return Told(find(folder, {}))


def faults_of(report: Report) -> dict[str, list[str]]:
    """What an audit found, by check."""
    return {f"{check.service}: {check.claim}": check.faults for check in report.checks if not check.passed}


async def simulator(where: Where, method: str, path: str, body: Any = None) -> Any:
    """One call of the Twilio simulator's own control."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{where.twilio_url}/_sim/{path}", json=body) as answer,
    ):
        assert answer.status == 200, await answer.text()
        return json.loads(await answer.read())
