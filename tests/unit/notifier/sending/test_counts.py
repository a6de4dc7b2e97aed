"""Texts are counted once each, by what became of them, under labels that no stranger can multiply."""

from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from schemas.contracts.messages import MessageUndelivered
from services.kernel.model import Event
from services.notifier.sending.counts import counts_of
from tests.kits.deciders.notifier import HOUR, City, at, customer, ert, started


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    return registry.get_sample_value(f"outage_{name}", labels) or 0.0


def told(city: City) -> list[Event]:
    return [event for log in city.log.values() for event in log]


def test_a_storys_texts_are_counted_by_what_became_of_them() -> None:
    city = City(at(5, 9), customer(), customer("school"), accept=False)
    city.hears(started(ert=at(5, 11)))
    city.accepts("hospital")
    city.receipt("delivered", city.texts()[0])
    city.refuses("bad-number", "school", code=21211)
    city.drops("school")
    registry = CollectorRegistry()
    counts_of(registry).add(told(city))
    assert counts_of(registry) is counts_of(registry)
    asked = len(city.requests()) + len(city.requests("school"))
    assert value(registry, "texts_requested_total", lane="key") == asked
    assert value(registry, "texts_accepted_total", found_by="answer") == 1
    assert value(registry, "texts_delivered_total") == 1
    assert value(registry, "texts_failed_total", scope="contact", reason="bad-number") == 1
    assert value(registry, "texts_expired_total") == 1
    assert value(registry, "contacts_unreached_total") == 1


def test_a_withdrawn_text_is_counted_too() -> None:
    city = City(at(5, 9), customer(), accept=False)
    city.hears(started(ert=at(5, 11)))
    city.hears(ert(at(5, 14), at(5, 9) + HOUR))
    registry = CollectorRegistry()
    counts_of(registry).add(told(city))
    assert value(registry, "texts_suppressed_total") == 1


@pytest.mark.parametrize(
    ("reason", "code", "scope", "label"),
    [
        ("undelivered", 30034, "sender", "sender-not-registered"),
        ("failed", 99_999, "doubtful", "unlisted-code"),
        ("no-number", None, "contact", "no-number"),
        ("whatever-somebody-writes", None, "contact", "other"),
    ],
)
def test_a_failure_is_counted_by_what_was_at_fault(reason: str, code: int | None, scope: str, label: str) -> None:
    failed = MessageUndelivered(message_id="m", customer_id="c", reason=reason, code=code, at=at(5, 9))
    registry = CollectorRegistry()
    counts_of(registry).add([Event("customer/c", 1, uuid4(), "message.undelivered.v1", failed, at(5, 9), "/t/1", "x")])
    assert value(registry, "texts_failed_total", scope=scope, reason=label) == 1
