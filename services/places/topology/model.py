"""Hold a network model: its elements, which feeds which as switches now stand, and what each is called."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from schemas.contracts.network import ElementKind, Feed, NetworkElement, SwitchState
from services.places.names import normal

KINDS_NAMED: Final[Mapping[str, frozenset[ElementKind]]] = {
    "lines": frozenset({"line", "section"}),
    "areas": frozenset({"area"}),
    "transformers": frozenset({"transformer", "substation"}),
    "usage_points": frozenset({"usagePoint"}),
}
"""Which elements each list of an extent may name."""


class NetworkModel:
    """Elements by id. `switches`: those whose state is known; the others are in their normal state.

    Which way power goes is not written down: it comes to an element from those that are nearer to a substation.
    """

    def __init__(self, elements: Iterable[NetworkElement], switches: Mapping[str, SwitchState] | None = None) -> None:
        self.elements: Mapping[str, NetworkElement] = {one.element_id: one for one in elements}
        self.switches: Mapping[str, SwitchState] = dict(switches or {})
        self._within: dict[str, list[str]] = defaultdict(list)
        self._called: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._ways: dict[str, list[str]] = defaultdict(list)
        for one in self.elements.values():
            for source in self.neighbours(one.element_id):
                self._ways[source].append(one.element_id)
            for area in one.areas:
                self._within[area].append(one.element_id)
            for form in sorted({normal(name) for name in called(one)} - {""}):
                for words, kinds in KINDS_NAMED.items():
                    if one.kind in kinds:
                        self._called[words, form].append(one.element_id)
        self.steps: Mapping[str, int] = self._distances()
        """To the nearest substation along closed switches; of what none reaches there is none."""

    def roots(self) -> Iterator[str]:
        """Substations of which the model does not say where their power comes from: they have it."""
        yield from (
            one for one, element in self.elements.items() if element.kind == "substation" and not element.fed_from
        )

    def closed(self, feed: Feed) -> bool:
        """Whether power can come this way as switches now stand."""
        return all(self.switches.get(one.switch, one.normally) == "closed" for one in feed.through)

    def neighbours(self, element_id: str) -> tuple[str, ...]:
        """The elements from which power can come to this one as switches now stand."""
        element = self.elements.get(element_id)
        ways = () if element is None else element.fed_from
        return tuple(
            dict.fromkeys(one.element_id for one in ways if one.element_id in self.elements and self.closed(one))
        )

    def sources(self, element_id: str) -> tuple[str, ...]:
        """Those of them from which it does come: nearer to a substation; of what none reaches all."""
        return tuple(one for one in self.neighbours(element_id) if self._nearer(one, element_id))

    def fed(self, element_id: str) -> tuple[str, ...]:
        """The elements to which power comes from this one."""
        return tuple(one for one in self.reaches(element_id) if self._nearer(element_id, one))

    def reaches(self, element_id: str) -> tuple[str, ...]:
        """The elements to which power can come from this one as switches now stand."""
        return tuple(self._ways.get(element_id, ()))

    def _nearer(self, one: str, other: str) -> bool:
        there = self.steps.get(other)
        return there is None or self.steps.get(one, there) < there

    def _distances(self) -> dict[str, int]:
        found = dict.fromkeys(self.roots(), 0)
        front = list(found)
        while front:
            step = found[front[0]] + 1
            front = [next_ for one in front for next_ in self._ways.get(one, ()) if next_ not in found]
            found.update(dict.fromkeys(front, step))
            front = list(dict.fromkeys(front))
        return found

    def within(self, area: str) -> tuple[str, ...]:
        """The elements that the model puts into an area."""
        return tuple(self._within.get(area, ()))

    def called(self, words: str, name: str) -> tuple[str, ...]:
        """The elements that `name` may mean in one list of an extent: lines, areas, transformers or usage_points."""
        return tuple(self._called.get((words, normal(name)), ()))

    def names(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Each list of an extent with each normal name that may stand in it, and the elements that are called so."""
        yield from ((words, form, tuple(ids)) for (words, form), ids in sorted(self._called.items()))


def called(element: NetworkElement) -> tuple[str, ...]:
    """All that an element goes by: id, name, names in other languages. Not what may be shown of it: that is nobody's name."""
    return (element.element_id, element.name, *element.names.values())
