"""Bring stored names to the present normal form, once, when a process of this version starts.

Two names that were two in the form before may be one place now: whoever is thereby touched by an open outage is matched
with it again, as if the registry had just said so.

What a process of an older version could not read of the registry, it has set aside: the registry tells it again. Nor does it
put where steps named that power is back: that is made up for at every start, of outages that are open.
"""

from pathlib import Path
from typing import Any, Final

import msgspec
import structlog

from schemas.contracts.customers import CustomerUpserted, CustomerUpsertedV1
from services.concerned.matching import Place, pairs
from services.kernel.adapters.locks import advisory_key, lock_until_commit
from services.kernel.queries import queries
from services.network.copy import renew_names
from services.notifier.domain.events import AudienceDue
from services.notifier.domain.outage.truth import has_ended
from services.notifier.tables.due_outages import SQL as FANOUT
from services.notifier.tables.due_outages import put_named_back
from services.notifier.tables.fanout import put_rematch
from services.notifier.tables.notifications import SQL as ROWS
from services.places import FORM, normal

log = structlog.get_logger()

SQL = queries(Path(__file__).parents[1] / "sql" / "renewing.sql")
LOCK: Final = advisory_key("notifier", "place-form")
FETCH: Final = 500
# A look-up is known by customer and version for ever, and this one is none that the customer's stream has counted: the
# form stands before the version.
EPOCH: Final = int("".join(filter(str.isdigit, FORM))) * 10**10
NEW_WORDS: Final = sorted(
    set(CustomerUpserted.__struct_encode_fields__) - set(CustomerUpsertedV1.__struct_encode_fields__)
)
"""What makes a word of the registry one that the version before sets aside."""


async def renew(connection: Any) -> int:
    """Bring the tables to the present form; returns how many customers are to be matched again for it. Once for each form.

    Raises:
        asyncpg.PostgresError: the tables cannot be reached; nothing was changed.

    """
    changed = await _renewed(connection)
    await _named_back(connection)
    if changed:
        log.info("places are compared in another form; customers are matched again", form=FORM, customers=changed)
    return changed


async def _renewed(connection: Any) -> int:
    async with connection.transaction():
        await lock_until_commit(connection, LOCK)
        await connection.execute(SQL["tell_again"], NEW_WORDS)
        await connection.execute(SQL["forget_shapes"])
        if await connection.fetchval(SQL["form"]) == FORM:
            return 0
        changed = await _customers(connection)
        moved = await _outages(connection)
        for row in await connection.fetch(SQL["at_places"], [kind for kind, _ in moved], [name for _, name in moved]):
            changed.setdefault(row["customer_id"], (row["version"], set()))[1].update(moved)
        await _waiting(connection)
        await renew_names(connection)
        await connection.execute(SQL["look_up_again"])
        for customer_id, (version, places) in sorted(changed.items()):
            await put_rematch(connection, customer_id, EPOCH + version, places, forget=False)
        await connection.execute(SQL["set_form"], FORM)
    return len(changed)


async def _named_back(connection: Any) -> None:
    """Put where steps named that power is back, an outage a transaction; who is there is matched again (network_places)."""
    for row in await connection.fetch(SQL["parted"]):
        async with connection.transaction():
            due = msgspec.json.decode(await connection.fetchval(SQL["parted_due"], row["mrid"]), type=AudienceDue)
            if not has_ended(due.truth):
                await put_named_back(connection, due, late=True)


async def _customers(connection: Any) -> dict[str, tuple[int, set[Place]]]:
    """Customers whose places read otherwise now: stream version, and places old and new."""
    changed: dict[str, tuple[int, set[Place]]] = {}
    async for row in connection.cursor(SQL["customers"], prefetch=FETCH):
        before: set[Place] = {(kind, value) for kind, value in row["places"]}
        now = set(pairs(msgspec.json.decode(row["profile"], type=CustomerUpserted)))
        if before != now:
            changed[row["customer_id"]] = (row["version"], before | now)
            # A cursor reads on while the rows behind it are replaced: it sees the tables as they were.
            await connection.execute(ROWS["clear_places"], row["customer_id"])
            if now:
                await connection.execute(ROWS["put_places"], row["customer_id"], *_columns(now))
    return changed


async def _outages(connection: Any) -> list[Place]:
    """The places at which open outages are matched now and were not before."""
    moved: set[Place] = set()
    for row in await connection.fetch(SQL["outages"]):
        before: set[Place] = {(kind, value) for kind, value in row["places"]}
        now = set(pairs(msgspec.json.decode(row["due"], type=AudienceDue).truth.extent))
        if before != now:
            moved |= now - before
            await connection.execute(FANOUT["clear_outage"], row["mrid"])
            if now:
                await connection.execute(FANOUT["put_outages"], *_columns(now), [row["mrid"]] * len(now))
    return sorted(moved)


def _columns(places: set[Place]) -> tuple[list[str], list[str]]:
    rows = sorted(places)
    return [kind for kind, _ in rows], [value for _, value in rows]


async def _waiting(connection: Any) -> None:
    for row in await connection.fetch(SQL["waiting"]):
        await connection.execute(SQL["set_waiting"], row["customer_id"], [normal(name) for name in row["places"]])
