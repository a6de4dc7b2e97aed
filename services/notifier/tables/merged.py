"""Say what of a merged outage's log concerns the one that goes on: what is so of it, and what happened since."""

from schemas.contracts.dispatch import FieldFact
from services.kernel.model import Event
from services.merging.handing_on import Merged, Selected, as_word
from services.merging.words import handed_on, is_of_survivor
from services.notifier.domain.events import TRUTH_JOINS
from services.notifier.domain.outage.decider import FACT_TYPES
from services.notifier.domain.outage.joined import TruthJoins


def select(merged: Merged, event: Event) -> Selected:
    """What an event comes to for the one that goes on. What the restorer says of it, it says of that one itself."""
    data = event.data
    if isinstance(data, TruthJoins):
        return (TRUTH_JOINS, data) if data.mrid == merged.mrid else None
    if isinstance(data, FieldFact) and event.type in FACT_TYPES and is_of_survivor(data, merged.merged_at):
        return as_word(handed_on(data, merged.into))
    return None
