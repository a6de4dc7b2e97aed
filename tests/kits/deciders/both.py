"""Run one outage through restorer and notifier beside each other, in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from schemas.contracts.dispatch import Fact
from services.places.topology import NetworkModel
from services.restorer.domain.lifecycle import course_of
from tests.kits.deciders.notifier import City, customer
from tests.kits.deciders.restorer import (
    Outage,
    at,
)

WARDS = ("up-1", "up-2", "up-3")
NOW = at("12:00")
SAID = frozenset({"restoration.part.v1", "restoration.confirmed.v1", "restoration.refused.v1", "fact.accepted.v1"})


class Both:
    """One outage in both services. What the restorer says reaches the notifier `lag` facts of dispatch later."""

    def __init__(self, *facts: Fact, lag: int = 0, network: NetworkModel | None = None) -> None:
        self.outage = Outage(network=network)
        wards = (customer(one, usage_points=(one,), lines=(), areas=()) for one in WARDS)
        self.city = City(NOW, *wards, customer("shop", lines=("L1",), areas=()))
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

    @property
    def dark(self) -> set[str]:
        """By the restorer."""
        course = course_of(self.outage.state)
        return set() if course.status in ("restored", "closed", "withdrawn") else set(course.remaining.usage_points)

    @property
    def held(self) -> set[str]:
        """By the notifier."""
        return {one for one in WARDS if self.city.of(one).holding()}
