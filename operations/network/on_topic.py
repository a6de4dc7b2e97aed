"""Hold what the topic outage.network says, the last word on each element, switch and model; of each element as much as is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from operations.system.broker import each_record
from operations.system.location import Where
from schemas.cloudevent import ContractError, from_kafka
from schemas.contracts.base import Wire
from schemas.contracts.network import (
    TOPIC,
    NetworkElement,
    NetworkElementRemoved,
    NetworkModelImported,
    NetworkSwitched,
    SwitchState,
)
from services.kernel.model import Record

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Takes how much is done, and of how much."""


@dataclass(slots=True)
class HeardNetwork(Generic[T]):
    """The network as the topic has it. `keep`: what is kept of an element."""

    keep: Callable[[NetworkElement], T]
    whole: dict[str, NetworkModelImported] = field(default_factory=dict)
    """By model id the edition that is there whole."""
    newest: dict[str, datetime] = field(default_factory=dict)
    """By model id the date of the newest edition that any word is of."""
    unreadable: int = 0
    _elements: defaultdict[str, dict[str, T]] = field(default_factory=lambda: defaultdict(dict))
    _switched: dict[str, NetworkSwitched] = field(default_factory=dict)

    def of(self, model_id: str) -> Mapping[str, T]:
        """What is kept of a model's elements, by element id."""
        return self._elements.get(model_id, {})

    def elements(self) -> Iterator[T]:
        """What is kept of all elements."""
        for kept in self._elements.values():
            yield from kept.values()

    def switches(self) -> dict[str, SwitchState]:
        """The state of each switch that is known to have been thrown."""
        return {switch: word.state for switch, word in self._switched.items()}

    def editions(self) -> dict[str, NetworkModelImported | None]:
        """By model id its newest edition, None where that is not there whole."""
        said = {model: self.whole.get(model) for model in sorted(self.newest)}
        return {model: word if word and word.date == self.newest[model] else None for model, word in said.items()}

    def owner(self, element_id: str) -> str | None:
        """The model that an element is of."""
        return next((model for model, kept in self._elements.items() if element_id in kept), None)

    def hear(self, record: Record) -> None:
        """One record, in the order of its partition."""
        if record.value is None:
            self._forget((record.key or b"").decode(errors="replace"))
            return
        try:
            word = from_kafka(record.topic, record.key, record.headers, record.value).data
        except ContractError:
            self.unreadable += 1
        else:
            if isinstance(word, Wire):
                self.take(word)

    def take(self, word: Wire) -> None:
        """One word, later than all before on its key."""
        match word:
            case NetworkElement():
                if self.owner(word.element_id) != word.model.model_id:
                    self._forget(word.element_id)
                self._elements[word.model.model_id][word.element_id] = self.keep(word)
                self._date(word.model.model_id, word.model.date)
            case NetworkElementRemoved():
                self._forget(word.element_id)
                self._date(word.model.model_id, word.model.date)
            case NetworkModelImported():
                self.whole[word.model_id] = word
                self._date(word.model_id, word.date)
            case NetworkSwitched():
                # Compaction keeps the last word, and it need not be of the latest instant.
                before = self._switched.get(word.switch)
                if before is None or before.at <= word.at:
                    self._switched[word.switch] = word
            case _:
                pass

    def _forget(self, key: str) -> None:
        for kept in self._elements.values():
            kept.pop(key, None)
        self.whole.pop(key, None)
        self._switched.pop(key, None)

    def _date(self, model_id: str, date: datetime) -> None:
        self.newest[model_id] = max(date, self.newest.get(model_id, date))


async def heard(where: Where, keep: Callable[[NetworkElement], T], progress: Progress | None = None) -> HeardNetwork[T]:
    """What the topic says now.

    Raises:
        Away: the broker cannot be reached, or has no such topic.

    """
    found = HeardNetwork(keep)
    async for record in each_record(where, TOPIC, progress):
        found.hear(record)
    return found
