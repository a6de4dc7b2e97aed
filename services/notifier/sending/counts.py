"""Count texts: requested, accepted, delivered, failed and why, expired, waiting. Prometheus; labels from closed lists only.

Counted after the commit, each by the process that wrote the event: the sum over all workers is the truth since they began.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

import asyncpg
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from schemas.contracts.messages import (
    ContactUnreached,
    MessageAccepted,
    MessageDelivered,
    MessageExpired,
    MessageRequested,
    MessageSuppressed,
    MessageUndelivered,
)
from schemas.contracts.promises import TYPES as PROMISES
from schemas.contracts.promises import Promise
from services.kernel.adapters.away import DATABASE
from services.kernel.clock import Clock
from services.kernel.model import Event
from services.kernel.observing.every import every
from services.kernel.queries import queries
from services.notifier.domain.customer.decider import PROVIDER_GONE
from services.notifier.domain.customer.lanes import LANE_RANK
from services.notifier.domain.customer.owing.rules import KEYS
from services.notifier.domain.customer.reconcile import OPTED_OUT, PERHAPS
from services.notifier.domain.customer.talk_limits import ENOUGH
from services.notifier.domain.events import TextDoubled
from services.notifier.domain.handset.caps import HELD
from services.notifier.domain.provider.code_rules import UNLISTED
from services.notifier.domain.provider.codes import CODES, rule_for
from services.notifier.domain.provider.routing import BARRED

SQL = queries(Path(__file__).parents[1] / "sql" / "circuit.sql")
LOOK_SECONDS: Final = 2.0
WAITS: Final = (0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)
OTHER: Final = "other"
WITHHELD: Final = frozenset(
    (
        *("superseded", ENOUGH, "already-told", "outage-withdrawn", "supply-said-to-be-back", "outage-over"),
        *("not-settled-yet", "no-longer-true", PERHAPS, "work-began", "notice-withdrawn", "customer-erased", OPTED_OUT),
        *HELD,
    )
)
"""Reasons for which a text is withdrawn."""
OBLIGATIONS: Final = {rule_id: obligation for obligation, rule_id in KEYS.items()}
"""What is promised to customers, by the rule's id."""
SAID: Final = {kind: name.removeprefix("promise.").removesuffix(".v1") for name, kind in PROMISES.items()}
# Reasons of failures that no code of the provider's explains.
REASONS: Final = frozenset(rule.reason for rule in CODES.values()) | {UNLISTED, "no-number"} | BARRED


