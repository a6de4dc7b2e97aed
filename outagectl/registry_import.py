"""One import of the registry, whole or not at all: read, compare, put numbers and words down, then tell the topic.

What is said is compared with the registry's own table, never with what the notifier has taken by now: the same file
changes nothing however far the notifier lags. A word put down and not yet told is told by the next command.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from connectors.registry_table import Errors, FileProblem, RowError
from outagectl.asking import who
from outagectl.database import Connection
from outagectl.errors import Refused
from outagectl.registry_staging import Staging
from outagectl.registry_topic import SQL, Advance, publish, registry
from outagectl.where import Where
from services.kernel.clock import Clock
from services.kernel.queries import queries
from services.notifier.vault import SQL as VAULT_SQL
from services.notifier.vault import Vault, VaultError, check_opens

RECORD = queries(Path(__file__).parent / "sql" / "operators.sql")["record_action"]
PRUNED = "no longer in the registry"
PRUNE_SHARE = 10  # one in so many may be pruned without being asked twice
Stage = Callable[[Staging], Awaitable[int]]
Doubt = Callable[[RowError], None]
"""Takes what an import came upon that was taken all the same, and may be wrong."""


@dataclass(frozen=True, slots=True)
class Choices:
    """How an import is to go. `file_date`: the date of what it says; `what`: for the record."""

    file_date: datetime
    what: str
    dry_run: bool = False
    skip_bad: bool = False
    bring_back: Sequence[str] = ()
    prune: bool = False
    prune_limit: int | None = None


@dataclass(slots=True)
class Plan:
    """What an import comes to."""

    rows: int = 0
    """Customers, or contacts, that the file names well."""
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    erased: list[str] = field(default_factory=list)
    """Customers who were erased and stay forgotten."""
    known: int = 0
    missing: int = 0
    """Customers of the registry who are not in the file."""
    pruned: int = 0
    numbers: int = 0
    """Phone numbers that the vault did not hold, or held otherwise."""
    dropped: int = 0
    """Numbers of contacts who are no longer in the file."""
    refused: bool = False
    waiting: int = 0
    """Words for the topic, with those that an earlier command could not tell."""
    sent: int = 0


async def run_import(
    where: Where,
    clock: Clock,
    stage: Stage,
    choices: Choices,
    errors: Errors,
    advance: Advance | None = None,
    doubt: Doubt | None = None,
) -> Plan:
    """Bring in what `stage` reads; a dry run, and one that is refused for its errors, leave nothing behind.

    Raises:
        Away: database or Kafka cannot be reached, or the vault's key is not known.
        Refused: the vault does not open with this key, another import is at work, or too many would be pruned.

    """
    async with registry(where) as connection:
        transaction = connection.transaction()
        await transaction.start()
        kept = False
        try:
            plan = await _planned(connection, where, stage, choices, errors, doubt)
            if not plan.refused and not choices.dry_run:
                await _apply(connection, plan, choices, clock.now())
                await transaction.commit()
                kept = True
        except VaultError as error:
            raise Refused(str(error)) from None
        finally:
            if not kept and not connection.is_closed():
                await transaction.rollback()
        if kept:
            plan.waiting = await connection.fetchval(SQL["untold_count"])
            plan.sent = await publish(connection, where, clock, advance)
    return plan


async def _planned(
    connection: Connection, where: Where, stage: Stage, choices: Choices, errors: Errors, doubt: Doubt | None
) -> Plan:
    staging = Staging(connection, await _vault(connection, where))
    await staging.open()
    plan = Plan()
    try:
        plan.rows = await stage(staging)
    except FileProblem as problem:
        errors.add(problem.error)
        plan.refused = True
        return plan
    found = await staging.plan(errors, choices.bring_back, PRUNED)
    if doubt is not None:
        async for one in staging.shared_handsets():
            doubt(one)
    plan.new, plan.changed, plan.unchanged = (found.get(name, 0) for name in ("new", "changed", "unchanged"))
    plan.erased = [row["customer_id"] for row in await connection.fetch(SQL["named"], "erased")]
    (known,), (numbers,) = await connection.fetch(SQL["missing"]), await connection.fetch(SQL["numbers"])
    plan.known, plan.missing = known["known"], known["missing"]
    plan.numbers, plan.dropped = numbers["put"], numbers["dropped"]
    plan.refused = errors.count > 0 and not (choices.skip_bad and plan.rows)
    if choices.prune and not plan.refused:
        plan.pruned = _prunable(plan, choices, errors)
    return plan


async def _vault(connection: Connection, where: Where) -> Vault | None:
    """The vault, if its key is known: an import of customers alone does without."""
    if where.vault_key is None:
        return None
    vault = Vault.from_text(where.vault_key, where.index_key)
    await check_opens(connection, vault)
    return vault


def _prunable(plan: Plan, choices: Choices, errors: Errors) -> int:
    if errors.count:
        raise Refused(
            "the file has rows that cannot be used, and their customers would look missing: mend them to prune"
        )
    limit = choices.prune_limit
    if limit is None:
        limit = max(1, plan.known // PRUNE_SHARE)
    if plan.missing > limit:
        raise Refused(
            f"{plan.missing:,} of {plan.known:,} customers are not in the file, more than the {limit:,} that may be "
            f"pruned: is it the whole registry? If they are to be forgotten, give --prune-limit {plan.missing}"
        )
    return plan.missing


async def _apply(connection: Connection, plan: Plan, choices: Choices, now: datetime) -> None:
    await connection.execute(SQL["say"], choices.file_date)
    await connection.execute(SQL["put_keys"], now)
    await connection.execute(SQL["put_numbers"], now)
    await connection.execute(SQL["drop_numbers_gone"])
    gone: list[str] = []
    if choices.prune:
        gone = [row["customer_id"] for row in await connection.fetch(SQL["prune"], now, PRUNED)]
        await connection.execute(VAULT_SQL["forget"], gone)
    if plan.new or plan.changed or plan.numbers or plan.dropped or gone:
        counts = {"new": plan.new, "changed": plan.changed, "numbers": plan.numbers, "dropped": plan.dropped}
        detail = msgspec.json.encode({"file": choices.what, **counts, "pruned": gone}).decode()
        await connection.execute(RECORD, now, who(), "registry-import", detail)
