"""Keep a service's read models up to date: one task in each process, which take turns batch by batch."""

from __future__ import annotations

import asyncio

import asyncpg
import structlog
from prometheus_client import Gauge

from services.kernel.model import Service
from services.kernel.observing.complaint import Complaint
from services.kernel.observing.every import MORE, Turn, every
from services.kernel.observing.telemetry import Telemetry
from services.kernel.reading.projections import SQL, LogReader, ReadModel, put, read

log = structlog.get_logger()

BATCH = 1_000
FIRST_WAIT = 1.0
LONGEST_WAIT = 5.0


class Projector:
    """Folds what the log gained into the live build of each read model.

    Only the version that this code knows is written. Where another one is live, or none was made, readers go on with
    what stands; the log, and gauge outage_projection_unknown_version, say so until `outagectl rebuild` has been run.
    """

    def __init__(
        self,
        service: Service,
        pool: asyncpg.Pool,
        telemetry: Telemetry,
        *,
        wake: asyncio.Event,
        poll_seconds: float = 0.5,
    ) -> None:
        self._readings = [LogReader(model) for model in read_models(service)]
        followed = [(one.model.name, one.model.version) for one in self._readings]
        types = [(one.model.name, type_) for one in self._readings for type_ in one.types]
        self._followed = [[row[n] for row in rows] for rows in (followed, types) for n in (0, 1)]
        self.versions = self._followed[:2]
        """Names of the read models and the versions that are written, side by side."""
        self._pool, self._telemetry, self._wake, self._poll = pool, telemetry, wake, poll_seconds
        self._unknown = Gauge(
            "outage_projection_unknown_version",
            "1 while the live version of a read model is not the one this code writes",
            ["projection"],
            registry=telemetry.registry,
        )
        self._waits = {reading.model.name: Complaint("a read model waits") for reading in self._readings}
        self._told: dict[str, int | None] = {}

    async def run(self) -> None:
        """Keep up until cancelled; whatever fails is tried again, and shows as lag."""
        if not self._readings:
            await asyncio.Event().wait()  # a task that ended would end the process
        failing = (min(2 * self._poll, FIRST_WAIT), LONGEST_WAIT)
        await every(self._poll, self.once, cures=(Exception,), failing=failing, wake=self._wake)

    async def once(self) -> Turn | None:
        """Fold one batch into each read model: a fault in one stops neither decisions nor other ones, and is raised then."""
        more, failures = False, []
        standing = await self._follow()
        for reading in self._readings:
            name = reading.model.name
            try:
                more |= await self._advance(reading, standing[name])
            except Exception as error:  # noqa: BLE001 - see above
                self._waits[name].say(error, read_model=name)
                failures.append(error)
            else:
                self._waits[name].over()
        if failures:
            raise ExceptionGroup("read models wait", failures)
        return MORE if more else None

    async def _follow(self) -> dict[str, asyncpg.Record]:
        """How far each read model is, by name; one that reads nothing of what came is at the end."""
        try:
            return {row["name"]: row for row in await self._pool.fetch(SQL["follow"], *self._followed)}
        except Exception as error:
            for name, waits in self._waits.items():
                waits.say(error, read_model=name)
            raise

    async def _advance(self, reading: LogReader, standing: asyncpg.Record) -> bool:
        """Fold one batch if there is one; returns whether there is more to do at once."""
        model = reading.model
        if not self._knows(model, standing["version"]):
            return False
        end: int = standing["log_end"]
        behind: int = end - standing["cursor"]
        applied = standing["applied_at"]
        if behind > 0:
            async with self._pool.acquire() as connection, connection.transaction():
                turn = await connection.fetchrow(SQL["take_turn"], model.name, model.version)
                if turn is None:
                    return False
                batch = await read(connection, reading, turn["cursor"], end, BATCH)
                await put(connection, model, turn["table_name"], batch)
            behind = max(end - batch.cursor, 0)
            applied = batch.events[-1].decided_at if batch.events else applied
        if applied is not None:
            self._telemetry.projection(model.name, behind, applied)
        return behind > 0

    def _knows(self, model: ReadModel, live: int | None) -> bool:
        knows = live == model.version
        self._unknown.labels(model.name).set(0 if knows else 1)
        if not knows and (model.name not in self._told or self._told[model.name] != live):
            log.warning(
                "a read model stands still: its live version is not the one this code writes",
                read_model=model.name,
                live=live,
                writes=model.version,
                remedy="outagectl migrate" if live is None else f"outagectl rebuild {model.name}",
            )
        self._told[model.name] = live
        return knows


def read_models(service: Service) -> tuple[ReadModel, ...]:
    """The read models of a service; most have none."""
    return tuple(getattr(service, "readmodels", ()))
