"""A database that goes back to the state of some time before, and what its operators do then (docs/operations.md)."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any, Final
from uuid import UUID

import msgspec

from devstack.system import SERVICES
from services.kernel.adapters.away import AWAY
from services.kernel.operating import OperatorDone
from services.kernel.operators.actions import NoDetail
from services.kernel.operators.answering import SQL
from services.kernel.operators.shared_actions import DROP, OneQuarantined
from services.notifier.sending.gates.brake import LANES
from services.notifier.sending.gates.brake_requests import RESUME, Lanes
from services.notifier.sending.reconciling.requests import ERASED_AGAIN, RECONCILE, Reconciling
from tests.sim.city.plan.asking import ask, tables_of
from tests.sim.city.plan.plan import Plan
from tests.sim.city.plan.registering import import_numbers
from tests.sim.city.provider import GATEWAY
from tests.sim.city.stage import Lost, Stage, asked_for
from tests.sim.engine.backup import Backup

NAME: Final = "restored"
WHOLE: Final = (*SERVICES, GATEWAY)
"""One database has the schemas of all, unless each has one of its own."""
TARGETS: Final = (("planner",), ("restorer",), ("notifier",), WHOLE, WHOLE)
LOSES: Final = ("retention", "topic-gone", "topic-replaced")
"""Attacks by which Kafka does not keep what came since the backup."""
LOOK_SECONDS: Final = 0.05
BRAKE: Final = "held_back"
UNTOLD: Final = 1 / 2
"""In so many of the stories nobody tells the notifier that its database went back."""

_SAID_AGAIN: Final = """
select quarantine_id from quarantine
where state = 'open' and reason = 'same-id-other-content' and source like '/outage/%' order by seq
"""


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What these services hold now is kept."""

    at: float
    services: tuple[str, ...]
    about: str = ""

    async def do(self, stage: Stage) -> None:
        """See Act."""
        stage.backup = Backup.take(stage.system.postgres, self.services), stage.system.now()

    def __str__(self) -> str:
        """For a person."""
        return f"a backup is made of {', '.join(self.services)}"


@dataclass(frozen=True, slots=True)
class Restored:
    """The services are stopped at whatever they do, their tables become what the backup holds, and they start again."""

    at: float
    services: tuple[str, ...]
    told: bool = True
    """Whether operators tell the notifier of it (OUTAGE_RESTORED_TO); else it finds out, and they reconcile."""
    about: str = ""

    async def do(self, stage: Stage) -> None:
        """See Act."""
        if stage.backup is None:
            return
        system, (backup, then) = stage.system, stage.backup
        workers = {name: system.workers(name) for name in self.services}
        for name in self.services:
            system.held.add(name)
            for node in workers[name]:
                system.loop.kill(node)
        while not backup.is_free():
            await asyncio.sleep(LOOK_SECONDS)
        before, texts = await _events(stage), await asked_for(stage)
        backup.restore()
        stage.lost = Lost(then, system.now(), texts, before - await _events(stage))
        # The operator's part: the notifier is told how old its database is, and numbers are imported again.
        if "notifier" in self.services:
            if self.told:
                system.more["notifier"] = {"restored_to": then}
            for entry in stage.imported.values():
                await import_numbers(stage, entry)
        for name in self.services:
            system.release(name)
            for _ in workers[name][1:]:
                system.second(name)
        if "notifier" in self.services and not self.told:
            await reconciled(stage)
        if "notifier" in self.services and stage.stopped:
            # The brake is as it was then, whatever was asked since.
            await ask(stage, "notifier", RESUME, msgspec.convert({"lanes": LANES}, Lanes), "as before the restore")
            stage.stopped.clear()
        for look in stage.again:
            await look()

    def __str__(self) -> str:
        """For a person."""
        said = "" if self.told or "notifier" not in self.services else ", and nobody tells the notifier"
        return f"the backup is put back: {', '.join(self.services)}{said}"


