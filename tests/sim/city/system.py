"""Run the services of one utility as nodes of a simulation, start again what dies, and let its time pass."""

from collections.abc import Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import services.notifier.app
import services.planner.app
import services.restorer.app
from devstack.system import PARTITIONS, SERVICES
from devstack.twilio.config import SAMPLE_ACCOUNT, SAMPLE_SENDER, SAMPLE_TOKEN
from schemas.contracts.all_types import COMPACTED, TOPICS
from services.gateway.settings import GatewaySettings
from services.kernel.model import Service
from services.kernel.running.boot import EX_CONFIG, EX_SOFTWARE
from services.kernel.running.main import folders
from services.kernel.running.runner import Process
from services.notifier.domain.provider.port import SendRequest
from services.notifier.sending.providers.one_shot import Connect
from services.notifier.settings import NotifierSettings
from services.planner.settings import PlannerSettings
from services.policy.calendar import WorkingCalendar
from services.policy.model import Policy
from services.policy.settings import PolicySettings
from services.restorer.settings import RestorerSettings
from tests.kits.stack.databases import as_role
from tests.sim.broker import Broker
from tests.sim.city.machine import START, Machine
from tests.sim.city.provider import (
    GATEWAY,
    PROVIDER_URL,
    PUBLIC_URL,
    TWILIO,
    NotingProvider,
    Provider,
    noting,
    run_gateway,
    token_file,
)
from tests.sim.city.second_provider import SMS_GATEWAY, BothProviders, NotingGateway
from tests.sim.engine.loop import SimLoop
from tests.sim.engine.nodes import Node
from tests.sim.judging.promises.figures import STANDARD, Figures
from tests.sim.judging.promises.noticed import KEY
from tests.sim.judging.promises.owed import CREW, FAULT
from tests.sim.judging.promises.ruled import History, Version
from tests.sim.judging.storms import WrongClock
from tests.sim.net.connector import ProviderConnector
from tests.sim.net.network import Host, Network

VAULT_KEY = "c2ltdWxhdGVkIGtleSBvZiBhIHZhdWx0IDMyIGJ5dGU="
INDEX_KEY = "simulated-index-key"
PARTS = (*SERVICES, GATEWAY)
"""What the utility runs."""
AGAIN_SECONDS = 0.5
"""After so long whoever died is started again."""
BACK_OFF_SECONDS = 5.0
"""And who ended because something is wrong: that is rarely better after a moment."""


