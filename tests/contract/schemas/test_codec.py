"""The codec: what goes in comes out, and what is wrong is named."""

import json
from typing import Any

import pytest

from schemas.cloudevent import CloudEvent, ContractError, content_hash, from_kafka, parse_structured, to_kafka
from schemas.golden import EXAMPLES, events
from schemas.strict import refuse_unknown_fields

GOLDEN = events()
HOME = {example.type: example.topic for example in EXAMPLES}
PLAN = GOLDEN["planned.requested.v1"]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def record(event: dict[str, Any] = PLAN, **headers: Any) -> tuple[str, bytes, dict[str, bytes], bytes]:
    """Topic, key, headers and value of an example, with headers replaced or (None) left out."""
    sent = to_kafka(parse_structured(event), HOME[event["type"]])
    changed = {**dict(sent.headers), **headers}
    return sent.topic, sent.key, {name: value for name, value in changed.items() if value is not None}, sent.value


def refusal(*given_record: Any) -> ContractError:
    with pytest.raises(ContractError) as caught:
        from_kafka(*given_record)
    return caught.value


def fields(event: CloudEvent) -> tuple[object, ...]:
    return event.source, event.id, event.type, event.time, event.subject, event.data, event.traceparent


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_what_is_written_in_binary_mode_is_read_back_the_same(name: str) -> None:
    event = parse_structured({**GOLDEN[name], "traceparent": TRACE})
    sent = to_kafka(event, HOME[event.type])
    assert fields(from_kafka(*sent)) == fields(event)
    assert fields(from_kafka(sent.topic, sent.key, dict(sent.headers), sent.value)) == fields(event)


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_structured_mode_is_read_as_the_same_event(name: str) -> None:
    event = parse_structured(GOLDEN[name])
    headers = {"content-type": b"application/cloudevents+json; charset=UTF-8"}
    key = to_kafka(event, HOME[event.type]).key
    read = from_kafka(HOME[event.type], key, headers, json.dumps(GOLDEN[name]).encode())
    assert fields(read) == fields(event)
    assert content_hash(read.body) == content_hash(event.body)


def test_a_promise_goes_only_where_it_is_told_to() -> None:
    promise = parse_structured(GOLDEN["promise.kept.v1"])
    assert to_kafka(promise, "outage.notices").key == promise.subject.encode()  # type: ignore[union-attr]
    with pytest.raises(ContractError, match=r"name one of outage\.messages, outage\.notices, outage\.restorations"):
        to_kafka(promise)
    with pytest.raises(ContractError, match="is not 'DJ-KC-0042'"):
        to_kafka(promise, "outage.messages")


@pytest.mark.parametrize(
    ("headers", "reason", "field"),
    [
        ({"ce_type": b"planned.requested.v9"}, "unknown-type", "ce_type"),
        ({"ce_type": None}, "unknown-type", "ce_type"),
        ({"ce_type": b"notice.withdrawn.v1"}, "wrong-topic", "ce_type"),
        ({"ce_id": None}, "missing-id", "ce_id"),
        ({"ce_id": b""}, "missing-id", "ce_id"),
        ({"ce_id": b"a\x00b"}, "wrong-type", "ce_id"),
        ({"ce_id": b"x" * 200}, "wrong-type", "ce_id"),
        ({"ce_id": b"\xff"}, "wrong-type", "ce_id"),
        ({"ce_source": None}, "missing-source", "ce_source"),
        ({"ce_time": None}, "bad-time", "ce_time"),
        ({"ce_time": b"yesterday"}, "bad-time", "ce_time"),
        ({"ce_time": b"2026-03-02T09:00:00"}, "bad-time", "ce_time"),
        ({"ce_time": b"0225-03-02T09:00:00Z"}, "bad-time", "ce_time"),
        ({"ce_time": b"0001-01-01T00:00:00+14:00"}, "bad-time", "ce_time"),
        ({"ce_time": b'2026-03-02T09:00:00Z","x":"'}, "bad-time", "ce_time"),
        ({"ce_subject": b"DJ-other"}, "key-mismatch", "ce_subject"),
        ({"ce_specversion": None}, "not-a-cloudevent", "ce_specversion"),
        ({"ce_specversion": b"0.3"}, "not-a-cloudevent", "ce_specversion"),
        ({"content-type": b"application/cloudevents+avro"}, "not-a-cloudevent", "content-type"),
    ],
)
def test_a_bad_header_is_named(headers: dict[str, Any], reason: str, field: str) -> None:
    error = refusal(*record(**headers))
    assert (error.reason, error.field) == (reason, field)
    assert error.problem
    assert error.remedy


