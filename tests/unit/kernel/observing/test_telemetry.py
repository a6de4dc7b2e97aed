"""Metrics: the names that alerts and dashboards rely on, and no label that can grow without end."""

from datetime import UTC, datetime

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from services.kernel.observing.telemetry import AGE, Telemetry

AT = datetime(2026, 5, 1, 6, tzinfo=UTC)

CONTRACT = {
    "outage_events_consumed_total": {"consumer_group", "topic", "event_type"},
    "outage_events_failed_total": {"consumer_group", "reason"},
    "outage_dead_letters_total": {"topic", "reason"},
    "outage_event_processing_duration_seconds_count": set(),
    "outage_event_age_seconds_count": set(),
    "outage_consumer_lag_records": {"consumer_group", "topic", "partition"},
    "outage_consumer_last_progress_timestamp_seconds": {"consumer_group", "topic", "partition"},
    "outage_consumer_assigned_partitions": {"consumer_group"},
    "outage_consumer_rebalances_total": {"consumer_group"},
    "outage_event_appends_total": {"outcome"},
    "outage_event_append_duration_seconds_count": set(),
    "outage_projection_lag_events": {"projection"},
    "outage_projection_last_applied_timestamp_seconds": {"projection"},
    "outage_outbox_pending_messages": set(),
    "outage_outbox_oldest_age_seconds": set(),
    "outage_schema_version": set(),
    "outage_build_info": {"version", "revision"},
    "outage_dependency_up": {"dependency"},
    "outage_standing_timestamp_seconds": set(),
    "outage_standing_raised_timestamp_seconds": set(),
}


def fed() -> Telemetry:
    telemetry = Telemetry("planner", revision="abc123")
    telemetry.assigned(3)
    telemetry.consumed("outage.dispatch", "planned.requested.v1", 2)
    telemetry.quarantined("outage.dispatch", "not-json")
    telemetry.processed(0.01)
    telemetry.event_age(2)
    telemetry.lag(("outage.dispatch", 0), 7)
    telemetry.progress(("outage.dispatch", 0), AT)
    telemetry.rebalanced()
    telemetry.appended(5)
    telemetry.append_took(0.02)
    telemetry.append_failed("conflict")
    telemetry.projection("board", 4, AT)
    telemetry.outbox(6, 1.5)
    telemetry.published(9)
    telemetry.timer_lateness(0.2)
    telemetry.schema_version(3)
    telemetry.dependency("postgres", up=True)
    telemetry.standing(AT, AT)
    return telemetry


def value(telemetry: Telemetry, name: str, **labels: str) -> float | None:
    return telemetry.registry.get_sample_value(name, labels)


def samples(telemetry: Telemetry) -> dict[str, set[str]]:
    families = parse(telemetry.render().decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


@pytest.mark.parametrize("name", CONTRACT)
def test_a_metric_of_the_contract_is_there_with_its_labels(name: str) -> None:
    assert samples(fed())[name] == CONTRACT[name]


def test_no_metric_is_labelled_with_an_id_or_a_number_to_call() -> None:
    allowed = {
        "le",
        "consumer_group",
        "topic",
        "partition",
        "event_type",
        "reason",
        "outcome",
        "projection",
        "dependency",
    }
    for name, labels in samples(fed()).items():
        assert labels <= allowed | {"version", "revision"}, name


def test_no_time_of_creation_is_published_beside_each_counter() -> None:
    assert not [name for name in samples(fed()) if name.endswith("_created")]


def test_what_is_fed_is_what_is_shown() -> None:
    telemetry = fed()
    place = {"consumer_group": "planner", "topic": "outage.dispatch", "partition": "0"}
    assert value(telemetry, "outage_consumer_lag_records", **place) == 7
    assert value(telemetry, "outage_consumer_last_progress_timestamp_seconds", **place) == AT.timestamp()
    assert value(telemetry, "outage_event_appends_total", outcome="ok") == 5
    assert value(telemetry, "outage_event_appends_total", outcome="conflict") == 1
    assert value(telemetry, "outage_schema_version") == 3


def test_a_partition_given_away_is_no_longer_shown_as_behind() -> None:
    telemetry = fed()
    telemetry.assigned(0)
    assert "outage_consumer_lag_records" not in samples(telemetry)


def test_types_invented_by_a_sender_are_counted_as_other() -> None:
    telemetry = Telemetry("planner", known_types=["planned.requested.v1"])
    for number in range(100):
        telemetry.consumed("outage.dispatch", f"invented.{number}")
    telemetry.consumed("outage.dispatch", "planned.requested.v1")
    labels = {"consumer_group": "planner", "topic": "outage.dispatch"}
    assert value(telemetry, "outage_events_consumed_total", **labels, event_type="other") == 100
    assert value(telemetry, "outage_events_consumed_total", **labels, event_type="planned.requested.v1") == 1
    assert value(telemetry, "outage_events_consumed_total", **labels, event_type="invented.0") is None


def test_an_event_from_a_clock_that_runs_ahead_has_no_negative_age() -> None:
    telemetry = Telemetry("planner")
    telemetry.event_age(-5)
    telemetry.timer_lateness(-5)
    assert value(telemetry, "outage_event_age_seconds_bucket", le=str(AGE[0])) == 1
    assert value(telemetry, "outage_event_age_seconds_sum") == 0


def test_two_in_one_process_do_not_disturb_each_other() -> None:
    one, two = Telemetry("planner"), Telemetry("notifier")
    one.published(1)
    assert value(two, "outage_outbox_published_total") == 0