class SimSystem:
    """Planner, restorer, notifier and gateway over one broker, one database and one provider. Made outside all nodes.

    `folder`: where the provider keeps its journals.
    """

    def __init__(self, loop: SimLoop, postgres: str, folder: Path, *, two_providers: bool = False) -> None:
        self.loop, self.postgres = loop, postgres
        chance = Random(f"{loop.seed}/broker")
        self.broker = Broker(chance, wall=self.now, delay=lambda: chance.uniform(0.0005, 0.005))
        self.network = Network(
            Random(f"{loop.seed}/network"), say=lambda what: loop.trace.say(loop.time(), "network", what)
        )
        self.provider = BothProviders(loop, folder) if two_providers else Provider(loop, folder)
        self._tokens = token_file(folder)
        self._around = copy_context()
        self.machines: dict[str, Machine] = {}
        self.exits: list[tuple[str, int]] = []
        """Processes that ended by themselves, with their exit codes."""
        self.restarts = 0
        self.held: set[str] = set()
        """Services that are not started again when they die."""
        self.more: dict[str, Mapping[str, Any]] = {}
        """By service, settings that are not everybody's, from its next start on."""
        self.needs: Mapping[str, Mapping[str, Any]] = {}
        """By service, the same of this story, from the first start on."""
        self._ahead = 0.0
        self._wrong: dict[str, float] = {}
        self.wrong_clocks: list[WrongClock] = []
        """Those that were right again."""
        self.rules = History([_version(STANDARD, self.now())])
        # First, so that whoever starts again is another host of its name.
        loop.at_kill.append(lambda node: self.network.killed(node.name))
        loop.at_kill.append(self._killed)

    def start(self, names: Sequence[str] = (TWILIO, *PARTS)) -> None:
        """Make the topics and start these."""
        if isinstance(self.provider, BothProviders):
            names = (SMS_GATEWAY, *names)
        for topic in TOPICS:
            self.broker.create(topic, PARTITIONS, broker_time=True, compacted=topic in COMPACTED)
        for name in names:
            self._start(name)

    @property
    def unready(self) -> dict[str, list[str]]:
        """Who is not ready, and why."""
        return {name: list(machine.unready) for name, machine in self.machines.items() if machine.unready}

    def node(self, name: str) -> Node:
        """The node on which a part runs now."""
        return self.machines[name].node

    def workers(self, name: str) -> list[Node]:
        """All nodes of a service that live, the first one first."""
        return [node for node in self.loop.nodes if node.alive and node.name in (name, f"{name}-1")]

    def now(self) -> datetime:
        """What an exact clock shows."""
        return START + timedelta(microseconds=round((self.loop.time() + self._ahead) * 1_000_000))

    def jump(self, ahead: timedelta) -> None:
        """Let time pass for everybody while nothing happens, as if all had slept."""
        self._ahead += ahead.total_seconds()
        for node in self.loop.nodes:
            node.ahead += ahead.total_seconds()

    def wrong_clock(self, name: str, seconds: float) -> Callable[[], None]:
        """Set the clock of the machine `name` so far ahead, whoever runs there; what sets it right again."""
        since = self.now()

        def stands(wrong: float) -> None:
            self.node(name).ahead += wrong - self._wrong.get(name, 0.0)
            self._wrong[name] = wrong

        def right() -> None:
            stands(0.0)
            self.wrong_clocks.append(WrongClock(name, since, self.now(), timedelta(seconds=abs(seconds))))

        stands(seconds)
        return right

    def _killed(self, node: Node) -> None:
        name = node.name
        if name not in self.machines or self.machines[name].node is not node or name in self.held:
            return
        if node.exit_code is not None:
            self.exits.append((name, node.exit_code))
        if node.exit_code == EX_CONFIG:
            return
        self.restarts += 1
        seconds = BACK_OFF_SECONDS if node.exit_code == EX_SOFTWARE else AGAIN_SECONDS
        self.loop.call_later(seconds, self._start, name, context=self._around)

    def release(self, name: str) -> None:
        """Start a service that was held."""
        self.held.discard(name)
        self._start(name)

    def _start(self, name: str) -> None:
        self.machines[name] = machine = self._machine(name)
        self.loop.spawn(machine.node, self._run(name, machine), name)

    def _machine(self, name: str) -> Machine:
        node = self.loop.node(name)
        node.ahead = self._ahead + self._wrong.get(name, 0.0)
        return Machine(self.loop, node, self.broker.link(name), self.network.host(name))

    def second(self, name: str) -> None:
        """Start another worker of a service beside the first. Nothing befalls it."""
        machine = self._machine(f"{name}-1")
        self.loop.spawn(machine.node, self._run(name, machine, 1), machine.node.name)

    async def _run(self, name: str, machine: Machine, number: int = 0) -> None:
        if name == TWILIO:
            await self.provider.run(machine)
            return
        if name == SMS_GATEWAY and isinstance(self.provider, BothProviders):
            await self.provider.run_second(machine)
            return
        own = {**self.needs.get(name, {}), **self.more.get(name, {})}
        values = {**_values(name, as_role(self.postgres, f"outage_{name}"), number), **own}
        if name == "notifier" and isinstance(self.provider, BothProviders):
            values |= self.provider.values()
        if name == GATEWAY:
            await run_gateway(machine, _Gateway(**values, gateway_tokens=self._tokens))
            return
        build, settings_type, extra = _SERVICES[name]
        rules = self.rules.newest
        self.rules.began.append((name, machine.node.name, self.now(), rules))
        settings = settings_type(**values, figures=rules.figures, sending=_Ways(self, machine.host))
        service = build(settings)
        machine.process = Process(service, settings, folders=folders(name), world=machine)
        machine.health = machine.process.health.ready
        await machine.process.run(extra)

    def change_rules(self, figures: Figures) -> None:
        """Whoever is started from now on has another version of the policy and of the calendar."""
        self.rules.versions.append(_version(figures, self.now()))

    def service_of(self, name: str) -> Service:
        """A service's code under the settings of the simulation, as its processes have it when they start now."""
        build, settings_type, _ = _SERVICES[name]
        values = {**_values(name, "postgres://nobody"), **self.needs.get(name, {})}
        made: Service = build(settings_type(**values, figures=self.rules.newest.figures))
        return made

    def sender(self, name: str) -> NotingProvider:
        """What the notifier on the node `name` sends with."""
        settings = _Notifier(**_values("notifier", self.postgres))
        return _Ways(self, self.network.host(name)).by_twilio(super(_Notifier, settings).provider)


