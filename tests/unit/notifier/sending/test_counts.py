"""Texts are counted once each, by what became of them, under labels that no stranger can multiply."""

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from schemas.contracts.messages import MessageUndelivered
from services.kernel.model import Event
from services.notifier.domain.customer import reconcile
from services.notifier.sending.counts import WITHHELD, counts_of
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
    assert value(registry, "texts_failed_codes_total", scope="contact", code="21211") == 1
    assert value(registry, "texts_expired_total") == 1
    assert value(registry, "contacts_unreached_total") == 1


def test_a_withdrawn_text_is_counted_too() -> None:
    city = City(at(5, 9), customer(), accept=False)
    city.hears(started(ert=at(5, 11)))
    city.hears(ert(at(5, 14), at(5, 9) + HOUR))
    registry = CollectorRegistry()
    counts_of(registry).add(told(city))
    assert value(registry, "texts_suppressed_total") == 1
    assert value(registry, "texts_withheld_total", reason="superseded") == 1


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


def test_a_request_is_counted_in_its_lane_with_how_long_the_customer_waited_for_it() -> None:
    registry = CollectorRegistry()
    counts = counts_of(registry)
    counts.posted("critical", at(5, 9), at(5, 9) + timedelta(seconds=3))
    counts.posted("critical", at(5, 9), at(5, 8))
    counts.posted("critical", None, at(5, 9))
    assert value(registry, "texts_posted_total", lane="critical") == 3
    assert value(registry, "text_fact_to_post_seconds_count", lane="critical") == 2
    assert value(registry, "text_fact_to_post_seconds_sum", lane="critical") == 3, (
        "a clock that runs behind counts as none"
    )
    assert value(registry, "text_fact_to_post_seconds_bucket", lane="critical", le="2.0") == 1


def test_texts_in_doubt_show_how_many_they_are_and_since_when() -> None:
    registry = CollectorRegistry()
    counts_of(registry).doubt(2, timedelta(minutes=3))
    assert value(registry, "texts_unknown") == 2
    assert value(registry, "texts_unknown_oldest_age_seconds") == 180


def test_every_reason_for_which_a_story_withdraws_a_text_has_a_label_of_its_own() -> None:
    written = Path(reconcile.__file__).read_text(encoding="utf-8")
    named = set(
        re.findall(r'return "([a-z-]+)"', written[written.index("def _silence") : written.index("def stopped_text")])
    )
    assert named
    assert named <= WITHHELD
