"""Hand on what the notifier has of merged outages, as its background work does; without a database."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from schemas.contracts.restorations import MergeConfirmed
from services.merging.handing_on import Merged
from services.notifier.tables.merged import select

if TYPE_CHECKING:
    from tests.kits.deciders.notifier import City


def hand_on(city: City) -> None:
    """What is said of merged outages, to those that go on. `City.handed`: how many events of each were handed on."""
    for stream in [name for name in city.states if name.startswith("outage/")]:
        merged, after = city.states[stream].facts.merged, city.handed.get(stream, 0)
        log = city.log.get(stream, [])
        if merged is None or after == len(log):
            continue
        city.handed[stream] = len(log)
        for event in log[after:]:
            found = select(Merged(merged.mrid, merged.into, merged.merged_at), event)
            if found is not None:
                city.tell(f"outage/{merged.into}", found[1])
        hand_on(city)


def merge(when: datetime, mrid: str = "F1", into: str = "F2") -> MergeConfirmed:
    """The restorer says that it goes on as another outage."""
    return MergeConfirmed(mrid=mrid, into=into, merged_at=when, confirmed_at=when)
