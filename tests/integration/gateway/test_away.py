"""Dispatch over HTTP when something is away, slow, wrong or dies: nothing is called taken that is not, nothing is lost."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest
from structlog.testing import capture_logs

from devstack.servers.ports import free_port
from devstack.twilio.carrier.signing import sign
from services.gateway import limits
from services.gateway.dispatch import intake
from services.gateway.dispatch.tokens import Token, digest_of, make
from services.gateway.twilio import webhooks
from services.kernel.adapters.kafka import Produce, Producer
from services.kernel.running import http_server
from tests.kits.stack.gateway import (
    BATCH,
    NOWHERE,
    STRUCTURED,
    Served,
    a_source,
    environment,
    event,
    on_topic,
    prepare,
    rows,
    served,
    token_for_all,
    write,
)
from tests.kits.waiting import until

NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"
SECONDS = 30.0


@pytest.fixture
async def gateway(kafka: str, postgres: str, tmp_path: Path) -> AsyncIterator[Served]:
    await prepare(kafka, postgres)
    async with served(kafka, postgres, tmp_path) as made:
        yield made


async def test_without_kafka_the_answer_is_try_again_and_nothing_is_remembered(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    await prepare(kafka, postgres)
    source = a_source()
    async with served(NOWHERE, postgres, tmp_path) as gateway:
        reply = await gateway.post(event(source))
        assert (reply.status, reply.body["reason"]) == (503, "kafka-away")
        assert int(reply.headers["Retry-After"]) >= 1
        assert reply.body["events"][0]["outcome"] == "retry"
        assert (await gateway.send("GET", "/healthz/live")).status == 200
        assert (await gateway.send("GET", "/healthz/ready")).status == 503
    assert await rows(postgres, source) == {}


async def test_without_the_database_events_wait_and_webhooks_are_served(kafka: str, tmp_path: Path) -> None:
    async with served(kafka, NO_DATABASE, tmp_path) as gateway:
        reply = await gateway.post(event(a_source()))
        assert (reply.status, reply.body["reason"]) == (503, "database-away")
        assert "Retry-After" in reply.headers
        form = {"MessageSid": "SM" + "0" * 32, "MessageStatus": "delivered"}
        signature = sign("twilio-secret", "http://127.0.0.1/twilio/status", form)
        hook = await gateway.send("POST", "/twilio/status", data=form, headers={"X-Twilio-Signature": signature})
        assert hook.status == 204, hook.raw
        # Ready all the same: Kafka is there, and the webhooks need no more.
        await _ready(gateway)


async def _ready(gateway: Served) -> None:
    for _ in range(300):
        if (await gateway.send("GET", "/healthz/ready")).status == 200:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("the gateway did not become ready")


async def test_a_database_without_the_gateways_schema_is_named_not_used(gateway: Served, postgres: str) -> None:
    source = a_source()
    connection = await asyncpg.connect(postgres)
    try:
        await connection.execute("alter schema gateway rename to elsewhere")
        reply = await gateway.post(event(source))
        assert (reply.status, reply.body["reason"]) == (503, "database-away")
    finally:
        await connection.execute("alter schema elsewhere rename to gateway")
        await connection.close()
    for _ in range(100):
        reply = await gateway.post(event(source))
        if reply.status == 202:
            break
        await asyncio.sleep(0.1)
    assert reply.status == 202


class _Deaf(Producer):
    """A producer whose broker never acknowledges one key."""

    async def send(self, rows: Sequence[Produce]) -> list[bool]:
        heard = iter(await super().send([row for row in rows if row.key != b"F-lost"]))
        return [row.key != b"F-lost" and next(heard) for row in rows]


async def test_what_kafka_did_not_acknowledge_is_not_taken_and_the_rest_is(
    gateway: Served, kafka: str, postgres: str
) -> None:
    source = a_source()
    inside = gateway.gateway._intake
    real, inside._producer = inside._producer, _Deaf(kafka)
    batch = [event(source, name) for name in ("a", "lost", "b", "lost")]
    reply = await gateway.post(batch, kind=BATCH)
    assert (reply.status, reply.outcomes) == (503, ["taken", "retry", "taken", "retry"])
    assert set(await rows(postgres, source)) == {"a", "b"}
    await inside._producer.stop()
    inside._producer = real
    reply = await gateway.post(batch, kind=BATCH)
    assert (reply.status, reply.outcomes) == (202, ["already-taken", "taken", "already-taken", "already-taken"])
    assert len(await on_topic(kafka, source)) == 3


async def test_a_broker_that_says_nothing_is_given_up_in_time(
    gateway: Served, monkeypatch: pytest.MonkeyPatch, postgres: str
) -> None:
    class Silent(Producer):
        async def send(self, rows: Sequence[Produce]) -> list[bool]:
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr(intake, "ACK_SECONDS", 0.2)
    source = a_source()
    gateway.gateway._intake._producer = Silent(NOWHERE)
    reply = await gateway.post(event(source))
    assert (reply.status, reply.body["reason"]) == (503, "kafka-away")
    assert await rows(postgres, source) == {}


async def test_what_was_given_up_does_not_go_out_once_the_broker_is_back(
    gateway: Served, kafka: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would come after what was taken since, and the producer that holds it would run for ever."""
    monkeypatch.setattr(intake, "ACK_SECONDS", 0.5)
    monkeypatch.setattr("services.kernel.adapters.kafka.STOP_SECONDS", 0.5)
    source, back = a_source(), asyncio.Event()
    producer = gateway.gateway._dispatch
    await producer.start()
    inside = producer._producer
    assert inside is not None
    send = inside.client.send

    async def stalled(node: Any, request: Any, **more: Any) -> Any:
        if type(request).__name__.startswith("ProduceRequest"):
            await back.wait()
        return await send(node, request, **more)

    monkeypatch.setattr(inside.client, "send", stalled)
    assert (await gateway.post(event(source))).status == 503
    assert inside._sender.sender_task.done()
    back.set()
    monkeypatch.setattr(intake, "ACK_SECONDS", 10.0)
    assert (await gateway.post(event(source, "2"))).status == 202
    assert len(await on_topic(kafka, source)) == 1


