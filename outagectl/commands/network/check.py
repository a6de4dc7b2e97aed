"""`outagectl network check`: what is wrong with the network model on the topic, or with a file before it is imported."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from connectors.table import Errors, FileProblem
from operations.errors import Refused
from operations.network.lookup import network_on_topic, registered
from operations.system.location import Where, find
from operations.times import count
from outagectl.commands.network.show import named
from outagectl.commands.network.sources import NetworkSource, SimBench
from outagectl.terminal.files import error_document, tell_errors, tell_note
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console
from services.kernel.warp import clock_from
from services.places.topology import NetworkModel
from services.places.topology.checks import MEANING, NetworkFinding, Trouble, check, check_registered

FIRST = 10
HARMLESS: frozenset[Trouble] = frozenset({"two-ways"})
"""What may be meant: networks of high voltage are meshed, and two transformers feed one busbar."""
Troubles = Mapping[Trouble, list[NetworkFinding]]


def check_network(
    *,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE.csv", help="Check this file, before it is imported.")
    ] = None,
    simbench: SimBench = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Look for loops, elements without a source, names of two elements, and customers registered where nothing is.

    Exits 1 where there are any, but for elements with two ways in, which may be meant. Of a file customers are not looked at.
    """
    where = find(data)
    if file or simbench:
        model = _read(NetworkSource(file, simbench, None, clock_from(where.clock_file)), json=json)
        found = by_trouble(check(model))
    else:
        model, found = asyncio.run(_on_topic(where))
    if json:
        as_json(document(model, found))
    else:
        out = console()
        for line in lines(model, found):
            out.print(escape(line), soft_wrap=True)
    if found.keys() - HARMLESS:
        raise typer.Exit(1)


def _read(source: NetworkSource, *, json: bool) -> NetworkModel:
    errors = Errors()
    model = NetworkModel(())
    try:
        model = NetworkModel(source.read(errors))
    except FileProblem as problem:
        errors.add(problem.error)
    if json and errors.count:
        as_json({"errorCount": errors.count, "errors": [error_document(error, "elementId") for error in errors.kept]})
    elif not json:
        tell_note(source.note)
        tell_errors(errors)
    if errors.count:
        raise Refused("the file has rows that cannot be used: mend them, then look again")
    if not model.elements:
        raise Refused(f"{source.path} names no element")
    return model


async def _on_topic(where: Where) -> tuple[NetworkModel, Troubles]:
    network = await network_on_topic(where)
    customers = await registered(where)
    return network.model, by_trouble((*check(network.model), *check_registered(network.model, customers.items())))


def by_trouble(findings: Iterable[NetworkFinding]) -> Troubles:
    """Findings of one trouble together, in the order of their meanings."""
    found: dict[Trouble, list[NetworkFinding]] = {trouble: [] for trouble in MEANING}
    for finding in findings:
        found[finding.trouble].append(finding)
    return {trouble: some for trouble, some in found.items() if some}


def lines(model: NetworkModel, found: Troubles) -> Iterator[str]:
    """What was found, in words: how often, what it means, and the first FIRST."""
    for trouble, findings in found.items():
        yield f"{trouble} ({len(findings):,}): {MEANING[trouble]}"
        for finding in findings[:FIRST]:
            yield f"  {_worded(model, finding)}"
        if len(findings) > FIRST:
            yield f"  … and {len(findings) - FIRST:,} more"
    if not found.keys() - HARMLESS:
        yield f"✓ {count(len(model.elements), 'element')}: {'nothing else' if found else 'nothing'} is wrong."


def _worded(model: NetworkModel, finding: NetworkFinding) -> str:
    first = ", ".join(named(model.elements[one]) for one in finding.elements[:FIRST])
    more = f", … and {len(finding.elements) - FIRST:,} more" if len(finding.elements) > FIRST else ""
    return ": ".join(filter(None, (first + more, finding.about)))


def document(model: NetworkModel, found: Troubles) -> dict[str, Any]:
    """The same for programs."""
    return {
        "elements": len(model.elements),
        "troubles": [
            {
                "trouble": trouble,
                "meaning": MEANING[trouble],
                "count": len(findings),
                "first": [{"elements": one.elements[:FIRST], "about": one.about} for one in findings[:FIRST]],
            }
            for trouble, findings in found.items()
        ],
    }