class TextCounts:
    """Counters of one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requested = Counter("outage_texts_requested_total", "Texts asked for", ("lane",), registry=registry)
        self._accepted = Counter(
            "outage_texts_accepted_total",
            "Texts a provider took, by how that is known",
            ("found_by",),
            registry=registry,
        )
        self._delivered = Counter("outage_texts_delivered_total", "Texts that arrived", registry=registry)
        self._failed = Counter(
            "outage_texts_failed_total",
            "Texts that did not arrive, by what was at fault",
            ("scope", "reason"),
            registry=registry,
        )
        self._expired = Counter(
            "outage_texts_expired_total",
            "Texts whose last useful moment passed before a provider took them",
            registry=registry,
        )
        self._suppressed = Counter(
            "outage_texts_suppressed_total", "Texts withdrawn before they went out", registry=registry
        )
        self._withheld = Counter(
            "outage_texts_withheld_total",
            "Texts withdrawn before they went out, by why",
            ("reason",),
            registry=registry,
        )
        self._codes = Counter(
            "outage_texts_failed_codes_total",
            "Texts that did not arrive, by what was at fault and the provider's code",
            ("scope", "code"),
            registry=registry,
        )
        self._posted = Counter(
            "outage_texts_posted_total", "Requests that were written to the provider", ("lane",), registry=registry
        )
        self._waited = Histogram(
            "outage_text_fact_to_post_seconds",
            "Domain time from what a text tells being known, or from when it might go, to its request",
            ("lane",),
            buckets=WAITS,
            registry=registry,
        )
        self._unknown = Gauge(
            "outage_texts_unknown", "Texts of which nobody can say whether the provider has them", registry=registry
        )
        self._unknown_age = Gauge(
            "outage_texts_unknown_oldest_age_seconds",
            "Real time since the oldest of them was posted",
            registry=registry,
        )
        self._doubled = Counter(
            "outage_texts_doubled_total",
            "Texts with a second provider id: somebody may hold them twice",
            registry=registry,
        )
        self._unreached = Counter(
            "outage_contacts_unreached_total",
            "Times nobody could be told by text: a person must act",
            registry=registry,
        )
        self._waiting = Gauge("outage_texts_waiting", "Texts ready to be sent", ("lane",), registry=registry)
        self._promises = Counter(
            "outage_customer_promises_total",
            "Words about promises to customers, by what was promised and what was said of it",
            ("obligation", "said"),
            registry=registry,
        )
        for obligation in OBLIGATIONS.values():
            for said in SAID.values():
                self._promises.labels(obligation, said)
        for lane in LANE_RANK:
            self._requested.labels(lane)
            self._posted.labels(lane)
            self._waited.labels(lane)
            self._waiting.labels(lane).set(0)

    def add(self, events: Iterable[Event]) -> None:
        """Events that were committed."""
        for event in events:
            match event.data:
                case MessageRequested(lane=lane):
                    self._requested.labels(lane).inc()
                case MessageAccepted(found_by=found_by):
                    self._accepted.labels(found_by).inc()
                case MessageDelivered():
                    self._delivered.inc()
                case MessageUndelivered() as failed:
                    scope, reason = _fault(failed)
                    self._failed.labels(scope, reason).inc()
                    self._codes.labels(scope, str(failed.code) if failed.code in CODES else OTHER).inc()
                case MessageExpired():
                    self._expired.inc()
                case MessageSuppressed(reason=reason):
                    self._suppressed.inc()
                    self._withheld.labels(reason if reason in WITHHELD else OTHER).inc()
                case TextDoubled():
                    self._doubled.inc()
                case ContactUnreached():
                    self._unreached.inc()
                case Promise(customer_id=str(), rule=rule) as word if rule.rule_id in OBLIGATIONS:
                    self._promises.labels(OBLIGATIONS[rule.rule_id], SAID[type(word)]).inc()
                case _:
                    pass

    def wait(self, lane: str, texts: int) -> None:
        """So many texts of a lane wait for the sender."""
        self._waiting.labels(lane).set(texts)

    def posted(self, lane: str, since: datetime | None, at: datetime) -> None:
        """A request was written at the instant `at`; what it tells waited `since`."""
        self._posted.labels(lane).inc()
        if since is not None:
            self._waited.labels(lane).observe(max((at - since).total_seconds(), 0.0))

    def doubt(self, texts: int, age: timedelta) -> None:
        """So many texts wait for a verdict, the oldest for so long."""
        self._unknown.set(texts)
        self._unknown_age.set(age.total_seconds())


def _fault(failed: MessageUndelivered) -> tuple[str, str]:
    """Scope and reason of a failure: by the provider's code; without one the sender said the reason itself."""
    if failed.code is not None:
        rule = rule_for(failed.code)
        return rule.scope, rule.reason
    if failed.reason == PROVIDER_GONE:
        return "account", PROVIDER_GONE
    return "contact", failed.reason if failed.reason in REASONS else OTHER


_counts: WeakKeyDictionary[CollectorRegistry, TextCounts] = WeakKeyDictionary()


def counts_of(registry: CollectorRegistry) -> TextCounts:
    """The counters of a registry, made when first asked for."""
    with suppress(KeyError):
        return _counts[registry]
    made = _counts[registry] = TextCounts(registry)
    return made


async def watch_waiting(pool: asyncpg.Pool, registry: CollectorRegistry, clock: Clock) -> None:
    """Keep the gauge of waiting texts, until cancelled."""
    counts = counts_of(registry)

    async def look() -> None:
        found = {row["lane"]: row["n"] for row in await pool.fetch(SQL["waiting"], clock.now())}
        for lane in LANE_RANK:
            counts.wait(lane, found.get(lane, 0))
        (doubt,) = await pool.fetch(SQL["in_doubt_since"])
        counts.doubt(doubt["n"], clock.wall() - doubt["since"] if doubt["n"] else timedelta(0))

    await every(LOOK_SECONDS, look, cures=DATABASE, waits="how many texts wait cannot be seen")
