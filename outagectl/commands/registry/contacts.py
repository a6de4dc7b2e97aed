"""`outagectl import contacts`: whom to tell. Numbers go into the notifier's vault, and nowhere else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import phonenumbers
import typer

from connectors.registry.contacts import ContactRow, contacts_in
from connectors.registry.phone import DEFAULT_REGION
from connectors.table import Errors, FileProblem, RowError, opened
from operations.errors import Misused
from operations.registry.importing import ImportChoices, ImportPlan, run_import
from operations.registry.staging import Staging
from operations.system.location import find
from outagectl.commands.registry.customers import DryRun, SkipBad, finish
from outagectl.commands.registry.words import DoubtfulRows
from outagectl.terminal.bars import bars
from outagectl.terminal.files import date_of
from outagectl.terminal.options import Data, Json
from services.kernel.warp import clock_from


def contacts(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="One row per contact.")],
    *,
    region: Annotated[
        str, typer.Option("--region", metavar="CODE", help="Country of numbers written without its code.")
    ] = DEFAULT_REGION,
    dry_run: DryRun = False,
    skip_bad: SkipBad = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Bring in contacts of known customers from a CSV file. The same file twice changes nothing.

    Columns customer_id, contact_id, number; rank (1 is told first; else the file's order), role, can_reply. A customer in
    the file has the contacts of the file: the numbers of others are dropped. Customers not in the file keep theirs.
    """
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise Misused(f"--region {region!r} is no country: give two letters such as CN or GB")
    where = find(data)
    where.need_vault_key()
    clock = clock_from(where.clock_file)
    choices = ImportChoices(file_date=date_of(file, clock), what=file.name, dry_run=dry_run, skip_bad=skip_bad)
    errors, doubts = Errors(), DoubtfulRows()
    note = None
    try:
        with opened(file) as source, bars() as shown:

            async def stage(staging: Staging) -> int:
                rows = _of(contacts_in(source.table, errors, region), doubts)
                return await staging.contacts(shown.reading(rows, source))

            plan = asyncio.run(run_import(where, clock, stage, choices, errors, shown.sent, doubts.add))
            note = source.note
    except FileProblem as problem:
        errors.add(problem.error)
        plan = ImportPlan(refused=True)
    if not json:
        doubts.tell()
    finish(plan, errors, note, json=json, dry_run=dry_run, what="contacts", file=file)


def _of(rows: Iterable[ContactRow], doubts: DoubtfulRows) -> Iterator[ContactRow]:
    """The rows as they are, their doubts noted."""
    for row in rows:
        for doubt in (row.number.doubt, row.shared):
            if doubt is not None:
                doubts.add(RowError(row.line, f"number: {doubt}", row.customer_id))
        yield row
