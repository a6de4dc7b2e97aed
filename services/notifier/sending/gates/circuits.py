"""Share the provider's circuits among all senders: table `circuit`, what is known of it here, gauge, log.

Rules: domain/provider/circuit.py.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import asyncpg
import structlog
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.kernel.observing.lookout import Work
from services.kernel.queries import queries
from services.notifier.domain.provider.circuit import (
    DOUBT,
    SCOPES,
    Circuit,
    Claimable,
    FailureHistory,
    FoundBy,
    ProviderFault,
    doubt_is_ours,
    fault_of,
    next_probe,
    ways,
)
from services.notifier.domain.provider.code_rules import CodeRule
from services.notifier.domain.provider.codes import rule_for

log = structlog.get_logger()

SQL = queries(Path(__file__).parents[2] / "sql" / "circuit.sql")
LOOK_SECONDS: Final = 0.5


_gauges: WeakKeyDictionary[CollectorRegistry, Gauge] = WeakKeyDictionary()
_shown: WeakKeyDictionary[CollectorRegistry, dict[str, frozenset[ProviderFault]]] = WeakKeyDictionary()
"""What each provider's circuits of this process are: one gauge counts them all."""


class Circuits:
    """Opens, probes and closes. `sender`: whom this process sends from, as the provider is told.

    Gauge `outage_provider_circuit_open` by scope: how many stand open; more than 0 is an alarm.
    """

    def __init__(
        self, pool: asyncpg.Pool, registry: CollectorRegistry, clock: Clock, *, provider: str, sender: str
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._provider = provider
        self._sender = sender
        self._gauge = _gauge(registry)
        self._shown = _shown.setdefault(registry, {})
        self.open: frozenset[ProviderFault] = frozenset()
        """As last seen or heard here; the table decides."""
        self.silent = 0
        self.stand, self.reported = Work(clock), Work(clock)
        """Open circuits in the table, and failures that receipts reported."""
        self._seen(())

    async def run(self) -> None:
        """Look, and judge what receipts report, until cancelled."""
        await every(LOOK_SECONDS, self._turn, cures=DATABASE, waits="the provider's circuits cannot be seen")

    async def _turn(self) -> None:
        if self.open or self.stand.perhaps:
            await self.look()
        if self.reported.perhaps:
            await self.weigh()

    async def look(self) -> None:
        """What is open now; closes what receipts had opened and the arrival of a later text disproves."""
        circuits = [_circuit(row) for row in await self._pool.fetch(SQL["open_circuits"], self._provider)]
        for one in circuits:
            if one.found_by == "receipt" and await self._arrived(one):
                rows = await self._pool.fetch(
                    SQL["close_one"], self._provider, one.fault.scope, one.fault.subject, self._clock.wall()
                )
                self._closed(rows, "a text arrived")
        self._seen({one.fault for one in circuits})

    def shuts(self, country: str | None) -> bool:
        """Whether a text to `country` had better not be posted now, as far as is known here."""
        return any(fault.stops(self._sender, country) for fault in self.open)

    async def ways(self, connection: Any, wall: datetime) -> tuple[Claimable, list[Circuit]]:
        """What a round may claim. Locks open circuits until the transaction ends, so that probes go out one by one."""
        circuits = [_circuit(row) for row in await connection.fetch(SQL["lock"], self._provider)]
        return ways(circuits, self._sender, wall), circuits

    async def probing(self, connection: Any, circuits: Iterable[Circuit], country: str | None, wall: datetime) -> None:
        """A probe was claimed: for `country`, or (None) for what stops all texts of this sender."""
        for one in circuits:
            mine = one.fault.scope == "region" if country is not None else one.fault.scope != "region"
            if mine and one.fault.stops(self._sender, country):
                again = wall + next_probe(one.fault.scope, one.probes + 1)
                await connection.execute(SQL["probed"], self._provider, one.fault.scope, one.fault.subject, again)
                log.info("probing", scope=one.fault.scope, subject=one.fault.subject, probe=one.probes + 1)

    async def opens(
        self,
        fault: ProviderFault,
        reason: str,
        began: datetime,
        *,
        code: int | None = None,
        http_status: int | None = None,
    ) -> None:
        """The provider's side is at fault, as an answer shows to an attempt that began at this real instant."""
        self.open |= {fault}  # before the table is asked: whoever is about to post should know at once
        await self._open(self._pool, fault, reason, began, "answer", code, http_status)

    async def _open(
        self,
        connection: Any,
        fault: ProviderFault,
        reason: str,
        began: datetime,
        found_by: FoundBy,
        code: int | None,
        http_status: int | None = None,
    ) -> None:
        opened = await connection.fetchval(
            SQL["open"],
            self._provider,
            fault.scope,
            fault.subject,
            reason,
            code,
            http_status,
            found_by,
            self._clock.now(),
            began,
            self._clock.wall() + next_probe(fault.scope, 0),
        )
        if opened:
            log.error(
                "the provider's circuit is open: its texts wait",
                scope=fault.scope,
                subject=fault.subject,
                reason=reason,
                code=code,
                http_status=http_status,
                found_by=found_by,
            )
        self._seen(self.open | {fault})

    async def succeeded(self, country: str | None, began: datetime) -> None:
        """The provider took a text whose attempt began at this real instant."""
        self.silent = 0
        if self.open:
            rows = await self._pool.fetch(
                SQL["close"], self._provider, self._clock.wall(), began, self._sender, country
            )
            self._closed(rows, "a text was taken")

    async def past(self, message_id: str) -> FailureHistory:
        """What judging a refusal of this text needs."""
        (row,) = await self._pool.fetch(SQL["doubts"], self._provider, message_id, self._clock.wall() - DOUBT)
        return FailureHistory(
            doubts=row["before"], doubted=frozenset(row["contacts"]), open=self.open, silent=self.silent
        )

    async def weigh(self) -> None:
        """Judge failures that came as receipts by the same table as refusals. One process takes each."""
        async with self._pool.acquire() as connection:
            async with connection.transaction():
                for row in await connection.fetch(SQL["reported"], self._provider):
                    rule = rule_for(row["failed_code"])
                    await connection.execute(SQL["judged"], row["message_id"], row["n"], rule.scope, self._clock.wall())
                    fault = await self._fault(connection, rule, row)
                    if fault is not None:
                        began, code = row["started_at"], row["failed_code"]
                        await self._open(connection, fault, rule.reason, began, "receipt", code)

    async def _fault(self, connection: Any, rule: CodeRule, row: Any) -> ProviderFault | None:
        if rule.scope != "doubtful":
            return fault_of(rule.scope, sender=self._sender, country=row["country"])
        contacts = await connection.fetchval(SQL["doubted_by_receipt"], self._provider, self._clock.wall() - DOUBT)
        return ProviderFault("account") if doubt_is_ours(frozenset(contacts)) else None

    async def _arrived(self, one: Circuit) -> bool:
        country = one.fault.subject if one.fault.scope == "region" else None
        return bool(await self._pool.fetchval(SQL["arrived_since"], self._provider, one.faulted_at, country))

    def _closed(self, rows: Iterable[Any], why: str) -> None:
        for row in rows:
            fault = ProviderFault(row["scope"], row["subject"])
            log.warning(
                "the provider's circuit is closed: its texts go out",
                scope=fault.scope,
                subject=fault.subject,
                was=row["reason"],
                since=row["since"].isoformat(),
                because=why,
            )
            self._seen(self.open - {fault})

    def _seen(self, faults: Iterable[ProviderFault]) -> None:
        self.open = frozenset(faults)
        self._shown[self._provider] = self.open
        for scope in SCOPES:
            shown = sum(fault.scope == scope for open_ in self._shown.values() for fault in open_)
            self._gauge.labels(scope).set(shown)


def _circuit(row: Any) -> Circuit:
    return Circuit(
        fault=ProviderFault(row["scope"], row["subject"]),
        reason=row["reason"],
        found_by=row["found_by"],
        since=row["since"],
        faulted_at=row["faulted_at"],
        probes=row["probes"],
        next_probe_at=row["next_probe_at"],
    )


def _gauge(registry: CollectorRegistry) -> Gauge:
    """The one gauge of a registry, whoever asks first."""
    with suppress(KeyError):
        return _gauges[registry]
    _gauges[registry] = Gauge(
        "outage_provider_circuit_open", "Circuits open: the provider's side is at fault", ("scope",), registry=registry
    )
    return _gauges[registry]
