"""Tell one customer what a list says of one outage, and keep what they read and when: without servers, the clock runs ahead."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from connectors.feeds.snapshots import StatedEvent
from schemas.contracts.dispatch import OutageListedAgain, OutageStarted, SupplyPerhapsRestored, SupplyRestored
from schemas.contracts.restorations import RestorationConfirmed
from services.notifier.domain.customer.conversation import RequestedText
from services.notifier.domain.customer.texts.supply_texts import PERHAPS_BACK
from tests.kits.deciders.notifier import City, customer

PERHAPS = (SupplyPerhapsRestored, OutageListedAgain)
AFTERWARDS = timedelta(hours=2)


@dataclass(frozen=True)
class ToldOutage:
    """What a list said of one outage, and the texts that somebody there got."""

    events: Sequence[StatedEvent]
    texts: Sequence[RequestedText]

    def untrue(self) -> list[RequestedText]:
        """Texts that power is off, sent after it was back by our own later word; that it may be back is true either way."""
        back = [(event.data.restored_at, event.time) for event in self.events if isinstance(event.data, SupplyRestored)]
        return [
            text
            for text in self.texts
            if text.meant.believes == "out"
            and not text.meant.says.startswith(PERHAPS_BACK)
            and any(since < text.said_at < said for since, said in back)
        ]


def by_outage(events: Iterable[StatedEvent]) -> Iterator[list[StatedEvent]]:
    """The facts of each outage that names an area, in the order in which they were stated."""
    for _, own in groupby(sorted(events, key=lambda one: one.key), key=lambda one: one.key):
        mine = list(own)
        if any(isinstance(one.data, OutageStarted) and one.data.extent.areas for one in mine):
            yield mine


def told(
    events: Sequence[StatedEvent],
    *,
    perhaps: bool = True,
    after_each: Callable[[City, StatedEvent], None] | None = None,
) -> ToldOutage:
    """`events`, of one outage, as a key customer in its area hears of them. Without `perhaps` as it was before ADR 35.

    The restorer's part is taken as said: what is claimed to be back is confirmed at once.
    """
    start = next(one.data for one in events if isinstance(one.data, OutageStarted))
    city = City(events[0].time, customer(lines=(), areas=start.extent.areas[:1]))
    for event in events:
        if isinstance(event.data, PERHAPS) and not perhaps:
            continue
        city.moves_to(event.time)
        city.hears(event.data)
        if isinstance(event.data, SupplyRestored):
            city.hears(_confirmed(event.data, event.time))
        if after_each is not None:
            after_each(city, event)
    city.moves_to(events[-1].time + AFTERWARDS)
    return ToldOutage(events, city.texts("hospital", "accepted", "delivered"))


def _confirmed(fact: SupplyRestored, at: datetime) -> RestorationConfirmed:
    return RestorationConfirmed(mrid=fact.mrid, restored_at=fact.restored_at, confirmed_at=at, reason="all-restored")
