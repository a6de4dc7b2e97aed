"""Keep as rows, in the deciding transaction, for whom a person must act: alarms, counted for the metrics, and other causes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, get_args

import asyncpg
from prometheus_client import CollectorRegistry, Gauge

from services.kernel.adapters.away import DATABASE
from services.kernel.model import Event, Stream
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.notifier.domain.calls import CALLED_WITHIN, causes_of
from services.notifier.domain.customer.conversation import Customer
from services.notifier.domain.events import ALARM_OVER, ALARM_RAISED, AlarmKind

SQL = queries(Path(__file__).parents[1] / "sql" / "alarms.sql")
CAUSES: Final = queries(Path(__file__).parents[1] / "sql" / "customer_causes.sql")
LOOK_SECONDS: Final = 5.0


class AlarmRows:
    """Table alarm."""

    async def apply(self, connection: Any, events: Sequence[Event]) -> None:
        """Fold the events of customer streams into it."""
        for event in events:
            if event.type == ALARM_RAISED:
                raised = event.data
                await connection.execute(SQL["raise"], raised.customer_id, raised.kind, raised.at, list(raised.mrids))
            elif event.type == ALARM_OVER:
                await connection.execute(SQL["over"], event.data.customer_id, event.data.kind)


async def keep_causes(connection: Any, stream: Stream, before: Customer) -> None:
    """Put what is so now and was not, and drop what is so no longer; what a version without the table left out comes with it."""
    state: Customer = stream.state
    now = causes_of(state)
    if not now and not causes_of(before):
        return
    since = stream.new[-1].decided_at
    rows = [
        (one.kind, one.about, one.ref, one.reason, one.useful_until or since + CALLED_WITHIN, one.waits(since))
        for one in now.values()
    ]
    await connection.execute(CAUSES["drop"], state.customer_id, *([row[n] for row in rows] for n in range(3)))
    await connection.execute(CAUSES["put"], state.customer_id, since, *([row[n] for row in rows] for n in range(6)))


class AlarmWatch:
    """Counts open alarms, until cancelled."""

    def __init__(self, pool: asyncpg.Pool, registry: CollectorRegistry) -> None:
        self._pool = pool
        self._standing = Gauge(
            "outage_customer_alarms", "Customers about whom a person must act, by kind", ("kind",), registry=registry
        )

    async def run(self) -> None:
        """Look now and then; while Postgres is away the last count is shown."""
        await every(LOOK_SECONDS, self._look, cures=DATABASE, waits="alarms cannot be counted")

    async def _look(self) -> None:
        found = {row["kind"]: row["standing"] for row in await self._pool.fetch(SQL["standing"])}
        for kind in get_args(AlarmKind):
            self._standing.labels(kind).set(found.get(kind, 0))
