"""`outagectl import customers`: the registry's public part onto its topic, the phone numbers into the vault only."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.markup import escape

from connectors.registry import RegistryEntry
from connectors.registry_csv import RegistryFile, read_registry
from outagectl.broker import send_all
from outagectl.database import Connection, Row, connect, enter, present
from outagectl.errors import Away, NotFound, Refused
from outagectl.options import Data, Json
from outagectl.say import as_json, console, count
from outagectl.where import Where, find
from schemas.cloudevent import CloudEvent, KafkaMessage, content_hash, to_kafka
from schemas.customers import CustomerUpserted
from schemas.registry import TYPE_OF
from services.kernel.clock import EPOCH, MICROSECOND, Clock, clock_from
from services.kernel.queries import queries
from services.notifier.vault import Vault, VaultError, number_of, put_number

SQL = queries(Path(__file__).parent / "sql" / "customers.sql")
SOURCE = "/outage/registry-import"
AT_ONCE = 500


@dataclass(slots=True)
class Plan:
    """What an import comes to."""

    changed: list[RegistryEntry] = field(default_factory=list)
    """New customers, and those of whom the registry now says something else."""
    unchanged: list[RegistryEntry] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    """Customers who were erased after the file was written; they stay forgotten."""
    numbers: int = 0
    """Phone numbers that the vault did not hold yet, or held otherwise."""
    sent: int = 0


def customers(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="One row per contact; UTF-8.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file and say what would change.")] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import whole customers although others are bad.")
    ] = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Bring in key customers from a CSV file. The same file twice changes nothing."""
    where = find(data)
    clock = clock_from(where.clock_file)
    registry = _read(file, clock)
    refused = bool(registry.errors) and not (skip_bad and registry.entries)
    plan = Plan()
    if not refused and registry.entries:
        plan = asyncio.run(bring_in(where, registry.entries, clock, dry_run=dry_run))
    _tell(registry, plan, json=json, dry_run=dry_run, refused=refused)
    if refused:
        raise Refused("the file has rows that cannot be used, so nothing was imported: mend them, or --skip-bad")
    if not registry.entries:
        raise Refused(f"{file} names no customer")
    if not dry_run and plan.sent < len(plan.changed):
        raise Away(f"Kafka took {plan.sent} of {len(plan.changed)} customers: run the same import again")


def _read(file: Path, clock: Clock) -> RegistryFile:
    try:
        # The file's own date, so that the same file says the same twice; a warped clock may stand before it.
        written = EPOCH + int(file.stat().st_mtime_ns // 1000) * MICROSECOND
        return read_registry(file, updated_at=min(written, clock.now()))
    except FileNotFoundError:
        raise NotFound(f"there is no file {file}") from None
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}") from None


async def bring_in(where: Where, entries: Sequence[RegistryEntry], clock: Clock, *, dry_run: bool) -> Plan:
    """Numbers first, then the events, so that nobody is to be told whose number is not there yet.

    Raises:
        Away: database or Kafka cannot be reached, or the vault's key is not known.
        Refused: the vault does not open with this key.

    """
    plan = Plan()
    try:
        vault = Vault.from_text(where.need_vault_key(), where.index_key)
        async with connect(where) as connection:
            await present(connection, ["notifier"])
            await enter(connection, "notifier")
            for start in range(0, len(entries), AT_ONCE):
                async with connection.transaction():
                    await _batch(
                        connection, vault, entries[start : start + AT_ONCE], plan, clock.now(), dry_run=dry_run
                    )
    except VaultError as error:
        raise Refused(str(error)) from None
    if plan.changed and not dry_run:
        plan.sent = await send_all(where, [event_of(entry.customer) for entry in plan.changed], clock)
    return plan


async def _batch(
    connection: Connection, vault: Vault, entries: Sequence[RegistryEntry], plan: Plan, now: datetime, *, dry_run: bool
) -> None:
    ids = [entry.customer.customer_id for entry in entries]
    known = {row["customer_id"]: row for row in await connection.fetch(SQL["known"], ids)}
    for entry in entries:
        name = entry.customer.customer_id
        row = known.get(name)
        if row is not None and row["erased_at"] is not None and row["erased_at"] >= entry.customer.updated_at:
            plan.erased.append(name)
            continue
        (plan.unchanged if _says_the_same(row, entry.customer) else plan.changed).append(entry)
        for contact_id, number in entry.numbers.items():
            # A contact that moved to another customer is sealed anew: erasing the one must not silence the other.
            owner = await connection.fetchval(SQL["owner_of"], contact_id)
            if owner == name and await number_of(connection, vault, contact_id) == number:
                continue
            plan.numbers += 1
            if not dry_run:
                await put_number(connection, vault, customer_id=name, contact_id=contact_id, number=number, at=now)


def _says_the_same(row: Row | None, customer: CustomerUpserted) -> bool:
    if row is None or row["profile"] is None:
        return False
    before = msgspec.json.decode(row["profile"], type=CustomerUpserted)
    return msgspec.structs.replace(before, updated_at=customer.updated_at) == customer


def event_of(customer: CustomerUpserted) -> KafkaMessage:
    """A customer as it travels. The id is that of the content, so that the same word is taken once."""
    digest = content_hash(msgspec.json.encode(customer)).hex()[:32]
    event = CloudEvent(
        source=SOURCE,
        id=f"{customer.customer_id}/{digest}",
        type=TYPE_OF[CustomerUpserted],
        time=customer.updated_at,
        data=customer,
    )
    return to_kafka(event)


def _tell(registry: RegistryFile, plan: Plan, *, json: bool, dry_run: bool, refused: bool) -> None:
    if json:
        answer: dict[str, Any] = {
            "customers": len(registry.entries),
            "dryRun": dry_run,
            "changed": [entry.customer.customer_id for entry in plan.changed],
            "unchanged": len(plan.unchanged),
            "erased": plan.erased,
            "numbers": plan.numbers,
            "sent": plan.sent,
            "errors": [
                {"line": error.line, "customerId": error.customer_id, "problem": error.problem}
                for error in registry.errors
            ],
        }
        as_json(answer)
        return
    out = console()
    for error in registry.errors:
        out.print(f"[red]✗[/] {escape(str(error))}")
    if refused:
        return
    would = "would be " if dry_run else ""
    out.print(
        f"{count(len(plan.changed), 'customer')} {would}sent, {len(plan.unchanged)} unchanged; "
        f"{count(plan.numbers, 'phone number')} {would}put into the vault."
    )
    for name in plan.erased:
        out.print(f"[yellow]{escape(name)} was erased after this file was written and stays forgotten.[/]")
