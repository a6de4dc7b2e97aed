"""Declare the Prometheus metrics of one process. Names and labels are a contract with alerts; no ids as labels."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from importlib.metadata import version as version_of

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from services.kernel.model import TopicPartition

PACKAGE = "outage-notice"
OTHER = "other"
FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
AGE = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 30, 60, 120, 300, 900, 3600, 86_400)


class Telemetry:
    """The metrics the kernel feeds; one registry per object. Services add their own to `registry`.

    `known_types` closes the list of event types: what a stranger invents is counted as "other", or a sender could fill
    the memory of whoever scrapes.
    """

    def __init__(self, service: str, *, known_types: Collection[str] = (), revision: str = "unknown") -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._group, self._types = service, frozenset(known_types)
        place = ("consumer_group", "topic", "partition")

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"outage_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"outage_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"outage_{name}", text, buckets=buckets, registry=registry)

        self._consumed = counter("events_consumed_total", "Records taken", "consumer_group", "topic", "event_type")
        self._failed = counter("events_failed_total", "Records that could not be judged", "consumer_group", "reason")
        self._dead = counter("dead_letters_total", "Records put into quarantine", "topic", "reason")
        self._duration = histogram("event_processing_duration_seconds", "One batch, decoded to committed", FAST)
        self._age = histogram("event_age_seconds", "Domain time from an event to its decision", AGE)
        self._lag = gauge("consumer_lag_records", "Records behind the end of the partition", *place)
        self._progress = gauge(
            "consumer_last_progress_timestamp_seconds",
            "Real time of the last advance, or look that found nothing waiting",
            *place,
        )
        self._assigned = gauge("consumer_assigned_partitions", "Partitions this process reads", "consumer_group")
        self._rebalances = counter("consumer_rebalances_total", "Assignments taken away or given", "consumer_group")
        self._appends = counter(
            "event_appends_total", "Events appended (ok); transactions that met a conflict or failed (error)", "outcome"
        )
        self._append_duration = histogram(
            "event_append_duration_seconds", "One transaction that judges and appends", FAST
        )
        self._projection_lag = gauge("projection_lag_events", "Events a projection is behind the log", "projection")
        self._projection_at = gauge(
            "projection_last_applied_timestamp_seconds", "Decision time of the last event applied", "projection"
        )
        self._outbox = gauge("outbox_pending_messages", "Messages not yet acknowledged by Kafka")
        self._outbox_age = gauge("outbox_oldest_age_seconds", "Age of the oldest of them")
        self._questions = gauge("open_questions", "Facts that cannot be so, held until somebody answers")
        self._published = counter("outbox_published_total", "Messages acknowledged by Kafka")
        self._lateness = histogram("timer_lateness_seconds", "Domain time from a deadline to its verdict", AGE)
        self._parked = gauge("streams_parked", "Streams that wait behind a message which could not be judged")
        self._valid = gauge(
            "quarantine_valid_open", "Valid messages that wait for a person: failed, or behind one that did"
        )
        self._unreadable = gauge("quarantine_unreadable_open", "Records not understood that wait for a person")
        self._waits_age = gauge("quarantine_oldest_valid_age_seconds", "Domain time the oldest valid one of them waits")
        self._schema = gauge("schema_version", "Migrations applied in this service's schema")
        self._standing = gauge(
            "standing_timestamp_seconds",
            "Domain time up to which the whole service knows all facts, lowest of its partitions",
        )
        self._raised = gauge(
            "standing_raised_timestamp_seconds",
            "Real time at which that was last said, by the one that said it longest ago",
        )
        self._dependency = gauge(
            "dependency_up", "1 while it answers within its limit, 0 while it is away", "dependency"
        )
        build = gauge("build_info", "1, labelled with what runs", "version", "revision")
        build.labels(version_of(PACKAGE), revision).set(1)

    def consumed(self, topic: str, event_type: str, n: int = 1) -> None:
        """Records of a topic have been taken."""
        known = not self._types or event_type in self._types
        self._consumed.labels(self._group, topic, event_type if known else OTHER).inc(n)

    def quarantined(self, topic: str, reason: str) -> None:
        """A record went into quarantine; `reason` is from a closed list."""
        self._failed.labels(self._group, reason).inc()
        self._dead.labels(topic, reason).inc()

    def processed(self, seconds: float) -> None:
        """A batch was taken, in real seconds."""
        self._duration.observe(seconds)

    def event_age(self, seconds: float) -> None:
        """An event was judged so many domain seconds after it happened."""
        self._age.observe(max(seconds, 0))

    def lag(self, place: TopicPartition, records: int) -> None:
        """So many records of a partition are still to be taken."""
        self._lag.labels(self._group, *place).set(records)

    def progress(self, place: TopicPartition, wall: datetime) -> None:
        """A partition was seen to advance, or to have nothing waiting, at this real instant."""
        self._progress.labels(self._group, *place).set(wall.timestamp())

    def assigned(self, partitions: int) -> None:
        """This process reads so many partitions; what was known of others is forgotten, and learnt again."""
        self._assigned.labels(self._group).set(partitions)
        self._lag.clear()
        self._progress.clear()

    def rebalanced(self) -> None:
        """The group rebalanced its partitions."""
        self._rebalances.labels(self._group).inc()

    def appended(self, events: int) -> None:
        """Events were appended."""
        self._appends.labels("ok").inc(events)

    def append_failed(self, outcome: str) -> None:
        """A transaction of the write path met a conflict and is tried again (`conflict`), or failed (`error`)."""
        self._appends.labels(outcome).inc()

    def append_took(self, seconds: float) -> None:
        """A transaction of the write path was committed, in real seconds."""
        self._append_duration.observe(seconds)

    def projection(self, name: str, behind: int, applied: datetime) -> None:
        """A projection is so many events behind and stands at this decision time."""
        self._projection_lag.labels(name).set(behind)
        self._projection_at.labels(name).set(applied.timestamp())

    def outbox(self, pending: int, oldest_seconds: float) -> None:
        """So many messages wait for Kafka, the oldest for so long."""
        self._outbox.set(pending)
        self._outbox_age.set(oldest_seconds)

    def questions(self, still_open: int) -> None:
        """So many questions are still without an answer, over all streams."""
        self._questions.set(still_open)

    def published(self, messages: int) -> None:
        """Kafka acknowledged messages."""
        self._published.inc(messages)

    def timer_lateness(self, seconds: float) -> None:
        """A timer fired so many domain seconds after it was due."""
        self._lateness.observe(max(seconds, 0))

    def waiting(self, streams: int, valid: int, unreadable: int, oldest_seconds: float) -> None:
        """So much waits for a person: parked streams, valid messages behind a failure, records nobody could read."""
        self._parked.set(streams)
        self._valid.set(valid)
        self._unreadable.set(unreadable)
        self._waits_age.set(oldest_seconds)

    def schema_version(self, migrations: int) -> None:
        """The schema holds so many migrations."""
        self._schema.set(migrations)

    def standing(self, caught_up: datetime, raised: datetime) -> None:
        """The service knows all facts up to `caught_up` (domain time), as its workers last said at `raised` (real)."""
        self._standing.set(caught_up.timestamp())
        self._raised.set(raised.timestamp())

    def dependency(self, name: str, *, up: bool) -> None:
        """A dependency (postgres, kafka) answers, or does not."""
        self._dependency.labels(name).set(up)

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return prometheus_client.generate_latest(self.registry)
