"""Put together what sends: for each provider a sender and a resolver, beside them what chooses, pulls reports and reconciles."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from services.kernel.running.runner import Process
from services.notifier.domain.provider.port import SmsProvider
from services.notifier.domain.provider.scheduling import SchedulingProvider
from services.notifier.replying.uplinks import UplinkPuller
from services.notifier.sending.finder import Finder
from services.notifier.sending.followers import Followers
from services.notifier.sending.gates.caught_up import CaughtUpGate
from services.notifier.sending.gates.owner import proof_seconds
from services.notifier.sending.providers.sms_gateway import SmsGatewayProvider
from services.notifier.sending.reconciling.reconciler import Reconciler
from services.notifier.sending.reconciling.restores import RestoreWatch
from services.notifier.sending.recorder import Recorder
from services.notifier.sending.reports import ReportPuller
from services.notifier.sending.resolver import LookupPace, Resolver
from services.notifier.sending.routing.going_on import GoingOn
from services.notifier.sending.routing.orphans import Orphans
from services.notifier.sending.routing.router import Router
from services.notifier.sending.scheduling.waiting import WaitingTexts
from services.notifier.sending.sender import Sender
from services.notifier.settings import NotifierSettings
from services.notifier.tables.vault import Vault
from services.policy.quiet import Nights

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SendingRules:
    """What the service knows of its policy and start. `checked`: set once the log was held against our topics."""

    regime: str
    nights: Nights
    handset_most: int
    """So many texts a telephone has room for in an hour."""
    goes_on_after: timedelta | None
    """For so long a provider may say nothing of a critical text before another sends it; None: for ever."""
    checked: asyncio.Event


class SendingWorks:
    """All that sends in one process."""

    def __init__(self, process: Process, settings: NotifierSettings, gate: CaughtUpGate, rules: SendingRules) -> None:
        self._process, self._settings, self._gate, self._rules = process, settings, gate, rules
        self._providers = settings.providers(process.clock.wall)
        keys = (settings.vault_key, settings.index_key, settings.vault_other_keys)
        self._vault = Vault.from_text(*(key.get_secret_value() for key in keys))
        self._pace = LookupPace.of(settings.sms_resolve_seconds, settings.sms_quiet_seconds)
        self._recorder = Recorder(process.ingest, process.pool, self._providers[0].name, process.clock)
        self._router = Router(
            process.pool, process.clock, self._recorder, self._providers, settings.countries(), self._vault
        )

        if settings.may_double(settings.sms_quiet_seconds):
            log.warning(
                "a lost text may be sent twice: the gateway's list may lag longer than OUTAGE_SMS_QUIET_SECONDS; make that longer, "
                "or say in OUTAGE_SMS_GATEWAY_LAG_SECONDS how late the list is",
                quiet=settings.sms_quiet_seconds,
                lag=settings.sms_gateway_lag_seconds,
            )

    async def close(self) -> None:
        """Gives connections to providers back."""
        for provider in self._providers:
            await provider.close()

    def works(self) -> Iterator[Coroutine[Any, Any, Any]]:
        """Each is to run until it is cancelled."""
        restores = self._restores()
        senders = [self._sender(provider, restores) for provider in self._providers]
        yield self._router.run()
        yield restores.run()
        for sender, provider in zip(senders, self._providers, strict=True):
            others = [other for other in self._providers if other is not provider]
            pool, clock = self._process.pool, self._process.clock
            yield sender.run(self._settings.postgres)
            yield Resolver(sender, pool, provider, self._vault, clock, self._pace, others).run()
            if isinstance(provider, SchedulingProvider):
                yield self._waiting(sender, provider).run()
            if isinstance(provider, SmsGatewayProvider):
                if self._settings.sms_gateway_report_seconds:
                    pause = timedelta(seconds=self._settings.sms_gateway_report_seconds)
                    yield ReportPuller(pool, provider, sender.recorder, clock, pause).run()
                if self._settings.sms_gateway_uplink_seconds:
                    yield self._uplinks(provider).run()
        names = [provider.name for provider in self._providers]
        yield Orphans(self._process.pool, self._recorder, self._process.clock, names, after=self._pace.again).run()
        yield Followers(self._recorder, self._process.pool, self._process.clock).run()
        yield self._reconciler(senders).run()
        if self._rules.goes_on_after is not None and len(self._providers) > 1:
            yield self._going_on(self._rules.goes_on_after).run()

    def _sender(self, provider: Any, restores: RestoreWatch) -> Sender:
        return Sender(
            self._process.ingest,
            self._process.pool,
            provider,
            self._vault,
            self._process.clock,
            per_second=self._settings.rate_of(provider),
            gate=self._gate,
            proof=proof_seconds(self._settings.sms_quiet_seconds),
            restored_to=self._settings.restored_to,
            nights=self._rules.nights,
            restores=restores,
            router=self._router,
            schedules=self._settings.sms_schedule,
            handset_most=self._rules.handset_most,
        )

    def _waiting(self, sender: Sender, provider: SmsProvider) -> WaitingTexts:
        return WaitingTexts(
            self._process.pool,
            sender.recorder,
            provider,
            Finder(self._process.pool, provider, self._vault),
            self._process.clock,
            self._process.telemetry.registry,
            may_go=lambda: self._gate.is_open,
        )

    def _uplinks(self, provider: SmsGatewayProvider) -> UplinkPuller:
        process, pause = self._process, timedelta(seconds=self._settings.sms_gateway_uplink_seconds)
        return UplinkPuller(process.pool, provider, self._vault, process.producer, process.clock, pause)

    def _restores(self) -> RestoreWatch:
        return RestoreWatch(
            self._process.pool,
            self._process.reader,
            self._providers,
            self._vault,
            self._process.clock,
            self._process.telemetry.registry,
            checked=self._rules.checked,
            is_read=lambda: self._gate.is_open,
            told=self._settings.restored_to,
        )

    def _reconciler(self, senders: list[Sender]) -> Reconciler:
        return Reconciler(
            self._process.pool,
            [(sender.recorder, provider) for sender, provider in zip(senders, self._providers, strict=True)],
            self._vault,
            self._process.clock,
            self._process.telemetry.registry,
            is_read=lambda: self._gate.is_open,
            quiet=timedelta(seconds=self._settings.sms_quiet_seconds),
            daily=timedelta(hours=self._settings.sms_reconcile_hours),
        )

    def _going_on(self, after: timedelta) -> GoingOn:
        return GoingOn(
            self._process.pool,
            self._process.clock,
            self._recorder,
            self._router,
            after=after,
            again=self._pace.again,
            policy=self._rules.regime,
        )
