"""Read a topic as a service's process does, and die of one record once: python -m … KAFKA TOPIC WHERE POISON.

What was handled is a line of WHERE/handled: partition, offset. A batch with POISON in it raises unless WHERE/died is there.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from services.kernel.adapters.faust_shell import Shell
from services.kernel.adapters.kafka import Reader
from services.kernel.clock import SystemClock
from services.kernel.model import Record, TopicPartition
from services.kernel.observing.health import Health
from services.kernel.observing.telemetry import Telemetry
from services.kernel.running.taking import Taking


class Handles:
    """What Taking asks of services.kernel.writing.ingest.Ingest, on a file."""

    def __init__(self, where: Path, poison: bytes) -> None:
        self._where, self._poison = where, poison

    async def take(self, records: Sequence[Record]) -> None:
        """Handle a batch whole, or raise."""
        if any(record.value == self._poison for record in records) and not (self._where / "died").exists():
            (self._where / "died").touch()
            raise RuntimeError("a fault of ours")
        with (self._where / "handled").open("a") as file:
            file.writelines(f"{record.partition} {record.offset}\n" for record in records)

    async def assigned(self, places: Sequence[TopicPartition]) -> None:
        """Nothing is checked."""

    def unassigned(self, places: Sequence[TopicPartition]) -> None:
        """Nothing is kept."""

    async def fences(self, places: Sequence[TopicPartition]) -> Mapping[TopicPartition, int]:
        """No fence says what comes next: all there is comes from Faust."""
        return {}


async def serve(kafka: str, topic: str, where: Path, poison: bytes) -> None:
    """Read until killed."""
    clock = SystemClock()
    taking = Taking(
        Handles(where, poison), Reader(kafka), lambda: shell.places, Health(clock), Telemetry("reads"), clock
    )  # type: ignore[arg-type]
    shell = Shell(
        name=topic, bootstrap=kafka, topics=[topic], take=taking.take, assigned=taking.assigned,
        revoked=taking.revoked, batch_max=20, instance=None,
    )  # fmt: skip
    await shell.start()
    await shell.rest()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4].encode()))
