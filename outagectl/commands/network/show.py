"""`outagectl network show`: what an element is, what feeds it as switches now stand, and what it feeds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape

from operations.errors import NotFound
from operations.network.about import ImportedEdition, NetworkAbout
from operations.network.lookup import network_about_now, network_at
from operations.network.people import RegisteredCustomer, people_at
from operations.network.standing import ElementStanding, elements_called, standing
from operations.system.instants import read_past
from operations.system.location import find
from operations.times import Times, count
from outagectl.terminal.options import Data, Json, Utc
from outagectl.terminal.say import as_json, console, times
from outagectl.words.topics.network import KINDS
from schemas.contracts.network import Feed, NetworkElement
from services.kernel.warp import clock_from
from services.places.topology import NetworkModel

FIRST = 10
NONE: Mapping[str, ImportedEdition] = {}
People = Mapping[str, Sequence[RegisteredCustomer]] | None
NOBODY_ASKED: Mapping[str, Sequence[RegisteredCustomer]] = {}


def show(
    name: Annotated[str, typer.Argument(metavar="ID|NAME", help="An element's id, or its name in any language.")],
    *,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="T", help="As it stood then: 2026-03-05T02:30 (utility's zone), or with an offset."
        ),
    ] = None,
    json: Json = False,
    utc: Utc = False,
    data: Data = None,
) -> None:
    """Show what an element hangs on as switches now stand, or stood, what hangs on it, and who is registered there.

    With --at as the services knew it then: an element from when its word came, a switch from when it was thrown. Now a service's
    copy is asked for what is about the element; without a database here all of outage.network is read.
    """
    where = find(data)
    clock = clock_from(where.clock_file)
    began = clock.monotonic()
    if at is None:
        network = asyncio.run(network_about_now(where, name))
    else:
        network = NetworkAbout(asyncio.run(network_at(where, read_past(at, where, "--at"))))
    model = network.model
    found = [standing(model, one) for one in elements_called(model, name)]
    if not found:
        raise NotFound(f"no element is called {name}: give its id, or its name as the network model has it")
    people = asyncio.run(people_at(where, found)) if at is None else NOBODY_ASKED
    if json:
        as_json([document(model, one, network.imports) | registered_document(one, people) for one in found])
        return
    t, out = times(where, utc=utc), console()
    if len(found) > 1:
        out.print(f"[yellow]{len(found)} elements are called {escape(name)}.[/]\n")
    for one in found:
        for line in lines(model, one, t, network.imports):
            out.print(escape(line), soft_wrap=True)
        for line in registered_lines(one, people):
            out.print(escape(line), soft_wrap=True)
        out.print()
    if at is None:
        out.print(f"[dim]{source(network, clock.monotonic() - began)}[/]")
    out.print(f"[dim]{t.note}[/]")


def source(network: NetworkAbout, seconds: float) -> str:
    """Whence it is, and how long that took where it was all of the topic."""
    if network.service is not None:
        return f"As the copy of the {network.service} has it."
    read = count(len(network.model.elements), "element")
    return (
        f"All of outage.network was read for it, {read} in {seconds:.1f} s: no copy of a service can be seen from here."
    )


def lines(
    model: NetworkModel, one: ElementStanding, t: Times, imports: Mapping[str, ImportedEdition] = NONE
) -> Iterator[str]:
    """An element in words, a line each."""
    element = one.element
    yield f"{_kind(element).capitalize()} {named(element)}"
    if about := _about(model, element):
        yield f"  {about}"
    yield f"  Model {element.model.model_id}, as of {t.at(element.model.date)}"
    if (edition := imports.get(element.model.model_id)) is not None:
        by = f" by {edition.imported_by}" if edition.imported_by else ""
        yield f"  Its edition of {t.at(edition.date)} was brought in{by} at {t.at(edition.imported_at)}"
    if element.kind == "area":
        yield f"  In it: {_group(one.feeds)}"
    else:
        yield from (f"  {_way(model, feed, comes=comes)}" for feed, comes in one.ways)
        if not one.powered:
            yield "  No power comes to it as switches now stand."
        elif one.fed_by:
            yield f"  Fed by: {_group(one.fed_by)}"
        yield f"  Feeds: {_group(one.feeds)}"
        if 0 < one.dark < len(one.feeds):
            yield f"  Without it {one.dark:,} of those are dark; the others have another way."
    yield f"  Customers served: {'not known' if one.customers is None else f'{one.customers:,}'}"


def registered_lines(one: ElementStanding, people: People) -> Iterator[str]:
    """Who of the key customers is registered at it, or at what it feeds; nothing of an earlier time."""
    if people is None:
        yield "  Who is registered there cannot be seen: neither the notifier's tables nor Kafka can be reached."
        return
    if one.element.element_id not in people:
        return
    found = people[one.element.element_id]
    if not found:
        yield "  Registered there: no key customer"
        return
    first = ", ".join(map(_customer, found[:FIRST]))
    more = f", … and {len(found) - FIRST:,} more" if len(found) > FIRST else ""
    yield f"  Registered there: {count(len(found), 'key customer')}: {first}{more}"


def _customer(one: RegisteredCustomer) -> str:
    about = ", ".join(filter(None, (one.customer_id if one.name else "", one.importance)))
    return f"{one.name or one.customer_id}{f' ({about})' if about else ''}"


def registered_document(one: ElementStanding, people: People) -> dict[str, Any]:
    """The same for programs: null where nobody could be asked."""
    if people is None:
        return {"registered": None}
    found = people.get(one.element.element_id)
    if found is None:
        return {}
    first = [{"customerId": each.customer_id, "name": each.name or None} for each in found[:FIRST]]
    return {"registered": {"count": len(found), "first": first}}


def named(element: NetworkElement) -> str:
    """`10千伏城东线 (DJ-L-101)`; an id that is the name too stands once."""
    return element.name if element.name == element.element_id else f"{element.name} ({element.element_id})"


def _kind(element: NetworkElement) -> str:
    return KINDS.get(element.kind, element.kind)


def _about(model: NetworkModel, element: NetworkElement) -> str:
    areas = [model.elements[one].name if one in model.elements else one for one in element.areas]
    parts = [
        *(f"{language}: {name}" for language, name in element.names.items()),
        f"shown as {element.public_name}" if element.public_name else "",
        f"{element.nominal_voltage:g} kV" if element.nominal_voltage else "",
        element.territory or "",
        "serves one customer alone" if element.dedicated else "",
        f"in {', '.join(areas)}" if areas else "",
    ]
    return "; ".join(filter(None, parts))


def _way(model: NetworkModel, feed: Feed, *, comes: bool) -> str:
    source = model.elements.get(feed.element_id)
    through = ", ".join(_switch(model, way.switch, way.normally) for way in feed.through)
    where = named(source) if source else f"{feed.element_id}, which the model does not have"
    return f"Power {'comes' if comes else 'could come'} from {where}{f' through {through}' if through else ''}"


def _switch(model: NetworkModel, switch: str, normally: str) -> str:
    now = model.switches.get(switch, normally)
    return f"{switch} ({now})" if now == normally else f"{switch} ({now}, normally {normally})"


def _group(elements: Sequence[NetworkElement]) -> str:
    """`2 transformers, 1 usage point: …`, the first FIRST by name."""
    if not elements:
        return "nothing"
    counts = Counter(map(_kind, elements))
    first = ", ".join(map(named, elements[:FIRST]))
    more = f", … and {len(elements) - FIRST:,} more" if len(elements) > FIRST else ""
    return f"{', '.join(count(number, kind) for kind, number in counts.items())}: {first}{more}"


def document(
    model: NetworkModel, one: ElementStanding, imports: Mapping[str, ImportedEdition] = NONE
) -> dict[str, Any]:
    """The same for programs."""
    return {
        "element": one.element,
        "powered": one.powered,
        "ways": [
            {
                "elementId": feed.element_id,
                "powerComes": comes,
                "through": [
                    {
                        "switch": way.switch,
                        "state": model.switches.get(way.switch, way.normally),
                        "normally": way.normally,
                    }
                    for way in feed.through
                ],
            }
            for feed, comes in one.ways
        ],
        "fedBy": _counted(one.fed_by),
        "inIt" if one.element.kind == "area" else "feeds": _counted(one.feeds),
        "darkWithout": one.dark,
        "customersServed": one.customers,
        "edition": imports.get(one.element.model.model_id),
    }


def _counted(elements: Sequence[NetworkElement]) -> dict[str, Any]:
    return {
        "count": len(elements),
        "byKind": dict(Counter(one.kind for one in elements)),
        "first": [{"elementId": one.element_id, "kind": one.kind, "name": one.name} for one in elements[:FIRST]],
    }
