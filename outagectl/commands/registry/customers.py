"""`outagectl import customers`: the registry's customers onto their topic; with the columns of contacts, those too."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from connectors.registry.customers import customers_in
from connectors.registry.one_file import registry_of
from connectors.table import Errors, FileProblem, OpenTable, opened
from operations.errors import Away, Refused
from operations.registry.importing import ImportChoices, ImportPlan, Stage, run_import
from operations.registry.staging import Staging
from operations.system.location import Where, find
from operations.times import count
from outagectl.commands.registry.words import DoubtfulRows, document, tell
from outagectl.terminal.bars import ImportBars, bars
from outagectl.terminal.confirm import Yes, askable, confirm
from outagectl.terminal.files import date_of, tell_errors, tell_note
from outagectl.terminal.options import Data, Json
from services.kernel.warp import clock_from

BringBack = Annotated[
    list[str] | None, typer.Option("--bring-back", metavar="ID", help="Take a customer again who was erased.")
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Import whole customers although others are bad.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check the file and say what would change.")]


def customers(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="One row per customer, or per contact.")],
    *,
    dry_run: DryRun = False,
    skip_bad: SkipBad = False,
    prune: Annotated[bool, typer.Option("--prune", help="Forget customers who are not in the file.")] = False,
    prune_limit: Annotated[
        int | None, typer.Option("--prune-limit", min=0, help="Forget so many at most (else one in ten).")
    ] = None,
    bring_back: BringBack = None,
    yes: Yes = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Bring in key customers from a CSV file. The same file twice changes nothing.

    Columns customer_id, name, importance; supply1_role, supply1_line, supply1_transformer, supply1_usage_point and so on,
    or usage_points, lines, transformers; areas (several between semicolons); address, premises, life_support, device,
    battery_minutes, on_duty, language, name_en, account_manager: connectors/README.md explains them. Contacts come by
    `import contacts`; in a small registry as rows of this file, with contact_id, phone, contact_role, can_reply.
    """
    if prune and not dry_run:
        askable("customers who are not in the file are forgotten for good (--dry-run says how many)", yes=yes)
    where = find(data)
    clock = clock_from(where.clock_file)
    choices = ImportChoices(
        file_date=date_of(file, clock),
        what=file.name,
        dry_run=dry_run,
        skip_bad=skip_bad,
        bring_back=bring_back or (),
        customers=True,
        prune=prune,
        prune_limit=prune_limit,
    )
    errors, doubts = Errors(), DoubtfulRows()
    try:
        with opened(file) as source, bars() as shown:
            stage = _stage(source, errors, doubts, choices.file_date, where, shown)
            plan = ImportPlan(refused=True)
            if skip_bad or not errors.count:

                def sure(plan: ImportPlan) -> None:
                    if plan.pruned:
                        shown.end()
                        confirm(_forgotten(plan), yes=yes)

                plan = asyncio.run(run_import(where, clock, stage, choices, errors, shown.sent, doubts.add, sure))
        note = source.note
    except FileProblem as problem:
        errors.add(problem.error)
        plan, note = ImportPlan(refused=True), None
    if not json:
        doubts.tell()
    finish(plan, errors, note, json=json, dry_run=dry_run, what="customers", file=file)


def _forgotten(plan: ImportPlan) -> str:
    who = f"{count(plan.pruned, 'customer')} of {plan.known:,} not in the file"
    return f"{who} {'is' if plan.pruned == 1 else 'are'} forgotten for good: keys and numbers are destroyed, texts to them end"


def _stage(
    source: OpenTable, errors: Errors, doubts: DoubtfulRows, at: datetime, where: Where, shown: ImportBars
) -> Stage:
    """How this file is read: with contacts if it has their column."""

    async def alone(staging: Staging) -> int:
        return await staging.customers(shown.reading(customers_in(source.table, errors, at), source))

    async def with_contacts(staging: Staging) -> int:
        return await staging.entries(shown.reading(registry.entries, source))

    if "contact_id" not in source.table.header:
        return alone
    where.need_vault_key()
    registry = registry_of(source.table, updated_at=at)
    for error in registry.errors:
        errors.add(error)
    for doubt in registry.doubts:
        doubts.add(doubt)
    return with_contacts


def finish(
    plan: ImportPlan, errors: Errors, note: str | None, *, json: bool, dry_run: bool, what: str, file: Path
) -> None:
    """Tell what came of an import, and end as its exit code should be.

    Raises:
        Refused: nothing was imported.
        Away: Kafka did not take all of it.

    """
    if json:
        document(plan, errors, dry_run=dry_run, what=what)
    else:
        tell_note(note)
        tell_errors(errors)
        if not plan.refused and plan.rows:
            tell(plan, dry_run=dry_run, whole=what == "customers")
    if plan.refused:
        way = ", or --skip-bad" if plan.rows else ""  # which was given already, or there is nothing good to import
        raise Refused(f"the file has rows that cannot be used, so nothing was imported: mend them{way}")
    if not plan.rows:
        raise Refused(f"{file} names no {what.removesuffix('s')}")
    if plan.untold:
        raise Away(
            f"Kafka took {plan.sent} of {plan.sent + plan.untold} customers: run the same import again "
            "(the notifier tells the rest too, once it is up)"
        )
