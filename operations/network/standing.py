"""Say what feeds an element of the network as switches now stand, what it feeds, and how many customers that are. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from schemas.contracts.network import Feed, NetworkElement
from services.places.topology import NetworkModel, above, below, without_power
from services.places.topology.model import KINDS_NAMED
from services.places.topology.resolving import inside


@dataclass(frozen=True, slots=True)
class ElementStanding:
    """An element among the others."""

    element: NetworkElement
    powered: bool
    """Whether a way leads to it from a substation."""
    ways: tuple[tuple[Feed, bool], ...]
    """Each way by which power may come, and whether it comes that way now."""
    fed_by: tuple[NetworkElement, ...]
    """What power comes through, the nearest first."""
    feeds: tuple[NetworkElement, ...]
    """What it feeds, the nearest first; of an area what lies in it."""
    dark: int
    """How many of those have no power while it has none."""
    customers: int | None
    """Customers behind it and all of those; None where the model has no figure."""


def elements_called(model: NetworkModel, name: str) -> tuple[str, ...]:
    """The ids of all elements that go by a name or an id, however it is written."""
    return tuple(dict.fromkeys(one for words in KINDS_NAMED for one in model.called(words, name)))


def standing(model: NetworkModel, element_id: str) -> ElementStanding:
    """How an element of the model stands."""
    element = model.elements[element_id]
    is_area = element.kind == "area"
    sources = above(model, [element_id]) - {element_id}
    fed = inside(model, element_id) if is_area else below(model, [element_id]) - {element_id}
    return ElementStanding(
        element,
        powered=element_id in model.steps,
        ways=tuple((feed, _comes(model, element, feed)) for feed in element.fed_from),
        fed_by=tuple(model.elements[one] for one in reversed(_nearest(model, sources))),
        feeds=tuple(model.elements[one] for one in _nearest(model, fed)),
        dark=0 if is_area else len(without_power(model, [element_id])) - 1,
        customers=customers_served(model, fed | {element_id}),
    )


def _comes(model: NetworkModel, element: NetworkElement, feed: Feed) -> bool:
    here = element.element_id
    return here in model.steps and model.closed(feed) and feed.element_id in model.sources(here)


def customers_served(model: NetworkModel, ids: Collection[str]) -> int | None:
    """Customers behind elements, each once: where both a transformer and its points have a figure, the transformer's counts.

    None where none of them has a figure.
    """
    total, counted = None, set[str]()
    for one in _nearest(model, ids):
        figure = model.elements[one].customers_served
        if any(source in counted for source in model.sources(one)):
            counted.add(one)
        elif figure is not None:
            total = (total or 0) + figure
            counted.add(one)
    return total


def _nearest(model: NetworkModel, ids: Collection[str]) -> list[str]:
    """Those nearest to a substation first; what none reaches comes last."""
    return sorted(ids, key=lambda one: (model.steps.get(one, len(model.steps)), one))
