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
from operations.network.lookup import NetworkOnTopic, network_on_topic, registered
from operations.system.location import Where, find
from operations.times import Times, count
from outagectl.commands.network.show import named
from outagectl.commands.network.sources import NetworkSource, SimBench
from outagectl.terminal.files import error_document, tell_errors, tell_note
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console, times
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
    network = None
    if file or simbench:
        model = _read(NetworkSource(file, simbench, None, clock_from(where.clock_file)), json=json)
        found = by_trouble(check(model))
    else:
        network, found = asyncio.run(_on_topic(where))
        model = network.model
    if json:
        as_json(document(model, found) | (standing_document(network) if network else {}))
    else:
        out = console()
        for line in (*(standing_lines(network, times(where, utc=False)) if network else ()), *lines(model, found)):
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


async def _on_topic(where: Where) -> tuple[NetworkOnTopic, Troubles]:
    network = await network_on_topic(where)
    customers = await registered(where)
    return network, by_trouble((*check(network.model), *check_registered(network.model, customers.items())))


def by_trouble(findings: Iterable[NetworkFinding]) -> Troubles:
    """Findings of one trouble together, in the order of their meanings."""
    found: dict[Trouble, list[NetworkFinding]] = {trouble: [] for trouble in MEANING}
    for finding in findings:
        found[finding.trouble].append(finding)
    return {trouble: some for trouble, some in found.items() if some}


def standing_lines(network: NetworkOnTopic, t: Times) -> Iterator[str]:
    """What is on the topic, in words: each model's newest edition, switches that were thrown, records that say nothing."""
    for model_id, edition in network.editions.items():
        if edition is None:
            yield f"{model_id}: its newest edition is not there whole. Run its import again, with --prune if elements are to go."
        else:
            by = f" by {edition.imported_by}" if edition.imported_by else ""
            yield f"{model_id}: edition of {t.at(edition.date)}, whole, brought in{by} at {t.at(edition.imported_at)}. {t.note}"
    if network.model.switches:
        yield f"{count(len(network.model.switches), 'switch', 'switches')} known to have been thrown."
    if network.unreadable:
        yield f"{count(network.unreadable, 'record')} of outage.network cannot be read: what they say is missing here."


def standing_document(network: NetworkOnTopic) -> dict[str, Any]:
    """The same for programs."""
    return {
        "models": [
            {"modelId": model_id, "whole": edition is not None, "edition": edition}
            for model_id, edition in network.editions.items()
        ],
        "switchesThrown": len(network.model.switches),
        "unreadable": network.unreadable,
    }


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
