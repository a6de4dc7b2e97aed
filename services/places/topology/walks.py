"""Walk a network model along closed switches: what feeds an element, what it feeds, and what is dark without it."""

from collections.abc import Callable, Collection, Iterable
from itertools import chain
from typing import Protocol


class WiredElements(Protocol):
    """What is wired to what as switches stand: a whole model (NetworkModel), or a part of one (NetworkPart)."""

    def sources(self, element_id: str, /) -> Iterable[str]:
        """From where power comes to an element."""
        ...

    def fed(self, element_id: str, /) -> Iterable[str]:
        """Where power goes to from it."""
        ...

    def neighbours(self, element_id: str, /) -> Iterable[str]:
        """From where power could come to it."""
        ...

    def reaches(self, element_id: str, /) -> Iterable[str]:
        """Where power could go to from it."""
        ...


def above(model: WiredElements, ids: Iterable[str]) -> frozenset[str]:
    """These elements and everything through which power comes to them."""
    return _reached(ids, model.sources)


def below(model: WiredElements, ids: Iterable[str]) -> frozenset[str]:
    """These elements and everything to which power comes through them, other ways or none."""
    return _reached(ids, model.fed)


def without_power(model: WiredElements, ids: Collection[str]) -> frozenset[str]:
    """These elements, and what has no power while they have none: what is fed another way keeps it.

    What lies outside what they feed is taken to have power: this says what these mean, not what else is out.

    >>> from datetime import UTC, datetime
    >>> from schemas.contracts.network import Feed, ModelRef, NetworkElement
    >>> from services.places.topology.model import NetworkModel
    >>> edition = ModelRef(model_id="m", date=datetime(2026, 3, 1, tzinfo=UTC))
    >>> def element(id, *fed, kind="section"): return NetworkElement(
    ...     element_id=id, kind=kind, name=id, fed_from=tuple(Feed(element_id=one) for one in fed), model=edition)
    >>> first, second = (element(one, kind="substation") for one in "ab")
    >>> ring = NetworkModel([first, second, element("c", "a"), element("d", "a", "b"), element("e", "d")])
    >>> sorted(without_power(ring, {"a"}))
    ['a', 'c']
    """
    named = frozenset(ids)
    perhaps = below(model, named)
    # A way in from elsewhere, and all that it leads to on the way down; a loop without one does not feed itself.
    entries = [one for one in perhaps - named if not perhaps.issuperset(model.neighbours(one))]
    return perhaps - _reached(entries, lambda one: (next_ for next_ in model.reaches(one) if next_ not in named))


def _reached(ids: Iterable[str], onward: Callable[[str], Iterable[str]]) -> frozenset[str]:
    found, front = set[str](), list(ids)
    while front:
        found.update(front)
        front = [one for one in dict.fromkeys(chain.from_iterable(map(onward, front))) if one not in found]
    return frozenset(found)
