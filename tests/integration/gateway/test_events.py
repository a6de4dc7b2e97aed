"""Dispatch over HTTP: every event is taken once, answered for, and never called taken before Kafka has it."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from operations.duty.republish import EVER, forget_taken
from schemas.cloudevent import from_kafka
from services.gateway.dispatch import taken
from services.gateway.dispatch.tokens import Token, digest_of, make
from services.kernel.clock import SystemClock
from tests.kits.stack.gateway import BATCH, STRUCTURED, Served, a_source, event, on_topic, prepare, rows, served


@pytest.fixture
async def gateway(kafka: str, postgres: str, tmp_path: Path) -> AsyncIterator[Served]:
    await prepare(kafka, postgres)
    async with served(kafka, postgres, tmp_path) as made:
        yield made


async def test_an_event_is_on_kafka_under_its_outage_when_it_is_called_taken(gateway: Served, kafka: str) -> None:
    source = a_source()
    reply = await gateway.post(event(source, "7"))
    assert reply.status == 202
    assert reply.body == {"outcome": "taken", "source": source, "id": "7", "eventType": "enquiry.received.v1"}
    (record,) = await on_topic(kafka, source)
    assert record.key == b"F-7"
    assert from_kafka(record.topic, record.key, record.headers, record.value).id == "7"


async def test_an_honest_retry_is_already_taken_however_it_is_written_down(
    gateway: Served, kafka: str, postgres: str
) -> None:
    source = a_source()
    said = event(source, "1", subject=None)
    assert (await gateway.post(said)).status == 202
    turned = {key: said[key] for key in reversed(said)} | {"data": dict(reversed(list(said["data"].items())))}
    loose = json.dumps(turned, indent=3).encode()
    later = said | {"time": "2026-03-05T10:00:00+08:00"}
    for again in (said, loose, later):
        reply = await gateway.post(again)
        assert (reply.status, reply.body["outcome"]) == (200, "already-taken")
    assert len(await on_topic(kafka, source)) == 1
    assert list(await rows(postgres, source)) == ["1"]


async def test_what_kafka_has_lost_is_taken_again_once_an_operator_has_the_gateway_forget_it(
    gateway: Served, kafka: str, postgres: str
) -> None:
    source = a_source()
    await gateway.post(event(source, "1"))
    connection = await asyncpg.connect(postgres)
    try:
        (row,) = await forget_taken(connection, EVER, dry_run=True)
        assert (row["service"], row["topic"]) == ("gateway", "outage.dispatch")
        assert row["events"] >= 1
        assert (await gateway.post(event(source, "1"))).body["outcome"] == "already-taken", "nothing was changed"
        later = SystemClock().now() + timedelta(hours=1)
        assert await forget_taken(connection, later) == []
        assert (await gateway.post(event(source, "1"))).body["outcome"] == "already-taken", "it was taken before that"
        await forget_taken(connection, EVER)
        assert (await gateway.post(event(source, "1"))).status == 202
    finally:
        await connection.close()
    assert [record.headers["ce_id"] for record in await on_topic(kafka, source)] == [b"1", b"1"]


async def test_the_same_id_with_other_content_is_a_conflict_and_goes_nowhere(gateway: Served, kafka: str) -> None:
    source = a_source()
    await gateway.post(event(source))
    reply = await gateway.post(event(source, subject="something else"))
    assert reply.status == 409
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert (reply.body["reason"], reply.body["field"]) == ("id-reused", "id")
    assert len(await on_topic(kafka, source)) == 1


async def test_the_same_id_with_another_type_is_a_conflict(gateway: Served) -> None:
    source = a_source()
    data = {"mRID": "F-1", "clearedAt": "2026-03-05T09:12:00+08:00"}
    reopened = {"mRID": "F-1", "reopenedAt": "2026-03-05T09:12:00+08:00"}
    await gateway.post(event(source) | {"type": "cause.cleared.v1", "data": data})
    reply = await gateway.post(event(source) | {"type": "outage.reopened.v1", "data": reopened})
    assert reply.status == 409


async def test_the_same_event_written_otherwise_is_already_taken(gateway: Served, kafka: str) -> None:
    source = a_source()
    await gateway.post(event(source, receivedAt="2026-03-05T01:12:00.500Z"))
    for received in ("2026-03-05T01:12:00.500000+00:00", "2026-03-05T09:12:00.5+08:00"):
        reply = await gateway.post(event(source, receivedAt=received, subject=None))
        assert (reply.status, reply.body["outcome"]) == (200, "already-taken")
    assert len(await on_topic(kafka, source)) == 1


async def test_binary_mode_says_the_same_as_structured_mode(gateway: Served, kafka: str) -> None:
    source = a_source()
    whole = event(source)
    headers = {f"ce-{name}": whole[name] for name in ("specversion", "id", "type", "time")}
    headers |= {"ce-source": quote(source, safe=""), "ce-subject": '"F-1"'}
    reply = await gateway.post(whole["data"], kind="application/json; charset=UTF-8", headers=headers)
    assert reply.status == 202
    assert (await gateway.post(whole)).body["outcome"] == "already-taken"
    (record,) = await on_topic(kafka, source)
    assert record.headers["ce_source"] == source.encode()


async def test_a_batch_keeps_its_good_events_and_answers_for_each(gateway: Served, kafka: str) -> None:
    source = a_source()
    await gateway.post(event(source, "old"))
    batch = [event(source, "a"), event(source, "b", receivedAt="soon"), event(source, "old"), 17, event(source, "a")]
    reply = await gateway.post(batch, kind=BATCH)
    assert reply.status == 207
    assert reply.outcomes == ["taken", "refused", "already-taken", "refused", "already-taken"]
    assert {name: reply.body[name] for name in ("taken", "alreadyTaken", "refused")} == {
        "taken": 1,
        "alreadyTaken": 2,
        "refused": 2,
    }
    bad = reply.body["events"][1]
    assert (bad["id"], bad["field"], bad["reason"]) == ("b", "receivedAt", "wrong-type")
    assert bad["remedy"].startswith("write an RFC 3339 instant")
    assert {record.headers["ce_id"] for record in await on_topic(kafka, source)} == {b"old", b"a"}


async def test_the_events_of_a_batch_reach_their_outage_in_order(gateway: Served, kafka: str) -> None:
    source = a_source()
    names = [f"{n:03}" for n in range(300, 0, -1)]
    reply = await gateway.post([event(source, name, mRID="F-same") for name in names], kind=BATCH)
    assert (reply.status, reply.body["taken"]) == (202, 300)
    assert [record.headers["ce_id"].decode() for record in await on_topic(kafka, source)] == names
    reply = await gateway.post([event(source, name, mRID="F-same") for name in names], kind=BATCH)
    assert (reply.status, reply.body["alreadyTaken"]) == (200, 300)


async def test_an_empty_batch_is_fine_and_an_all_bad_one_is_refused(gateway: Served) -> None:
    reply = await gateway.post([], kind=BATCH)
    assert (reply.status, reply.body["events"]) == (200, [])
    reply = await gateway.post([{}, event(a_source()) | {"type": "outage.vanished.v1"}], kind=BATCH)
    assert reply.status == 422
    assert [one["reason"] for one in reply.body["events"]] == ["not-a-cloudevent", "unknown-type"]


async def test_of_many_twins_at_once_at_two_gateways_one_is_taken(
    gateway: Served, kafka: str, postgres: str, tmp_path: Path
) -> None:
    source = a_source()
    async with served(kafka, postgres, tmp_path) as other:
        asked = [one.post(event(source, str(n % 3))) for n in range(60) for one in (gateway, other)]
        replies = await asyncio.gather(*asked)
    outcomes = [reply.body["outcome"] for reply in replies]
    assert outcomes.count("taken") == 3
    assert outcomes.count("already-taken") == 117
    assert len(await on_topic(kafka, source)) == 3


REFUSED = {
    "no JSON": (b"{", STRUCTURED, 400, "not-json"),
    "no object": (b"[]", STRUCTURED, 400, "not-a-cloudevent"),
    "no batch": (b"{}", BATCH, 400, "not-a-cloudevent"),
    "no ce- headers": (b"{}", "application/json", 400, "not-a-cloudevent"),
    "no UTF-8": (b"\xff", STRUCTURED, 400, "not-json"),
    "other media type": (b"{}", "text/plain", 415, "not-acceptable-media-type"),
    "other charset": (b"{}", STRUCTURED + "; charset=latin-1", 415, "not-acceptable-media-type"),
    "too large": (b" " * 1_000_001, STRUCTURED, 413, "too-large"),
    "too many": (json.dumps([{}] * 501).encode(), BATCH, 413, "too-many-events"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_read_is_answered_with_a_reason(gateway: Served, case: str) -> None:
    body, kind, status, reason = REFUSED[case]
    reply = await gateway.post(body, kind=kind)
    assert (reply.status, reply.body["reason"], reply.body["status"]) == (status, reason, status)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.body["remedy"]


BROKEN = {
    "a slip of the pen": ({"recievedAt": "2026-03-05T09:12:00+08:00"}, {}, "unknown-field"),
    "a type of our own": ({}, {"type": "notice.published.v1"}, "wrong-type"),
    "a customer's type": ({}, {"type": "customer.erased.v1"}, "wrong-type"),
    "another key": ({}, {"subject": "F-2"}, "key-mismatch"),
    "no zone": ({}, {"time": "2026-03-05T09:12:00"}, "bad-time"),
    "no id": ({}, {"id": ""}, "missing-id"),
    "a control character": ({}, {"id": "a\u0000b"}, "wrong-type"),
    "a number that no column holds": (
        {},
        {
            "type": "curtailment.ordered.v1",
            "data": {
                "mRID": "F-1",
                "orderedAt": "2026-03-05T09:12:00+08:00",
                "plannedPeriod": {"start": "2026-03-05T10:00:00+08:00", "end": "2026-03-05T12:00:00+08:00"},
                "extent": {"lines": ["10千伏城东线"]},
                "schemeStep": 3_000_000_000,
            },
        },
        "out-of-bounds",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_an_event_that_breaks_its_contract_goes_nowhere(gateway: Served, kafka: str, case: str) -> None:
    source = a_source()
    data, envelope, reason = BROKEN[case]
    reply = await gateway.post(event(source, **data) | envelope)
    assert (reply.status, reply.body["reason"]) == (422, reason)
    assert reply.body["field"]
    assert await on_topic(kafka, source) == []


async def test_a_type_that_services_say_is_refused_over_http(gateway: Served) -> None:
    erased = {"customerId": "C-1", "erasedAt": "2026-03-05T09:12:00+08:00"}
    reply = await gateway.post(event(a_source()) | {"type": "customer.erased.v1", "data": erased})
    assert (reply.status, reply.body["reason"]) == (422, "wrong-topic")


async def test_a_token_speaks_only_for_its_own_sources_and_types(gateway: Served, kafka: str) -> None:
    secret, source = make(), a_source()
    gateway.allow(Token("east", digest_of(secret), (source + "/*",), frozenset({"enquiry.received.v1"})))
    gateway.gateway.tokens.refresh()
    assert (await gateway.post(event(source + "/a"), token=secret)).status == 202
    for other in (source, "/dispatch/west"):
        reply = await gateway.post(event(other), token=secret)
        assert (reply.status, reply.body["reason"]) == (403, "source-not-allowed")
    data = {"mRID": "F-1", "clearedAt": "2026-03-05T09:12:00+08:00"}
    reply = await gateway.post(event(source + "/a") | {"type": "cause.cleared.v1", "data": data}, token=secret)
    assert (reply.status, reply.body["reason"]) == (403, "type-not-allowed")
    assert await on_topic(kafka, source) == []


async def test_without_a_known_token_nothing_is_read(gateway: Served) -> None:
    reply = await gateway.send("POST", "/v1/events", data=b"{}", headers={"Content-Type": STRUCTURED})
    assert (reply.status, reply.body["reason"]) == (401, "no-token")
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    reply = await gateway.post(event(a_source()), token=make())
    assert (reply.status, reply.body["reason"]) == (401, "unknown-token")


async def test_with_the_token_file_gone_nobody_is_taken_until_it_is_back(gateway: Served) -> None:
    source = a_source()
    assert (await gateway.post(event(source, "1"))).status == 202
    file = gateway.gateway.settings.gateway_tokens
    assert file is not None
    kept = file.read_bytes()
    file.unlink()
    gateway.gateway.tokens.refresh()
    reply = await gateway.post(event(source, "2"))
    assert (reply.status, reply.body["reason"]) == (503, "tokens-away")
    assert reply.headers["Retry-After"]
    why_not_ready = " ".join(gateway.gateway.health.ready())
    assert "token" not in why_not_ready, "the provider's webhooks are still taken"
    file.write_bytes(kept)
    gateway.gateway.tokens.refresh()
    assert (await gateway.post(event(source, "2"))).status == 202


async def test_who_sends_too_fast_is_told_when_to_come_again(gateway: Served) -> None:
    secret, source = make(), a_source()
    gateway.allow(Token("slow", digest_of(secret), ("*",), frozenset({"*"}), rate=0.001))
    gateway.gateway.tokens.refresh()
    batch = [event(source, str(n)) for n in range(20)]
    assert (await gateway.post(batch, kind=BATCH, token=secret)).status == 202
    reply = await gateway.post(event(source), token=secret)
    assert (reply.status, reply.body["reason"]) == (429, "too-fast")
    assert int(reply.headers["Retry-After"]) > 1_000
    assert (await gateway.post(event(source, "0"))).status == 200  # another system is not held up


async def test_what_became_of_events_is_counted_and_no_source_is_a_label(gateway: Served) -> None:
    source = a_source()
    await gateway.post(event(source))
    await gateway.post(event(source, receivedAt="soon"))
    text = await gateway.metrics()
    assert 'outage_gateway_events_total{outcome="taken",reason="none"} 1.0' in text
    assert 'outage_gateway_events_total{outcome="refused",reason="wrong-type"} 1.0' in text
    assert 'outage_gateway_requests_total{status="202"} 1.0' in text
    assert source not in text


async def test_old_rows_are_forgotten_in_small_steps(gateway: Served, postgres: str) -> None:
    source, now = a_source(), SystemClock().now()
    # Younger than what the gateway itself forgets meanwhile.
    connection = await asyncpg.connect(postgres, server_settings={"search_path": taken.SCHEMA})
    try:
        await connection.executemany(
            "insert into taken (source, id, digest, type, at) values ($1, $2, '', 'enquiry.received.v1', $3)",
            [(source, str(n), now - timedelta(days=n)) for n in range(50)],
        )
        steps = [await taken.prune(connection, now - timedelta(days=40), 4) for _ in range(4)]
    finally:
        await connection.close()
    assert steps == [4, 4, 1, 0]
    assert len(await rows(postgres, source)) == 41


async def test_what_is_not_there_is_a_problem_too(gateway: Served) -> None:
    reply = await gateway.send("GET", "/v1/events")
    assert (reply.status, reply.body["reason"]) == (405, "method-not-allowed")
    assert reply.headers["Allow"] == "POST"
    assert (await gateway.send("GET", "/v1/nothing")).body["reason"] == "not-found"
