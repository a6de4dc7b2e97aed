"""Take what the input hands over, batches and partitions, and look for what it never did.

Nothing may be raised into Faust, which would acknowledge it: who is away is waited for in place, and whatever else is
wrong ends the process.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Final

import structlog

from services.kernel.adapters.away import AWAY
from services.kernel.clock import Clock
from services.kernel.model import KernelError, Record, TopicPartition
from services.kernel.observing.complaint import why
from services.kernel.observing.every import every
from services.kernel.observing.health import Health
from services.kernel.observing.telemetry import Telemetry
from services.kernel.running.boot import EX_SOFTWARE, Die
from services.kernel.running.boot import die as die_at_once
from services.kernel.upkeep.stall_probe import Reading, StallProbe
from services.kernel.writing.fence import FenceError
from services.kernel.writing.ingest import Ingest

log = structlog.get_logger()

CHECK_SECONDS: Final = 5.0
FIRST_WAIT: Final = 0.1
LONGEST_WAIT: Final = 1.0
WRITE_PATH: Final = "write path"


class Taking:
    """The input's other side. `places`: the partitions that are read now; `die` ends the process."""

    def __init__(
        self,
        ingest: Ingest,
        reader: Reading,
        places: Callable[[], Collection[TopicPartition]],
        health: Health,
        telemetry: Telemetry,
        clock: Clock,
        die: Die = die_at_once,
    ) -> None:
        self._die = die
        self._ingest, self._places, self._health, self._telemetry = ingest, places, health, telemetry
        self._undelivered = StallProbe(ingest, reader, clock, places, self.take)
        self._checks: set[asyncio.Task[None]] = set()
        self.assignments = 0
        """How often partitions were shared out: what lies unread since then may be another's leavings."""

    async def take(self, records: list[Record]) -> None:
        """Take a batch; wait for Postgres in place; end the process rather than raise into Faust, which would ack."""
        wait = FIRST_WAIT
        while True:
            try:
                await self._ingest.take(records)
            except AWAY as error:
                self._health.dependency(WRITE_PATH, ok=False, detail=why(error))
                log.warning("postgres or kafka is away; the batch waits", error=repr(error), seconds=wait)
                await asyncio.sleep(wait)
                wait = min(wait * 2, LONGEST_WAIT)
            except asyncio.CancelledError:
                self._health.dependency(WRITE_PATH, ok=True)  # nobody waits for it any more
                raise
            except BaseException as error:  # noqa: BLE001 - anything that left here would be acknowledged by Faust
                self._die(EX_SOFTWARE, "the batch cannot be taken", error)
            else:
                self._health.dependency(WRITE_PATH, ok=True)
                self._undelivered.took({(record.topic, record.partition) for record in records})
                for record in records:
                    self._health.progress((record.topic, record.partition), record.offset)
                return

    async def assigned(self, places: Sequence[TopicPartition]) -> None:
        """These partitions are read from now on."""
        self.assignments += 1
        # Not cancelled when it takes long: a frozen server must not hold up the group, and the check ends with it.
        check = asyncio.create_task(self._check(places))
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)
        await asyncio.wait([check], timeout=CHECK_SECONDS)
        self._health.assigned(sorted(self._places()))
        self._telemetry.assigned(len(self._places()))

    async def _check(self, places: Sequence[TopicPartition]) -> None:
        try:
            await self._ingest.assigned(places)
        except AWAY as error:
            log.warning("partitions are checked with their first batch", error=repr(error))
        except KernelError as error:
            self._die(EX_SOFTWARE, "a topic is not the one that was read", error)

    async def revoked(self, places: Sequence[TopicPartition]) -> None:
        """These are read no more."""
        self._ingest.unassigned(places)
        self._health.assigned(sorted(self._places()))
        self._telemetry.rebalanced()

    async def look_for_undelivered(self) -> None:
        """Read what Faust never delivered. A loop of its own: it waits for Kafka, and deadlines must not."""
        # Whoever is away comes back, and a fault of ours is no loss of records: the look must not end.
        waits = "the look for undelivered records waits"
        await every(LONGEST_WAIT, self._look, cures=(Exception,), waits=waits)

    async def _look(self) -> None:
        try:
            await self._undelivered.look()
        except FenceError as error:
            self._die(EX_SOFTWARE, "records are lost", error)
