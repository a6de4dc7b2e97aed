"""The metrics of a poller, and its health: is the source read, what of it, is there a question for a person."""

from __future__ import annotations

from datetime import datetime

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector, generate_latest

from connectors.feeds.snapshots import ListResult


class FeedTelemetry:
    """One registry per object. No outage and no word of a list is a label; fields are the reader's own, and few."""

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"outage_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"outage_{name}", text, registry=registry)

        self._lists = counter("feed_lists_total", "Polls by what came of them", "outcome")
        self._rows = counter("feed_rows_total", "Rows of lists that were taken", "outcome")
        self._unknown = counter("feed_unknown_words_total", "Rows with a word that the reader does not know", "field")
        self._facts = counter("feed_events_total", "Facts that Kafka acknowledged")
        self._waiting = gauge("feed_waiting_events", "Facts that Kafka has not acknowledged")
        self._open = gauge("feed_open_outages", "Outages told and not restored")
        self._question = gauge("feed_vanished_outages", "Outages gone from a list that is not believed; 0: no question")
        self._changed = gauge(
            "feed_changed_timestamp_seconds", "Real time at which the list was last seen to be another than before"
        )
        self._proof = gauge(
            "feed_last_proof_timestamp_seconds", "Real time of the last list that could prove an outage over"
        )
        self._good = gauge("feed_last_good_timestamp_seconds", "Real time of the last list that was taken")

    def polled(self, outcome: str) -> None:
        """A poll came to `outcome`: the reason under which the list is counted, or why none came."""
        self._lists.labels(outcome).inc()

    def taken(self, result: ListResult, still_open: int, wall: datetime, *, proves: bool) -> None:
        """A list came, and was taken or refused; `proves`: it could show that an outage is over."""
        unreadable = result.counts.get("row-unreadable", 0)
        self._rows.labels("unreadable").inc(unreadable)
        self._rows.labels("read").inc(result.counts.get("rows", 0) - unreadable)
        for field, _ in result.unknown:
            self._unknown.labels(field).inc()
        self._open.set(still_open)
        self._question.set(0 if result.vanished is None else len(result.vanished.names))
        if result.refused is None:
            self._good.set(wall.timestamp())
        if proves:
            self._proof.set(wall.timestamp())

    def changed(self, wall: datetime) -> None:
        """The list is another than the one before."""
        self._changed.set(wall.timestamp())

    def facts(self, sent: int, waiting: int) -> None:
        """So many were acknowledged now, and so many wait."""
        self._facts.inc(sent)
        self._waiting.set(waiting)

    def render(self) -> bytes:
        """The registry as Prometheus reads it."""
        return generate_latest(self.registry)
