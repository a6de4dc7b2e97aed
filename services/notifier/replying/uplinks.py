"""Pull texts that customers sent to a gateway which does not call, and put them on outage.receipts; only then acknowledge them.

From there they go the way of all texts that come in. Killed anywhere, the same texts come again and make the same facts, each of
which is taken once; and what is on the topic outlives a database that goes back to an earlier state.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

import asyncpg
import structlog

from services.kernel.adapters.away import DATABASE
from services.kernel.adapters.kafka import Produce
from services.kernel.adapters.locks import advisory_key, alone
from services.kernel.adapters.ports import RecordProducer
from services.kernel.checkpoints import reach
from services.kernel.clock import Clock
from services.kernel.observing.every import every
from services.notifier.domain.provider.port import LookupFailed
from services.notifier.tables.vault import Vault
from services.sms_gateway.uplinks import Uplink, UplinkBatch, fact_of

log = structlog.get_logger()
ACK_SECONDS: Final = 30.0


class UplinkProvider(Protocol):
    """A provider from which texts of customers are fetched."""

    @property
    def name(self) -> str:
        """As events call it."""

    async def pull_uplinks(self, ack: str | None) -> UplinkBatch | LookupFailed:
        """Acknowledges the batch before, and fetches the next one."""


class UplinksNotPublished(Exception):
    """Kafka did not take all of a batch: it is not acknowledged, and comes again."""


class UplinkPuller:
    """Pulls from one provider, in one process at a time. `pause`: between looks that find nothing."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        provider: UplinkProvider,
        vault: Vault,
        producer: RecordProducer,
        clock: Clock,
        pause: timedelta,
    ) -> None:
        self._pool, self._provider, self._vault, self._producer = pool, provider, vault, producer
        self._clock, self._pause = clock, pause
        self._key = advisory_key("notifier", "uplinks", provider.name)

    async def run(self) -> None:
        """Pull until cancelled."""
        cures = (*DATABASE, UplinksNotPublished)
        await every(self._pause.total_seconds(), self.turn, cures=cures, waits="texts from customers wait")

    async def turn(self) -> None:
        """Everything that waits, batch after batch. Where another process is at it, nothing: a gateway counts who asks often."""
        async with self._pool.acquire() as connection, alone(connection, self._key) as lock:
            ack: str | None = None
            while lock.stands:
                batch = await self._provider.pull_uplinks(ack)
                if isinstance(batch, LookupFailed):
                    log.warning("texts from customers cannot be pulled", provider=self._provider.name, why=batch.why)
                    return
                if batch.unreadable:
                    # They would hold up every STOP behind them for ever.
                    log.error(
                        "texts from customers do not keep the contract and are passed over: tell the gateway's vendor",
                        provider=self._provider.name,
                        batch=batch.ack,
                        texts=batch.unreadable,
                    )
                if not batch.ack:
                    return
                await self._publish(batch.uplinks)
                reach("uplinks-published")
                ack = batch.ack

    async def _publish(self, uplinks: Sequence[Uplink]) -> None:
        now = self._clock.now()
        facts = [fact_of(one, self._vault.blind_index(one.mobile)) for one in uplinks]
        if not facts:
            return
        async with asyncio.timeout(ACK_SECONDS):
            taken = await self._producer.send(
                [Produce(one.topic, one.key, one.value, one.headers, now) for one in facts]
            )
        if not all(taken):
            raise UplinksNotPublished("Kafka did not take all texts from customers; they come again")
        log.info("texts from customers came in", provider=self._provider.name, texts=len(facts))
