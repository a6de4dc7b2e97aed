"""Find what is wrong with a network model: what operators read before they trust it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from schemas.contracts.base import Extent
from services.places.extents import KINDS, names
from services.places.topology.model import NetworkModel

Trouble = Literal[
    "not-there", "no-source", "loop", "two-ways", "one-name-for-two", "switch-called-as-element", "registered-nowhere"
]
MEANING: dict[Trouble, str] = {
    "not-there": "an element is fed from one, or lies in one, that the model does not have",
    "no-source": "as switches stand no way leads to it from a substation",
    "loop": "elements name each other as their source, and no substation feeds them",
    "two-ways": "power comes to it on more than one way: as meant where a grid of high voltage is meshed or two transformers feed "
    "one busbar, else a tie that should be open",
    "one-name-for-two": "two elements of one kind are called so: whoever names them means both",
    "switch-called-as-element": "a switch has the id of an element",
    "registered-nowhere": "a customer is registered at a place that the model does not have",
}


@dataclass(frozen=True, slots=True)
class NetworkFinding:
    """One thing that is wrong. `elements`: ids, of a loop all of them; `about`: a name or id that it is about."""

    trouble: Trouble
    elements: tuple[str, ...]
    about: str = ""


def check(model: NetworkModel) -> Iterator[NetworkFinding]:
    """All that is wrong with a model in itself."""
    yield from _missing(model)
    yield from _loops(model)
    yield from _unfed(model)
    yield from _rings(model)
    yield from (
        NetworkFinding("one-name-for-two", ids, f"{words}: {form}")
        for words, form, ids in model.names()
        if len(ids) > 1
    )
    switches = {way.switch for one in model.elements.values() for feed in one.fed_from for way in feed.through}
    yield from (NetworkFinding("switch-called-as-element", (one,)) for one in sorted(switches & model.elements.keys()))


def check_registered(model: NetworkModel, registered: Iterable[tuple[str, Extent]]) -> Iterator[NetworkFinding]:
    """Customers, by id, with the places of their supplies: those that the model does not have."""
    for customer, places in registered:
        for kind in KINDS:
            yield from (
                NetworkFinding("registered-nowhere", (), f"{customer}: {name}")
                for name in names(places, kind)
                if not model.called(kind, name)
            )


def _missing(model: NetworkModel) -> Iterator[NetworkFinding]:
    for one in model.elements.values():
        wanted = dict.fromkeys((*(feed.element_id for feed in one.fed_from), *one.areas))
        yield from (
            NetworkFinding("not-there", (one.element_id,), name) for name in wanted if name not in model.elements
        )


def _unfed(model: NetworkModel) -> Iterator[NetworkFinding]:
    yield from (
        NetworkFinding("no-source", (one,))
        for one, element in sorted(model.elements.items())
        if one not in model.steps and element.kind != "area"
    )


def _rings(model: NetworkModel) -> Iterator[NetworkFinding]:
    """Elements to which power comes on two ways: from two that are nearer, or from one as near that hangs on another one."""
    for one in sorted(model.elements):
        if one not in model.steps:
            continue
        sources = model.sources(one)
        beside = [
            other
            for other in model.neighbours(one)
            if model.steps.get(other) == model.steps[one] and not set(model.sources(other)) & set(sources)
        ]
        if len(sources) + len(beside) > 1:
            yield NetworkFinding("two-ways", (one,), ", ".join((*sources, *beside)))


def _loops(model: NetworkModel) -> Iterator[NetworkFinding]:
    """Of what no substation reaches, what is left when all that has no source in it, or feeds nothing in it, is taken away."""
    left = model.elements.keys() - model.steps.keys()
    for onward, back in ((model.fed, model.sources), (model.sources, model.fed)):
        waits = {one: sum(way in left for way in back(one)) for one in left}
        ends = [one for one in left if not waits[one]]
        while ends:
            one = ends.pop()
            left.discard(one)
            for way in onward(one):
                if way in left:
                    waits[way] -= 1
                    if not waits[way]:
                        ends.append(way)
    while left:
        ring, front = set[str](), {min(left)}
        while front:
            ring |= front
            front = {way for one in front for way in (*model.fed(one), *model.sources(one)) if way in left} - ring
        left -= ring
        yield NetworkFinding("loop", tuple(sorted(ring)))
