"""See whether the database went back to an earlier state: our topics hold words of ours, or the provider texts, that the log lacks.

What is on a topic was in the log before: words are published after the commit. So the newest of ours on each partition, if
the log has no such event, was decided in a time that the database has lost. Texts may have gone then of which it does not know.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg
import structlog

from schemas.contracts import audience, messages
from schemas.contracts.duty import tasks
from services.kernel.clock import Clock
from services.kernel.model import KernelError, TopicPartition
from services.kernel.writing.fence import Broker
from services.notifier.sending.gates.brake import LANES
from services.notifier.sending.reconciling.walk import SQL

log = structlog.get_logger()

FoundBy = Literal["kafka", "provider-list"]
SOURCE: Final = b"/outage/notifier"
TOPICS: Final = (audience.TOPIC, messages.TOPIC, tasks.TOPIC)
LAST: Final = 50
"""So many records at the end of a partition are looked through for one of ours."""
EARLIER: Final = timedelta(minutes=1)
"""The log's last event may be a little older than what was under way when the backup was made."""
NAMED: Final = timedelta(hours=1)
"""OUTAGE_RESTORED_TO names this restore, and not one of last year, where it lies no further before the log's end."""
HELD_BY: Final = "notifier"
WHY: Final = "the database went back to an earlier state: outagectl sending reconcile, then sending resume"


async def notice_lost_words(pool: asyncpg.Pool, broker: Broker, clock: Clock, told: datetime | None) -> datetime | None:
    """Since when the log lacks words of ours that our topics hold, now or noticed before; None where it lacks none.

    `told`: OUTAGE_RESTORED_TO. Raises what waiting cures where Kafka or Postgres is away.
    """
    # The topics first: a word that is on one was committed before, whichever process of ours decided it.
    newest = await _newest(broker)
    lost = {row["id"] for row in await pool.fetch(SQL["not_here"], list(newest))} if newest else set()
    if lost:
        where = sorted(f"{topic}[{number}]" for one in lost for topic, number in [newest[one]])
        await notice(pool, clock, "kafka", sorted(map(str, lost)), told, where=where)
    row = await pool.fetchrow(SQL["restore"])
    if row is None:
        return None
    since: datetime = row["since"]
    if told is not None and told >= since - NAMED:
        # Said after it was noticed, as where no list can be had: from now on each text is looked up.
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(SQL["is_over"], clock.now())
            await connection.execute(SQL["let_go"], HELD_BY)
        log.warning("told to when the database went back: texts are looked up one by one", since=since.isoformat())
    return since


async def notice(
    pool: asyncpg.Pool, clock: Clock, found_by: FoundBy, evidence: Sequence[str], told: datetime | None, **more: Any
) -> None:
    """Put down that the database went back, and stop all lanes with it; once, whoever notices it first."""
    async with pool.acquire() as connection, connection.transaction():
        now = clock.now()
        end = await connection.fetchval(SQL["log_end"])
        since = (end if end is not None else now) - EARLIER
        # Told of it, each text is looked up before its first post (OUTAGE_RESTORED_TO), and nothing is held.
        holds = told is None or told < since - NAMED
        noticed = await connection.fetchval(SQL["notice"], now, since, found_by, list(evidence), None if holds else now)
        if noticed is None:
            return
        if holds:
            await connection.execute(SQL["hold"], list(LANES), now, HELD_BY, WHY)
    log.critical(
        "the database went back to an earlier state",
        texts="wait until it is reconciled" if holds else "are looked up one by one",
        log_ends=end.isoformat() if end is not None else None,
        found_by=found_by,
        evidence=list(evidence)[:10],
        **more,
    )


async def _newest(broker: Broker) -> dict[UUID, TopicPartition]:
    """The newest event of ours on each partition of our topics, by its id."""
    found: dict[UUID, TopicPartition] = {}
    bounds = await broker.bounds(await broker.partitions(TOPICS))
    for place, (first, end) in sorted(bounds.items()):
        if first == end:
            continue
        try:
            records = await broker.read(place, max(first, end - LAST), end)
        except KernelError:
            continue  # made anew meanwhile: what it held is gone
        ours = [one.headers.get("ce_id", b"") for one in records if one.headers.get("ce_source") == SOURCE]
        if ours and (event_id := _uuid(ours[-1])) is not None:
            found[event_id] = place
    return found


def _uuid(raw: bytes) -> UUID | None:
    try:
        return UUID(raw.decode("ascii"))
    except ValueError:
        return None
