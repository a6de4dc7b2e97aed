"""Find what is wrong with a network model: what operators read before they trust it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from schemas.contracts.base import Extent
from services.places.extents import KINDS, names
from services.places.topology.model import NetworkModel
from services.places.topology.walks import below

Trouble = Literal[
    "not-there", "no-source", "loop", "two-ways", "one-name-for-two", "switch-called-as-element", "registered-nowhere"
]
MEANING: dict[Trouble, str] = {
    "not-there": "an element is fed from one, or lies in one, that the model does not have",
    "no-source": "as switches stand no way leads to it from a substation",
    "loop": "closed switches join elements to a ring: power can come to each on two ways",
    "two-ways": "power comes to it on more than one way at once",
    "one-name-for-two": "two elements of one kind are called so: whoever names them means both",
    "switch-called-as-element": "a switch has the id of an element",
    "registered-nowhere": "a customer is registered at a place that the model does not have",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `elements`: ids, of a loop all of them; `about`: a name or id that it is about."""

    trouble: Trouble
    elements: tuple[str, ...]
    about: str = ""


def check(model: NetworkModel) -> Iterator[Finding]:
    """All that is wrong with a model in itself."""
    yield from _missing(model)
    yield from _loops(model)
    yield from _unfed(model)
    yield from (
        Finding("two-ways", (one,), ", ".join(sources))
        for one in sorted(model.elements)
        if len(sources := model.sources(one)) > 1
    )
    yield from (
        Finding("one-name-for-two", ids, f"{words}: {form}") for words, form, ids in model.names() if len(ids) > 1
    )
    switches = {way.switch for one in model.elements.values() for feed in one.fed_from for way in feed.through}
    yield from (Finding("switch-called-as-element", (one,)) for one in sorted(switches & model.elements.keys()))


def check_registered(model: NetworkModel, registered: Iterable[tuple[str, Extent]]) -> Iterator[Finding]:
    """Customers, by id, with the places of their supplies: those that the model does not have."""
    for customer, places in registered:
        for kind in KINDS:
            yield from (
                Finding("registered-nowhere", (), f"{customer}: {name}")
                for name in names(places, kind)
                if not model.called(kind, name)
            )


def _missing(model: NetworkModel) -> Iterator[Finding]:
    for one in model.elements.values():
        wanted = dict.fromkeys((*(feed.element_id for feed in one.fed_from), *one.areas))
        yield from (Finding("not-there", (one.element_id,), name) for name in wanted if name not in model.elements)


def _unfed(model: NetworkModel) -> Iterator[Finding]:
    lit = below(model, (one for one, element in model.elements.items() if element.kind == "substation"))
    yield from (
        Finding("no-source", (one,))
        for one, element in sorted(model.elements.items())
        if one not in lit and element.kind != "area"
    )


def _loops(model: NetworkModel) -> Iterator[Finding]:
    """What is left when all that hangs on no more than one other element is taken away, again and again."""
    beside: dict[str, set[str]] = defaultdict(set)
    for one in model.elements:
        for other in model.neighbours(one):
            beside[one].add(other)
            beside[other].add(one)
    ends = [one for one, others in beside.items() if len(others) == 1]
    while ends:
        one = ends.pop()
        for other in beside.pop(one, ()):
            beside[other].discard(one)
            if len(beside[other]) == 1:
                ends.append(other)
    rest = {one for one, others in beside.items() if others}
    while rest:
        ring, front = set[str](), {min(rest)}
        while front:
            ring |= front
            front = {other for one in front for other in beside[one]} - ring
        rest -= ring
        yield Finding("loop", tuple(sorted(ring)))
