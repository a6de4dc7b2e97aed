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
    """Elements by id. `switches`: those known not to be in their normal state, or to be in it."""

    def __init__(self, elements: Iterable[NetworkElement], switches: Mapping[str, SwitchState] | None = None) -> None:
        self.elements: Mapping[str, NetworkElement] = {one.element_id: one for one in elements}
        self.switches: Mapping[str, SwitchState] = dict(switches or {})
        self._fed: dict[str, list[str]] = defaultdict(list)
        self._within: dict[str, list[str]] = defaultdict(list)
        self._called: dict[tuple[str, str], list[str]] = defaultdict(list)
        for one in self.elements.values():
            for source in self.sources(one.element_id):
                self._fed[source].append(one.element_id)
            for area in one.areas:
                self._within[area].append(one.element_id)
            for form in sorted({normal(name) for name in called(one)} - {""}):
                for words, kinds in KINDS_NAMED.items():
                    if one.kind in kinds:
                        self._called[words, form].append(one.element_id)

    def closed(self, feed: Feed) -> bool:
        """Whether power can come this way as switches now stand."""
        return feed.switch is None or self.switches.get(feed.switch, feed.normally) == "closed"

    def sources(self, element_id: str) -> tuple[str, ...]:
        """The elements from which power comes to this one now, as the model names them; some may not be there."""
        element = self.elements.get(element_id)
        return () if element is None else tuple(dict.fromkeys(f.element_id for f in element.fed_from if self.closed(f)))

    def fed(self, element_id: str) -> tuple[str, ...]:
        """The elements to which power comes from this one now."""
        return tuple(self._fed.get(element_id, ()))

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