def with_restore(plan: Plan) -> Plan:
    """The same story, in which a backup is made while something goes on, and put back seconds or an hour later.

    Kafka keeps all that was said since: a service that finds nothing where it is to read on stops, and a person is asked.
    """
    draw = Random(f"{plan.seed}/restored")
    acts = list(plan.acts().values())
    services = draw.choice(TARGETS)
    first = draw.choice(acts).at + draw.uniform(0, 2)
    then = first + (draw.uniform(1, 12) if draw.random() < 1 / 2 else draw.uniform(1800, 5400))
    # Whoever stops lanes meanwhile finds them stopped: those stories are told as before.
    told = BRAKE in plan.workloads() or Random(f"{plan.seed}/told").random() >= UNTOLD
    parts = {**plan.parts, NAME: (BackedUp(first, services), Restored(then, services, told))}
    return replace(plan, parts=parts, attacks=tuple(one for one in plan.attacks if one.kind not in LOSES))


async def reconciled(stage: Stage) -> None:
    """What operators do where the notifier holds texts because its database went back; nothing where it does not."""
    while any(not _is_sure(stage, name) for name in stage.system.machines if name.startswith("notifier")):
        await asyncio.sleep(LOOK_SECONDS)
    while await _column(stage, "since") is not None:
        for provider in stage.system.provider.names:
            answer = await ask(stage, "notifier", RECONCILE, Reconciling(provider=provider), "after the restore")
            assert isinstance(answer, OperatorDone), answer
            while await _state(stage, answer.result["runId"]) in ("waiting", "walking"):
                await asyncio.sleep(10 * LOOK_SECONDS)
        if await _column(stage, "listed_at") is None:
            continue  # the list could not be had
        await ask(stage, "notifier", ERASED_AGAIN, NoDetail(), "applied again")
        lanes = msgspec.convert({"lanes": LANES}, Lanes)
        resumed = await ask(stage, "notifier", RESUME, lanes, "reconciled")
        assert isinstance(resumed, OperatorDone), resumed
        stage.stopped.clear()


def _is_sure(stage: Stage, name: str) -> bool:
    """Whether the process on this machine has held its log against the topics."""
    process = stage.system.machines[name].process
    service: Any = process.service if process is not None else None
    return service is not None and bool(service.checked.is_set())


async def _column(stage: Stage, name: str) -> datetime | None:
    found: datetime | None = await _asked(stage, f"select {name} from database_restore where over_at is null")
    return found


async def _state(stage: Stage, run_id: str) -> str:
    found: str = await _asked(stage, f"select state from reconciliation where run_id = '{run_id}'")
    return found


async def _asked(stage: Stage, statement: str) -> Any:
    while True:
        try:
            async with tables_of(stage, "notifier") as connection:
                return await connection.fetchval(statement)
        except AWAY:
            await asyncio.sleep(20 * LOOK_SECONDS)


async def _events(stage: Stage) -> frozenset[UUID]:
    rows = [row for log in stage.city.logs.values() for row in await log.fetch("select event_id from event")]
    return frozenset(row["event_id"] for row in rows)


async def drop_what_was_said_again(stage: Stage) -> None:
    """Operators give up what services decided again after the restore, in other words: its first words stand."""
    for log in stage.city.logs.values():
        for row in await log.fetch(_SAID_AGAIN):
            detail = msgspec.json.encode(OneQuarantined(quarantine_id=row["quarantine_id"])).decode()
            words = (stage.city.clock.now(), "night shift", DROP, "said again after the restore", detail)
            number = UUID(int=stage.system.loop.world.random.getrandbits(128))
            await log.execute(SQL["ask"], number, *words)
            while not await log.fetchval("select state <> 'open' from quarantine where quarantine_id = $1", row[0]):
                await asyncio.sleep(LOOK_SECONDS)
    await stage.city.settle()