async def test_a_death_between_the_ack_and_the_commit_costs_one_identical_record(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    await prepare(kafka, postgres)
    source, port, file = a_source(), free_port(), tmp_path / "tokens.toml"
    secret = token_for_all(file)
    given = os.environ | environment(kafka, postgres, file, port)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": STRUCTURED}

    async def run(**more: str) -> asyncio.subprocess.Process:
        log = (tmp_path / "gateway.log").open("ab")
        with log:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "services.gateway", env=given | more, stdout=log, stderr=log
            )

    async def post(body: bytes) -> tuple[int, str]:
        deadline = asyncio.get_running_loop().time() + SECONDS
        while True:
            with contextlib.suppress(aiohttp.ClientConnectorError):
                async with (
                    aiohttp.ClientSession() as session,
                    session.post(f"http://127.0.0.1:{port}/v1/events", data=body, headers=headers) as answer,
                ):
                    return answer.status, (await answer.json())["outcome"]
            assert asyncio.get_running_loop().time() < deadline, (tmp_path / "gateway.log").read_text()
            await asyncio.sleep(0.1)

    doomed = await run(OUTAGE_DIE_AT="gateway-acknowledged:1", OUTAGE_LOCAL_STACK="1")
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await post(json.dumps(event(source)).encode())
    assert await doomed.wait() == -signal.SIGKILL
    again = await run()
    try:
        assert await post(json.dumps(event(source), indent=2).encode()) == (202, "taken")
        assert await post(json.dumps(event(source)).encode()) == (200, "already-taken")
    finally:
        again.terminate()
        await again.wait()
    first, second = await on_topic(kafka, source)
    assert (first.key, first.value, first.headers) == (second.key, second.value, second.headers)


