"""Turn a network of nodes, branches and switches into elements and what may feed what.

Node-breaker models (CIM, SimBench) say which terminals meet at which node. Here an element is fed by what lies on the side of
the source; where a ring can be closed, elements of the ring may feed each other, so that switching finds the other way.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.contracts.network import Feed, SwitchBetween, SwitchState


class Switch(NamedTuple):
    """Between two nodes."""

    switch_id: str
    nodes: tuple[str, str]
    closed: bool


@dataclass(slots=True)
class Wiring:
    """Elements by id with the nodes at which their terminals are: one or two; of a busbar all its own.

    `sources`: elements that have power of themselves. `busbars`: those through which others of their station feed each other.
    """

    terminals: Mapping[str, Sequence[str]]
    switches: Iterable[Switch]
    sources: frozenset[str]
    busbars: frozenset[str] = frozenset()
    _beside: dict[str, list[tuple[str, Switch]]] = field(default_factory=lambda: defaultdict(list))
    _at: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    _station: dict[str, int] = field(default_factory=dict)
    _nodes: list[list[str]] = field(default_factory=list)
    _bars: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Find the stations: nodes that switches join, open ones too."""
        for switch in self.switches:
            for here, there in (switch.nodes, switch.nodes[::-1]):
                self._beside[here].append((there, switch))
        for element, nodes in self.terminals.items():
            self._bars.update(nodes if element in self.busbars | self.sources else ())
            for node in dict.fromkeys(nodes):
                self._at[node].append(element)
        for node in (*self._at, *self._beside):
            if node not in self._station:
                self._nodes.append(self._reach(node))

    def ways(self) -> dict[str, tuple[Feed, ...]]:
        """What may feed each element; of a source nothing."""
        found: dict[str, list[Feed]] = {element: [] for element in self.terminals}
        ring, enters = self._ring(), self._entries()
        bars = self.sources | self.busbars
        passing = ring | bars
        for number, nodes in enumerate(self._nodes):
            here = [(element, node) for node in nodes for element in self._at.get(node, ())]
            giving = [one for one in here if one[0] in passing or enters.get(one[0]) != number]
            for element, node in giving:
                paths = self._paths(node)
                for other, there in here:
                    if there in self._bars and bars.isdisjoint((element, other)):
                        continue  # they meet at a busbar, and that is an element of its own
                    takes = (other in ring and element in passing) or enters.get(other) == number
                    if other != element and other not in self.sources and takes and there in paths:
                        found[other].append(Feed(element_id=element, through=paths[there]))
        return {element: tuple(_once(feeds)) for element, feeds in found.items()}

    def _reach(self, start: str) -> list[str]:
        number, nodes = len(self._nodes), [start]
        self._station[start] = number
        for node in nodes:
            for there, _ in self._beside.get(node, ()):
                if there not in self._station:
                    self._station[there] = number
                    nodes.append(there)
        return nodes

    def _stations(self, element: str) -> list[int]:
        return list(dict.fromkeys(self._station[node] for node in self.terminals[element]))

    def _entries(self) -> dict[str, int]:
        """The station at which power comes to each element in the normal state, or, where none does, over open switches."""
        found: dict[str, int] = {}
        # Nearest first, each open switch farther than any number of closed ones.
        front: list[tuple[int, int, str]] = []
        seen: dict[str, tuple[int, int]] = {}

        def offer(node: str, far: tuple[int, int]) -> None:
            if far < seen.get(node, (1 << 60, 0)):
                seen[node] = far
                heapq.heappush(front, (*far, node))

        for source in self.sources:
            for node in self.terminals[source]:
                offer(node, (0, 0))
        while front:
            open_, steps, node = heapq.heappop(front)
            if (open_, steps) != seen[node]:
                continue
            for there, switch in self._beside.get(node, ()):
                offer(there, (open_ + (not switch.closed), steps + 1))
            for element in self._at.get(node, ()):
                if element not in self.sources and element not in found:
                    found[element] = self._station[node]
                    for there in self.terminals[element]:
                        offer(there, (open_, steps + 1))
        return found

    def _ring(self) -> frozenset[str]:
        """Elements that may get power from either side: what is left when whatever ends blindly is taken away."""
        joins = {element: self._stations(element) for element in self.terminals if element not in self.sources}
        joins = {element: stations for element, stations in joins.items() if len(stations) > 1}
        fixed = {station for source in self.sources for station in self._stations(source)}
        at: dict[int, set[str]] = defaultdict(set)
        for element, stations in joins.items():
            for station in stations:
                at[station].add(element)
        ends = [station for station, elements in at.items() if len(elements) == 1 and station not in fixed]
        while ends:
            for element in at.pop(ends.pop(), set()):
                for station in joins.pop(element, ()):
                    at[station].discard(element)
                    if len(at[station]) == 1 and station not in fixed:
                        ends.append(station)
        return frozenset(joins)

    def _paths(self, start: str) -> dict[str, tuple[SwitchBetween, ...]]:
        """From a node to each other of its station the switches between, as few open ones as can be; not past a busbar."""
        found: dict[str, tuple[SwitchBetween, ...]] = {}
        front: list[tuple[int, int, str, tuple[tuple[str, SwitchState], ...]]] = [(0, 0, start, ())]
        while front:
            open_, steps, node, path = heapq.heappop(front)
            if node in found:
                continue
            found[node] = tuple(SwitchBetween(switch=switch, normally=state) for switch, state in path)
            if node != start and node in self._bars:
                continue
            for there, switch in self._beside.get(node, ()):
                if there not in found:
                    state: SwitchState = "closed" if switch.closed else "open"
                    further = (*path, (switch.switch_id, state))
                    heapq.heappush(front, (open_ + (not switch.closed), steps + 1, there, further))
        return found


def _once(feeds: Iterable[Feed]) -> Iterator[Feed]:
    seen = set[str]()
    for feed in sorted(feeds, key=lambda one: sum(way.normally == "open" for way in one.through)):
        if feed.element_id not in seen:
            seen.add(feed.element_id)
            yield feed