class _Ways:
    """How a notifier on `host` reaches its providers: each request is noted as it is written."""

    def __init__(self, system: SimSystem, host: Host) -> None:
        self._system, self._host = system, host

    def by_twilio(self, provider: Callable[[Connect], Any]) -> NotingProvider:
        return noting(provider(self.connector), self.note)

    def connector(self) -> ProviderConnector:
        return ProviderConnector(self._host)

    def note(self, request: SendRequest, *_: object) -> None:
        self._system.provider.note(request, self._system.now())


def _values(name: str, postgres: str, number: int = 0) -> dict[str, Any]:
    return {
        "kafka": "kafka.sim:9092",
        "postgres": postgres,
        "instance": f"{name}-{number}",
        "hotline": "95598",
        "vault_key": VAULT_KEY,
        "index_key": INDEX_KEY,
        "twilio_account_sid": SAMPLE_ACCOUNT,
        "twilio_auth_token": SAMPLE_TOKEN,
        "twilio_from": SAMPLE_SENDER,
        "twilio_url": PROVIDER_URL,
        "public_url": PUBLIC_URL,
        "sms_per_second": 200,
        "sms_quiet_seconds": 3,
        "sms_resolve_seconds": 0.5,
        "poll_seconds": 0.2,
    }


@cache
def _read(
    figures: Figures, approve_above: int | None, handset_most: int | None, counted_by: tuple[str, ...] | None
) -> tuple[Policy, WorkingCalendar]:
    """Read once for all runs: the file does not change. What is given besides stands in the place of its own figures."""
    policy, calendar = PolicySettings(kafka="k:1", postgres="postgres://s").rules()
    if approve_above is not None:
        policy = replace(policy, settings=replace(policy.settings, approve_above=approve_above))
    if handset_most is not None:
        telling = replace(policy.settings.telling, handset_most=handset_most)
        policy = replace(policy, settings=replace(policy.settings, telling=telling))
    if counted_by is not None:
        public = replace(policy.settings.public_notice, counted_by=counted_by)
        policy = replace(policy, settings=replace(policy.settings, public_notice=public))
    calendar = WorkingCalendar(policy.settings.country, calendar.zone.key, closures=figures.closures)
    if not figures.name:
        return policy, calendar
    amounts = {CREW: figures.crew_minutes, FAULT: figures.fault_hours, KEY: figures.key_days}
    changed = {name: replace(policy.rules[name], amount=Decimal(amount)) for name, amount in amounts.items()}
    return replace(policy, version=f"{policy.version}-{figures.name}", rules={**policy.rules, **changed}), calendar


def _version(figures: Figures, since: datetime) -> Version:
    policy, calendar = _read(figures, None, None, None)
    return Version(figures, policy.version, calendar.version, since)


class _AsToldHere:
    """Settings are what the simulation says, whatever the environment holds; and made in a fiftieth of the time."""

    @classmethod
    def settings_customise_sources(cls, *_: Any, init_settings: Any, **__: Any) -> tuple[Any]:
        return (init_settings,)


class _Gateway(_AsToldHere, GatewaySettings):
    pass


class _Quick(_AsToldHere, PolicySettings):
    """Settings whose policy file is read once. `sending`: makes the provider of whom they are for.

    `approve_above`, `handset_most`, `counted_by`: what of the policy a story needs otherwise.
    """

    figures: Any = STANDARD
    sending: Any = None
    approve_above: Any = None
    handset_most: Any = None
    counted_by: Any = None

    def rules(self) -> tuple[Policy, WorkingCalendar]:
        return _read(self.figures, self.approve_above, self.handset_most, self.counted_by)


class _Planner(PlannerSettings, _Quick):
    pass


class _Restorer(RestorerSettings, _Quick):
    pass


class _Notifier(NotifierSettings, _Quick):
    def provider(self, connector: Any = None) -> Any:
        del connector
        return self.sending.by_twilio(super().provider)

    def gateway(self, wall: Any, connector: Any = None) -> Any:
        del connector
        if self.sms_gateway_url is None:
            return None
        made = NotingGateway(
            url=self.sms_gateway_url,
            account=self.sms_gateway_account or "",
            secret=self.sms_gateway_secret.get_secret_value() if self.sms_gateway_secret else "",
            signature=self.sms_gateway_signature or "",
            wall=wall,
            connector=self.sending.connector,
        )
        made.note = self.sending.note
        return made


_SERVICES: dict[str, tuple[Any, Any, Any]] = {
    "planner": (services.planner.app.build, _Planner, services.planner.app.watch),
    "restorer": (services.restorer.app.build, _Restorer, services.restorer.app.work),
    "notifier": (services.notifier.app.build, _Notifier, services.notifier.app.send),
}
