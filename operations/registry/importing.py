"""Import the registry, whole or not at all: read, compare, write numbers and events down, then publish to the topic.

That it begins is noted in the notifier's log first. Whom a prune forgets is asked of the notifier afterwards, as an erasure
is: who asked, when and whom stands in the log with the act.

What is said is compared with the registry's own table, never with what the notifier has taken by now: the same file
changes nothing however far the notifier lags. A word put down and not yet told is told by the next command, or the notifier.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec

from connectors.registry.entry import RegistryEntry
from connectors.table import Errors, FileProblem, RowError
from operations.errors import Refused
from operations.registry.staging import Staging
from operations.registry.topic import SQL, hold, publish, registry, untold
from operations.system.asking import ask
from operations.system.database import Connection
from operations.system.location import Where
from services.kernel.clock import Clock
from services.kernel.observing.masking import mask
from services.notifier.registry.erasing import AT_MOST, IMPORT, PRUNE, Importing, Missing, Pruning
from services.notifier.registry.topic import PRUNED, Advance
from services.notifier.tables.vault import Vault, VaultError, check_opens

PRUNE_SHARE = 10  # one in so many may be pruned without being asked twice
ROOM = 15_000
"""Characters of a request's detail that a list of people may take; operator_request holds 20,000."""
LONGEST_NAME = 200
T = TypeVar("T")
Stage = Callable[[Staging], Awaitable[int]]
Doubt = Callable[[RowError], None]
"""Takes what an import came upon that was taken all the same, and may be wrong."""


@dataclass(frozen=True, slots=True)
class ImportChoices:
    """How an import is to go. `file_date`: the date of what it says; `what`: for the record; `customers`: it names those."""

    file_date: datetime
    what: str
    dry_run: bool = False
    skip_bad: bool = False
    bring_back: Sequence[str] = ()
    prune: bool = False
    prune_limit: int | None = None
    customers: bool = False


@dataclass(slots=True)
class ImportPlan:
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
    sent: int = 0
    """Words that Kafka took here, with those that an earlier command could not tell."""
    untold: int = 0
    """Words that it does not have yet."""


async def run_import(
    where: Where,
    clock: Clock,
    stage: Stage,
    choices: ImportChoices,
    errors: Errors,
    advance: Advance | None = None,
    doubt: Doubt | None = None,
    sure: Callable[[ImportPlan], None] = lambda _: None,
) -> ImportPlan:
    """Bring in what `stage` reads; a dry run, and one that is refused for its errors, leave nothing behind.

    `sure` sees the plan before anything stands, and raises to end it there.

    Raises:
        Away: database or Kafka cannot be reached, or the vault's key is not known; or a prune waits for the notifier.
        Refused: the vault does not open with this key, another import is at work, or too many would be pruned.

    """
    async with registry(where) as connection:
        transaction = connection.transaction()
        await transaction.start()
        kept, gone = False, []
        try:
            await hold(connection)
            plan = await _planned(connection, where, stage, choices, errors, doubt)
            if not plan.refused and not choices.dry_run:
                sure(plan)
                gone = await _missing(connection) if choices.prune else []
                await _note(where, plan, choices)
                await _apply(connection, choices, clock.now())
                if choices.customers and plan.rows:
                    await connection.execute(SQL["refreshed"], choices.file_date, clock.now())
                await transaction.commit()
                kept = True
        except VaultError as error:
            raise Refused(str(error)) from None
        finally:
            if not kept and not connection.is_closed():
                await transaction.rollback()
        if kept:
            plan.pruned = await _prune(where, gone, choices.what)
            plan.sent = await publish(connection, where, clock, advance)
            plan.untold = await untold(connection)
    return plan


async def _planned(
    connection: Connection, where: Where, stage: Stage, choices: ImportChoices, errors: Errors, doubt: Doubt | None
) -> ImportPlan:
    staging = Staging(connection, await _vault(connection, where))
    await staging.open()
    plan = ImportPlan()
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
    vault = Vault.from_text(where.vault_key, where.index_key, where.vault_other_keys)
    await check_opens(connection, vault)
    return vault


def _prunable(plan: ImportPlan, choices: ImportChoices, errors: Errors) -> int:
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


async def _note(where: Where, plan: ImportPlan, choices: ImportChoices) -> None:
    """Who imports what stands in the notifier's log before it is done."""
    if plan.new or plan.changed or plan.numbers or plan.dropped:
        counts = {"new": plan.new, "changed": plan.changed, "numbers": plan.numbers, "dropped": plan.dropped}
        await ask(where, "notifier", IMPORT, Importing(file=_named(choices.what), missing=plan.missing, **counts))


async def _apply(connection: Connection, choices: ImportChoices, now: datetime) -> None:
    await connection.execute(SQL["say"], choices.file_date)
    await connection.execute(SQL["put_keys"], now)
    await connection.execute(SQL["put_numbers"], now)
    await connection.execute(SQL["drop_numbers_gone"])


async def _missing(connection: Connection) -> list[Missing]:
    rows = await connection.fetch(SQL["missing_now"])
    return [Missing(customer_id=row["customer_id"], seen=row["updated_at"]) for row in rows]


async def _prune(where: Where, gone: Sequence[Missing], file: str) -> int:
    """Have the notifier forget who is missing; returns how many it did: who was spoken of meanwhile stays."""
    pruned = 0
    for part in in_requests(gone):
        answer = await ask(where, "notifier", PRUNE, Pruning(file=_named(file), customers=part), reason=PRUNED)
        pruned += len(answer.result["customerIds"])
    return pruned


def in_requests(items: Iterable[T], at_most: int = AT_MOST, room: int = ROOM) -> Iterator[tuple[T, ...]]:
    """Items in order, so many as go into the detail of one request. Pure."""
    part: list[T] = []
    used = 0
    for item in items:
        size = len(msgspec.json.encode(item)) + 1
        if part and (len(part) == at_most or used + size > room):
            yield tuple(part)
            part, used = [], 0
        part.append(item)
        used += size
    if part:
        yield tuple(part)


def _named(file: str) -> str:
    """A file's name as it may stand in the log."""
    return mask(file)[:LONGEST_NAME] or "unnamed"


async def bring_in(
    where: Where, entries: Sequence[RegistryEntry], clock: Clock, *, dry_run: bool = False
) -> ImportPlan:
    """Customers with their contacts, read already. Their date is that of the newest among them.

    Raises:
        Away, Refused: as `run_import` does.

    """
    where.need_vault_key()
    errors = Errors()
    at = max((entry.customer.updated_at for entry in entries), default=clock.now())
    choices = ImportChoices(file_date=at, what="made up", dry_run=dry_run)

    async def stage(staging: Staging) -> int:
        return await staging.entries(entries)

    plan = await run_import(where, clock, stage, choices, errors)
    if plan.refused:
        raise Refused(str(errors.kept[0]))
    return plan
