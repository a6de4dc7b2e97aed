"""Say whose word an event is, and which are told where a story is told: each once, by its owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from operations.history.decoding import decoded
from operations.history.history import HistoryEntry
from outagectl.words.sentences import WORDED
from outagectl.words.topics.dispatch import DISPATCH
from schemas.contracts.customers import CustomerErased
from schemas.contracts.messages import ContactUnreached, MessageExpired, MessageSuppressed, MessageUndelivered
from schemas.contracts.receipts import InboundReceived
from services.notifier.domain.events import TextDoubled
from services.restorer.domain.events import SupplyByModel, TerritoryByModel

# Whose word an event is. Others may note it down; it is told once, as its owner's.
OWNERS: Final[Mapping[str, str]] = {
    "plan": "planner",
    "notice": "planner",
    "restoration": "restorer",
    "followup": "restorer",
    "outage": "restorer",
}
# What the notifier tells that the lines about texts do not say. All else it records is another's word, or its own sums.
NOTIFIER_TELLS: Final = frozenset(
    {
        MessageSuppressed,
        MessageUndelivered,
        MessageExpired,
        ContactUnreached,
        CustomerErased,
        TextDoubled,
        InboundReceived,
    }
)


def speaks(entry: HistoryEntry) -> bool:
    """Whether an event has a line of its own; texts asked for, taken and delivered are told together."""
    kind = type(decoded(entry.type, entry.data))
    if kind in DISPATCH:
        return True
    if entry.service == "notifier":
        return kind in NOTIFIER_TELLS
    if kind in (SupplyByModel, TerritoryByModel):
        return False  # what a decision was made by, with every fact; the histories have it
    if entry.type.startswith("task."):
        return False  # what people have to do stands in a list of its own, and is raised as the clock has it
    owner = OWNERS.get(entry.type.partition(".")[0], entry.service)
    return owner == entry.service and entry.type in WORDED
