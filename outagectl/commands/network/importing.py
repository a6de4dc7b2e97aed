"""`outagectl import network`: an edition of the network model onto its topic, from CSV or a SimBench grid."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from connectors.table import Errors, FileProblem
from operations.errors import Away, Refused
from operations.network.importing import ImportWatch, NetworkChoices, import_network
from operations.network.planning import NetworkPlan
from operations.system.asking import who
from operations.system.location import find
from operations.times import Times, count
from outagectl.commands.network.sources import NetworkSource, SimBench
from outagectl.terminal.bars import bars
from outagectl.terminal.files import error_document, tell_errors, tell_note
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console, times
from services.kernel.observing.masking import mask
from services.kernel.warp import clock_from


def network(
    file: Annotated[Path | None, typer.Argument(metavar="FILE.csv", help="One row per element.")] = None,
    *,
    simbench: SimBench = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="ID", help="What the model is called (else as the file is).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the file and say what would change.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove elements of this model that are not in the file.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Prune although it is more than one element in twenty.")] = False,
    json: Json = False,
    data: Data = None,
) -> None:
    """Bring in the network model from a file of which every row is right. The same file twice changes nothing. On record.

    Columns element_id, kind (substation, line, section, transformer, usagePoint, area), name; public_name, fed_from, areas
    (ids), nominal_voltage (kV), territory, customers_served, dedicated, latitude, longitude, name_en, name_zh and other languages.
    fed_from: ELEMENT, ELEMENT@SWITCH or ELEMENT@SWITCH+SWITCH:open, several between semicolons.
    """
    where = find(data)
    clock = clock_from(where.clock_file)
    source = NetworkSource(file, simbench, model, clock)
    by = None if dry_run else mask(who())
    choices, errors = NetworkChoices(dry_run, prune, yes, by), Errors()
    with bars() as shown:
        watch = ImportWatch(shown.heard, lambda items: shown.reading(items, source), shown.due, shown.sent)
        try:
            plan = asyncio.run(import_network(where, clock, source.read, source.edition, choices, errors, watch))
        except FileProblem as problem:
            errors.add(problem.error)
            plan = NetworkPlan(source.edition, refused=True)
    if json:
        as_json(import_document(plan, errors, dry_run=dry_run))
    else:
        tell_note(source.note)
        tell_errors(errors)
        _tell(plan, times(where, utc=False), dry_run=dry_run)
    _end(plan, source, dry_run=dry_run)


def _tell(plan: NetworkPlan, t: Times, *, dry_run: bool) -> None:
    out = console()
    if not plan.refused and plan.elements:
        for line in told(plan, t, dry_run=dry_run):
            out.print(escape(line), soft_wrap=True)


def _end(plan: NetworkPlan, source: NetworkSource, *, dry_run: bool) -> None:
    """End as the exit code should be.

    Raises:
        Refused: nothing was imported.
        Away: Kafka did not take all of it.

    """
    if plan.refused:
        raise Refused("the file has rows that cannot be used, so nothing was imported: mend them")
    if not plan.elements:
        raise Refused(f"{source.path} names no element")
    if not dry_run and (plan.sent < plan.due or (plan.complete and not plan.whole)):
        raise Away(
            f"Kafka took {plan.sent:,} of {plan.due:,} elements, and does not have the edition whole: "
            "run the same import again, it tells the rest"
        )


def told(plan: NetworkPlan, t: Times, *, dry_run: bool) -> Iterator[str]:
    """What an import did, or would do."""
    would = "would be " if dry_run else ""
    model = plan.edition.model_id
    yield f"{count(plan.new, 'element')} {would}new, {plan.changed:,} {would}changed, {plan.unchanged:,} unchanged."
    if plan.taken_over:
        yield f"{plan.taken_over:,} of those changed were another model's until now; --model says whose elements these are."
    if plan.pruned:
        yield f"{count(len(plan.pruned), 'element')} not in the file {would}removed."
    elif plan.missing:
        known = count(plan.known, "known element")
        yield f"{len(plan.missing):,} of {known} of {model} not in the file; they stay (--prune removes them)."
    if dry_run:
        return
    yield f"{count(plan.sent, 'word')} on elements sent to outage.network."
    if plan.whole:
        yield f"The edition of {t.at(plan.edition.date)} of {model} is there whole. {t.note}"
    elif plan.sent == plan.due and not plan.complete:
        yield f"The topic does not say that the edition is there whole: it has elements of {model} that are not in the file."


def import_document(plan: NetworkPlan, errors: Errors, *, dry_run: bool) -> dict[str, Any]:
    """The same for programs."""
    return {
        "modelId": plan.edition.model_id,
        "date": plan.edition.date,
        "elements": plan.elements,
        "dryRun": dry_run,
        "refused": plan.refused,
        "new": plan.new,
        "changed": plan.changed,
        "unchanged": plan.unchanged,
        "takenOver": plan.taken_over,
        "missing": len(plan.missing),
        "pruned": len(plan.pruned),
        "sent": plan.sent + plan.said_whole,
        "whole": plan.whole,
        "errorCount": errors.count,
        "errors": [error_document(error, "elementId") for error in errors.kept],
    }
