"""Pull a provider's reports of what became of texts, and say them to their customers' streams; only then acknowledge them.

Killed anywhere, the same reports come again: a report is heard twice, never lost.
"""

from datetime import timedelta

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.locks import advisory_key, alone
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.domain.events import SendingReceipt
from services.notifier.domain.provider.port import LookupFailed, ReportBatch, ReportingProvider, StatusReport
from services.notifier.sending.recorder import SQL, Recorder

log = structlog.get_logger()


class ReportPuller:
    """Pulls for one provider, in one process at a time. `pause`: between looks that find nothing."""

    def __init__(
        self, pool: asyncpg.Pool, provider: ReportingProvider, recorder: Recorder, clock: Clock, pause: timedelta
    ) -> None:
        self._pool, self._provider, self._recorder, self._clock = pool, provider, recorder, clock
        self._pause = pause
        self._key = advisory_key("notifier", "reports", provider.name)

    async def run(self) -> None:
        """Pull until cancelled."""
        await every(self._pause.total_seconds(), self._turn, cures=DATABASE, waits="reports of texts wait")

    async def _turn(self) -> None:
        """Everything that waits, batch after batch. Where another process is at it, nothing: a gateway counts who asks often."""
        async with self._pool.acquire() as connection, alone(connection, self._key) as lock:
            ack: str | None = None
            while lock.stands:
                batch = await self._provider.pull(ack)
                if isinstance(batch, LookupFailed):
                    log.warning("reports cannot be pulled", provider=self._provider.name, why=batch.why)
                    return
                if not batch.ack:
                    return
                await self._hear(batch)
                reach("reports-heard")
                ack = batch.ack

    async def _hear(self, batch: ReportBatch) -> None:
        heard: list[SendingReceipt] = []
        for report in batch.reports:
            whose = await self._whose(report)
            if whose is None:
                # Of another system on the same account, or of a text that a restored database does not know yet.
                log.info("a report of no text of ours", provider=self._provider.name, sid=report.sid)
                continue
            message_id, customer_id = whose
            heard.append(
                SendingReceipt(
                    message_id=message_id,
                    customer_id=customer_id,
                    provider=self._provider.name,
                    provider_sid=report.sid,
                    status=report.status,
                    code=report.code,
                    attempt=report.attempt or 1,
                    at=self._clock.now(),
                )
            )
        await self._recorder.reported(heard)

    async def _whose(self, report: StatusReport) -> tuple[str, str] | None:
        if report.message_id is not None:
            customer = await self._pool.fetchval(SQL["of_message"], report.message_id)
            if customer is not None:
                return report.message_id, customer
        row = await self._pool.fetchrow(SQL["of_sid"], report.sid)
        return None if row is None else (row["message_id"], row["customer_id"])