async def test_a_body_that_drips_in_is_given_up(gateway: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "BODY_SECONDS", 0.3)
    reader, writer = await _open(gateway)
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {gateway.token}\r\n"
        f"Content-Type: {STRUCTURED}\r\nContent-Length: 900000\r\n\r\n" + '{"specversion"'
    )
    writer.write(head.encode())
    async with asyncio.timeout(SECONDS):
        assert (await reader.readline()).split()[1] == b"408"
    writer.close()
    assert gateway.gateway.events._room.left == limits.ROOM_BYTES


async def test_a_webhook_that_drips_in_is_given_up_before_anybody_is_asked_who_it_is(
    gateway: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The door is open to the world: who holds every connection would keep receipts out."""
    monkeypatch.setattr(webhooks, "BODY_SECONDS", 0.3)
    reader, writer = await _open(gateway)
    writer.write(b"POST /twilio/status HTTP/1.1\r\nHost: here\r\nContent-Length: 9000\r\n\r\nMess")
    async with asyncio.timeout(SECONDS):
        assert (await reader.readline()).split()[1] == b"408"
    writer.close()


async def test_a_head_that_drips_in_is_given_up(gateway: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.3)
    reader, writer = await _open(gateway)
    writer.write(b"POST /v1/events HTTP/1.1\r\nHost: he")
    async with asyncio.timeout(SECONDS):
        assert await reader.read() == b""
    writer.close()


async def _open(gateway: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    where = urlsplit(gateway.url)
    return await asyncio.open_connection(where.hostname, where.port)


async def test_memory_for_bodies_is_bounded(gateway: Served) -> None:
    gateway.gateway.events._room = limits.Room(100)
    reply = await gateway.post(event(a_source()))
    assert (reply.status, reply.body["reason"]) == (503, "busy")
    assert gateway.gateway.events._room.left == 100


async def test_events_that_wait_are_bounded(gateway: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "MOST_WAITING", 1)
    source = a_source()
    reply = await gateway.post([event(source, "1"), event(source, "2")], kind=BATCH)
    assert (reply.status, reply.body["reason"]) == (503, "busy")


async def test_a_token_file_is_read_again_when_it_changes_and_a_wrong_one_changes_nothing(gateway: Served) -> None:
    secret, source = make(), a_source()
    gateway.allow(Token("east", digest_of(secret), ("*",), frozenset({"*"})))
    await until(lambda: "east" in gateway.gateway.tokens.names, SECONDS)
    assert (await gateway.post(event(source), token=secret)).status == 202
    write(gateway.token_file, gateway.token_file.read_text() + '\n[token.west]\nsha256 = "no"\n')
    await until(lambda: gateway.gateway.tokens.problem, SECONDS)
    assert str(gateway.gateway.tokens.problem).startswith("line 13: token west: sha256: expected 64 hex digits")
    assert (await gateway.post(event(source), token=secret)).status == 200
    gateway.allow()
    await until(lambda: "east" not in gateway.gateway.tokens.names, SECONDS)
    assert (await gateway.post(event(source), token=secret)).status == 401
    assert gateway.gateway.tokens.problem is None


async def test_without_a_token_file_nobody_may_send_and_the_remedy_says_why(
    kafka: str, postgres: str, tmp_path: Path
) -> None:
    async with served(kafka, postgres, tmp_path, gateway_tokens=None) as gateway:
        reply = await gateway.post(event(a_source()))
    assert reply.status == 401
    assert "outagectl token new" in reply.body["remedy"]


async def test_a_refused_event_leaves_one_line_without_its_content(gateway: Served) -> None:
    source = a_source()
    said = event(source, "call +44 7700 900123", mRID="F-1", subject="a secret", receivedAt="soon")
    with capture_logs() as lines:
        await gateway.post(said)
    (line,) = [line for line in lines if line["event"] == "event-refused"]
    assert (line["source"], line["field"], line["reason"]) == (source, "receivedAt", "wrong-type")
    assert "900123" not in str(line)
    assert "secret" not in str(line)
