"""Run one outage through restorer and notifier beside each other, in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from schemas.contracts.dispatch import Fact
from services.places.extents import names
from services.places.topology import NetworkModel
from services.restorer.domain.lifecycle import course_of
from tests.kits.deciders.notifier import City, customer
from tests.kits.deciders.restorer import (
    Outage,
    at,
)

WARDS = ("up-1", "up-2", "up-3")
LISTS: Mapping[str, str] = {
    "line": "lines",
    "section": "lines",
    "transformer": "transformers",
    "usagePoint": "usage_points",
}
NOW = at("12:00")
SAID = frozenset({"restoration.part.v1", "restoration.confirmed.v1", "restoration.refused.v1", "fact.accepted.v1"})


def known_by(network: NetworkModel) -> Iterator[tuple[str, str]]:
    """Elements by which a customer may be known alone, each with the list of an extent in which it stands."""
    for one in network.elements.values():
        if one.kind in LISTS:
            yield one.element_id, LISTS[one.kind]


class Both:
    """One outage in both services. What the restorer says reaches the notifier `lag` facts of dispatch later."""

    def __init__(self, *facts: Fact, lag: int = 0, network: NetworkModel | None = None) -> None:
        self.outage = Outage(network=network)
        wards = (customer(one, usage_points=(one,), lines=(), areas=()) for one in WARDS)
        self._named = dict(known_by(network)) if network is not None else {}
        nowhere: dict[str, Any] = {"lines": (), "areas": ()}
        others = (customer(one, **nowhere | {words: (one,)}) for one, words in self._named.items())
        self.city = City(NOW, *wards, *others)
        waiting: list[list[Any]] = []
        for fact in facts:
            before = len(self.outage.log)
            self.outage.hears(fact, now=NOW + timedelta(seconds=before))
            waiting.append([event.data for event in self.outage.log[before:] if event.type in SAID])
            self.city.hears(fact)
            if len(waiting) > lag:
                self.hear(waiting.pop(0))
        for words in waiting:
            self.hear(words)

    def hear(self, words: Sequence[Any]) -> None:
        for word in words:
            self.city.hears(word)

    def named_dark(self) -> set[str]:
        """Elements of the network that the outage names and that are off, by the restorer."""
        course = course_of(self.outage.state)
        if course.status in ("restored", "closed", "withdrawn"):
            return set()
        return {one for one, words in self._named.items() if one in names(course.remaining, words)}

    def named_held(self) -> set[str]:
        """Those at which the notifier holds whoever is known by their name alone."""
        extent = course_of(self.outage.state).extent
        mine = (one for one, words in self._named.items() if one in names(extent, words))
        return {one for one in mine if self.city.of(one).holding()}

    @property
    def dark(self) -> set[str]:
        """By the restorer."""
        course = course_of(self.outage.state)
        return set() if course.status in ("restored", "closed", "withdrawn") else set(course.remaining.usage_points)

    @property
    def held(self) -> set[str]:
        """By the notifier."""
        return {one for one in WARDS if self.city.of(one).holding()}
