"""Filter the events a watcher wants: by outage, line, customer, writer and type. All that is given must hold. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from operations.history.subjects import customer_of, lines_of, mrid_of, mrids_of
from outagectl.commands.watch.lines import EarlierEvents, WatchedEvent
from services.places import normal

# The notifier's notes to itself, one for each customer an outage touches, and the provider's word at each step of a text,
# which the notifier says again where it counts. Only who asks for them gets them.
NOTES = frozenset({"customer.touched.v1", "receipt.received.v1"})


@dataclass(slots=True)
class WatchFilter:
    """What is asked for. `outages` grows by those that turn out to lie on the line."""

    outage: str | None = None
    line: str | None = None
    customer: str | None = None
    service: str | None = None
    type: str | None = None
    notes: bool = False
    outages: set[str] = field(default_factory=set)

    @property
    def all(self) -> bool:
        """Whether nothing is left out but the notes."""
        return not (self.outage or self.line or self.customer or self.service or self.type)

    def wants(self, told: WatchedEvent, memory: EarlierEvents) -> bool:
        """Whether this event is one of them. Ask in the order of the events: what lies on the line is learnt."""
        on_line = self._on_line(told, memory)
        return (
            on_line
            and (self.outage is None or self.outage in mrids(told, memory) or told.key == self.outage)
            and (self.customer is None or self._of_customer(told, memory))
            and (self.service is None or told.who.partition("/")[0] == self.service)
            and (self.type is None or _is(told.type, self.type))
            and (told.type not in NOTES or self.notes or bool(self.type) or self.service == "gateway")
        )

    def _of_customer(self, told: WatchedEvent, memory: EarlierEvents) -> bool:
        text = memory.text(told.event)
        return self.customer in (customer_of(told.event), text.customer_id if text else None)

    def _on_line(self, told: WatchedEvent, memory: EarlierEvents) -> bool:
        if self.line is None:
            return True
        wanted = normal(self.line)
        if any(normal(name) == wanted for name in lines_of(told.event)):
            self.outages |= mrids(told, memory)
            return True
        return bool(self.outages & mrids(told, memory))


def mrids(told: WatchedEvent, memory: EarlierEvents) -> set[str]:
    """The outages that an event speaks of."""
    named, text = mrid_of(told.event), memory.text(told.event)
    return {*([named] if named else ()), *mrids_of(told.event), *(text.mrids if text else ())}


def _is(type_name: str, pattern: str) -> bool:
    """`promise.*`, `message.delivered`, with or without the version."""
    return fnmatchcase(type_name, pattern) or fnmatchcase(type_name.rpartition(".v")[0], pattern)
