"""Count what customers answer: texts by what they mean, and who said STOP and START. Prometheus; labels from closed lists only."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Final, get_args
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter

from schemas.contracts.messages import CallbackAnswered
from services.kernel.model import Event
from services.notifier.domain.replies.events import (
    HandsetOptedIn,
    HandsetOptedOut,
    ReplyMeaning,
    ReplyReceived,
    ReplyToRead,
)

POWER: Final = ("back", "off")


class ReplyCounts:
    """Counters of one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._replies = Counter(
            "outage_replies_total", "Texts that came in, by what they mean", ("meaning",), registry=registry
        )
        self._to_read = Counter(
            "outage_replies_to_read_total", "Times a person had to read a text that came in", registry=registry
        )
        self._switched = Counter(
            "outage_handsets_switched_total", "Numbers that said STOP or START", ("to",), registry=registry
        )
        self._called_back = Counter(
            "outage_callbacks_answered_total",
            "Customers who said after a repair whether power is back",
            ("power",),
            registry=registry,
        )
        for meaning in get_args(ReplyMeaning):
            self._replies.labels(meaning)
        for to in ("stop", "start"):
            self._switched.labels(to)
        for power in POWER:
            self._called_back.labels(power)

    def add(self, events: Iterable[Event]) -> None:
        """Events that were committed."""
        for event in events:
            match event.data:
                case ReplyReceived(meaning=meaning):
                    self._replies.labels(meaning).inc()
                case ReplyToRead():
                    self._to_read.inc()
                case HandsetOptedOut():
                    self._switched.labels("stop").inc()
                case HandsetOptedIn():
                    self._switched.labels("start").inc()
                case CallbackAnswered(power=power):
                    self._called_back.labels(power).inc()
                case _:
                    pass


_counts: WeakKeyDictionary[CollectorRegistry, ReplyCounts] = WeakKeyDictionary()


def reply_counts_of(registry: CollectorRegistry) -> ReplyCounts:
    """The counters of a registry, made when first asked for."""
    with suppress(KeyError):
        return _counts[registry]
    made = _counts[registry] = ReplyCounts(registry)
    return made