@pytest.mark.parametrize(
    ("value", "reason", "field"),
    [
        (None, "empty-value", "value"),
        (b"", "empty-value", "value"),
        (b"not json", "not-json", "data"),
        (b'{"mRID":"DJ-2026', "not-json", "data"),
        (b'{"mRID":"\xff"}', "not-json", "data"),
        (b"\xef\xbb\xbf{}", "not-json", "data"),
        (b'{"x":' + b"[" * 100_000, "not-json", "data"),
        (b"[]", "wrong-type", "data"),
        (b"null", "wrong-type", "data"),
        (b"{}", "wrong-type", "mRID"),
    ],
)
def test_a_bad_value_is_named(value: bytes | None, reason: str, field: str) -> None:
    topic, key, headers, _ = record()
    error = refusal(topic, key, headers, value)
    assert (error.reason, error.field) == (reason, field)
    assert (error.source, error.id, error.type) == (PLAN["source"], PLAN["id"], PLAN["type"])


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"outageClass": "plannd"}, "outageClass", "write one of planned, temporary"),
        ({"revisionNumber": "1"}, "revisionNumber", "schemas/json/planned.requested.v1.json"),
        ({"requestedAt": "2026-03-02"}, "requestedAt", "RFC 3339"),
        ({"requestedAt": "2026-03-02T09:00:00"}, "requestedAt", "with its offset"),
        ({"requestedAt": "0225-03-02T09:00:00Z"}, "requestedAt", "check the year"),
        ({"plannedPeriod": {"start": "2026-03-12T08:00:00Z"}}, "plannedPeriod.end", "add it"),
        (
            {"plannedPeriod": {"start": "2026-03-12T08:00:00Z", "end": "2026-03-11T08:00:00Z"}},
            "plannedPeriod.end",
            "order of the two ends",
        ),
        ({"exceptions": [{"ruleId": "r", "approver": "a"}]}, "exceptions[0].reason", "add it"),
        ({"reason": "a\x00b"}, "data", "leave it out"),
    ],
)
def test_a_wrong_field_is_named_with_what_to_do(change: dict[str, Any], field: str, remedy: str) -> None:
    topic, key, headers, value = record()
    error = refusal(topic, key, headers, json.dumps({**json.loads(value), **change}).encode())
    assert error.reason == "wrong-type"
    assert error.field == field
    assert remedy in error.remedy


def test_a_backslash_that_only_looks_like_a_nul_is_let_through() -> None:
    topic, key, headers, value = record()
    kept = json.dumps({**json.loads(value), "reason": r"a\u0000b"}).encode()
    assert from_kafka(topic, key, headers, kept).data.reason == r"a\u0000b"  # type: ignore[attr-defined]


def test_a_line_break_at_the_end_of_an_outage_id_is_refused() -> None:
    # A regular expression's $ stands before a last line break too.
    topic, _, headers, value = record(ce_subject=None)
    data = {**json.loads(value), "mRID": "DJ-1\n"}
    assert refusal(topic, b"DJ-1\n", headers, json.dumps(data).encode()).reason == "wrong-type"


@pytest.mark.parametrize("key", [None, b"", b"DJ-other", b"\xff"])
def test_a_key_that_differs_from_the_outage_is_refused(key: bytes | None) -> None:
    topic, _, headers, value = record()
    error = refusal(topic, key, headers, value)
    assert (error.reason, error.field, error.id) == ("key-mismatch", "key", PLAN["id"])


def test_a_long_number_in_a_key_is_not_repeated() -> None:
    topic, _, headers, value = record()
    assert "447700900123" not in str(refusal(topic, b"+447700900123", headers, value))


@pytest.mark.parametrize(
    ("event", "reason", "field"),
    [
        (b"{", "not-json", "event"),
        (b"[1]", "not-a-cloudevent", "event"),
        ({"mRID": "DJ-1"}, "not-a-cloudevent", "data"),
        ({**PLAN, "specversion": "2.0"}, "not-a-cloudevent", "specversion"),
        ({**PLAN, "datacontenttype": "text/xml"}, "not-a-cloudevent", "datacontenttype"),
        ({**PLAN, "id": 17}, "wrong-type", "id"),
        ({**PLAN, "id": None}, "missing-id", "id"),
        ({**PLAN, "source": ""}, "missing-source", "source"),
        ({**PLAN, "time": "2026-03-02"}, "bad-time", "time"),
        ({**PLAN, "type": "planned.request.v1"}, "unknown-type", "type"),
        ({**PLAN, "subject": "DJ-other"}, "key-mismatch", "subject"),
        ({**PLAN, "data": "text"}, "wrong-type", "data"),
    ],
)
def test_a_bad_structured_event_is_named(event: Any, reason: str, field: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_structured(event)
    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_a_trace_that_is_none_is_dropped_not_refused() -> None:
    assert from_kafka(*record(traceparent=b"garbage")).traceparent is None
    assert from_kafka(*record(ce_traceparent=TRACE.encode())).traceparent == TRACE


def test_a_sender_hears_of_a_slip_that_readers_would_ignore() -> None:
    data = {**PLAN["data"], "extent": {**PLAN["data"]["extent"], "transformer": ["T1"]}}
    event = parse_structured({**PLAN, "data": data})
    with pytest.raises(ContractError, match="did you mean transformers") as caught:
        refuse_unknown_fields(event)
    assert (caught.value.reason, caught.value.field) == ("unknown-field", "extent.transformer")
