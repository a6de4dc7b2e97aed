"""Whatever bytes a record has, it ends as an event, a named refusal or a quarantine row; never as an exit."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
import pytest

from schemas.cloudevent import CloudEvent, to_kafka
from schemas.contracts.base import Extent
from schemas.contracts.dispatch import OutageStarted
from schemas.contracts.quarantine import MessageQuarantined
from services.kernel.manual_clock import ManualClock
from services.kernel.model import Decision, Message, Record, Routed
from services.kernel.observing.telemetry import Telemetry
from services.kernel.writing.ingest import Ingest
from services.kernel.writing.transaction import Transaction
from tests.kits.kernel.asked import retry
from tests.kits.kernel.facts import column, enquiry
from tests.kits.kernel.paper import PaperBroker, tell
from tests.kits.kernel.toy import START, KettleDecider, Toy

GOOD = to_kafka(
    CloudEvent(
        source="/dispatch/east",
        id="1",
        type="outage.started.v1",
        time=START,
        data=OutageStarted(
            mrid="12345", outage_class="fault", started_at=START, extent=Extent(lines=("10千伏城东线",))
        ),
    )
)
HEADERS = dict(GOOD.headers)
LONG_SERIALIZER = (12345).to_bytes(8, "big")
STRUCTURED = {"content-type": b"application/cloudevents+json"}


def of(
    broker: PaperBroker, *, key: bytes | None = GOOD.key, value: bytes | None = GOOD.value, **headers: Any
) -> Record:
    """The good record with something else in it; headers by their names, - written _, None taken away."""
    named: dict[str, bytes] = dict(HEADERS)
    for name, content in headers.items():
        if content is None:
            named.pop(name, None)
        else:
            named[name] = content
    return replace(broker.put("outage.dispatch", 0, "x", named, value, START), key=key)


ODD: dict[str, dict[str, Any]] = {
    "a 64-bit number as the key": {"key": LONG_SERIALIZER},
    "bytes of no encoding as the key": {"key": b"\xff\xfe\xed\xa0\x80"},
    "NUL as the key": {"key": b"\x00"},
    "no key": {"key": None},
    "a key of 70,000 bytes": {"key": b"k" * 70_000},
    "NUL in ce_id": {"ce_id": b"a\x00b"},
    "NUL in ce_id of what breaks its contract": {"ce_id": b"a\x00b", "value": b"{}"},
    "NUL in ce_source and no value": {"ce_source": b"/\x00", "value": None},
    "NUL in ce_type": {"ce_type": b"no\x00such"},
    "NUL in ce_time": {"ce_time": b"2026-11-23T01:00:00\x00Z"},
    "NUL in ce_subject": {"ce_subject": b"\x00"},
    "NUL in the trace": {"traceparent": b"00-\x00"},
    "a lone surrogate in ce_id": {"ce_id": b"\xed\xa0\x80"},
    "a lone surrogate in ce_id and no value": {"ce_id": b"\xed\xa0\x80", "value": None},
    "a header name with NUL": {"a\x00b": b"\x00", "ce_specversion": None},
    "a header of bytes of no encoding": {"x": bytes(range(256)), "ce_specversion": None},
    "a value of NUL": {"value": b"\x00\x01\x02"},
    "a value of half a character": {"value": GOOD.value[:-3] + b'\xe5"}'},
    "NUL in a text": {"value": msgspec.json.encode({**msgspec.json.decode(GOOD.value), "cause": "a\x00b"})},
    "NUL in a name of a field": {"value": b'{"a\\u0000b":1}'},
    "NUL where a word is expected": {"value": GOOD.value.replace(b'"fault"', b'"a\\u0000b"')},
    "an escaped lone surrogate": {"value": GOOD.value.replace(b"fault", b"\\ud800")},
    "brackets 100,000 deep": {"value": b"[" * 100_000},
    "a number of 5,000 digits": {"value": GOOD.value[:-1] + b',"x":' + b"9" * 5_000 + b"}"},
}


@pytest.mark.parametrize("what", ODD)
async def test_a_record_of_whatever_bytes_ends_in_quarantine_and_the_next_one_is_judged(
    what: str, ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    taken = await ingest.take([of(broker, **ODD[what])])
    assert len(taken.bad) + len(taken.outcomes) == 1
    assert len(taken.bad) == await pool.fetchval("select count(*) from quarantine")
    assert await column(pool, "select headers::text::jsonb is not null from quarantine") == [True] * len(taken.bad)
    assert await column(pool, "select count(*) from outbox where type = 'message.quarantined.v1'") == [len(taken.bad)]
    told = await pool.fetchval("select payload from outbox where type = 'message.quarantined.v1'")
    if told is not None:
        msgspec.json.decode(told, type=MessageQuarantined)  # as others read it
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="next")])
    assert await column(pool, "select reason from inbox where id = 'next'") == ["recorded"]


async def test_structured_mode_with_nul_in_every_attribute_is_set_aside(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    whole = {
        "specversion": "1.0",
        "id": "1",
        "source": "/d",
        "type": "x.v1",
        "time": "2026-11-23T01:00:00Z",
        "data": {},
    }
    for name in whole:
        value = msgspec.json.encode({**whole, name: "a\x00b"})
        await ingest.take([broker.put("outage.dispatch", 0, "k", STRUCTURED, value, START)])
    assert await column(pool, "select count(*) from quarantine") == [len(whole)]


async def test_key_and_body_of_what_was_set_aside_are_kept_byte_for_byte(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool
) -> None:
    await ingest.take([of(broker, key=LONG_SERIALIZER, value=b"\x00\xff")])
    row = await pool.fetchrow("select key, body, redacted from quarantine")
    assert (bytes(row["key"]), bytes(row["body"]), row["redacted"]) == (LONG_SERIALIZER, b"\x00\xff", False)


async def test_a_header_without_value_is_a_header_that_is_not_there(ingest: Ingest, broker: PaperBroker) -> None:
    taken = await ingest.take([of(broker, ce_subject=b"", traceparent=b"")])
    assert [outcome.reason for outcome in taken.outcomes] == ["recorded"]


class Unroutable(Toy):
    """Cannot even say where a message belongs, and its reason is such that no text can hold it."""

    async def route(self, connection: Any, message: Message) -> Routed:
        if message.id == "odd":
            return Routed("outage/\x00")
        return await super().route(connection, message)


async def test_a_message_whose_stream_no_table_can_name_is_set_aside_without_one(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    ingest = Ingest(Transaction(Unroutable(), pool, telemetry), broker, clock)
    records = [tell(broker, "enquiry.received.v1", enquiry(), id=name) for name in ("1", "odd", "2")]
    taken = await ingest.take(records)
    assert sorted(outcome.reason for outcome in taken.outcomes) == ["decide-failed", "recorded", "recorded"]
    assert await column(pool, "select count(*) from quarantine where state = 'open'") == [1]


async def test_a_record_that_nothing_here_can_read_is_kept_as_bytes(
    ingest: Ingest, broker: PaperBroker, pool: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chokes(*_: object) -> CloudEvent:
        raise ZeroDivisionError("a bug of ours in reading it")

    record = tell(broker, "enquiry.received.v1", enquiry(), id="1")
    with monkeypatch.context() as broken:
        broken.setattr("services.kernel.writing.ingest.from_kafka", chokes)
        taken = await ingest.take([record])
    assert [(bad.reason, bad.detail) for bad in taken.bad] == [
        ("unreadable", "ZeroDivisionError: a bug of ours in reading it")
    ]
    assert [bytes(row["body"]) for row in await pool.fetch("select body from quarantine")] == [record.value]
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="2")])
    assert await column(pool, "select reason from inbox") == ["recorded"]


class Mutters(KettleDecider):
    """Fails with words that no text of a database may have."""

    def decide(self, state: Any, facts: Any, message: Message, now: datetime) -> Decision:
        raise ValueError("\x00 \ud800")


async def test_a_failure_whose_words_no_table_takes_is_kept_and_can_be_tried_again(
    pool: asyncpg.Pool, broker: PaperBroker, clock: ManualClock, telemetry: Telemetry
) -> None:
    toy = Toy()
    toy.deciders = {"outage": Mutters()}
    ingest = Ingest(Transaction(toy, pool, telemetry), broker, clock)
    await ingest.take([tell(broker, "enquiry.received.v1", enquiry(), id="1")])
    assert await column(pool, "select detail from quarantine") == [r"ValueError: \x00 \ud800"]
    failed = await pool.fetchval("select parked_by from stream")
    again = await retry(pool, toy, clock, failed, "night shift")
    assert [quarantine_id for quarantine_id, _ in again.still_open] == [failed]
    assert await column(pool, "select detail from quarantine") == [r"ValueError: \x00 \ud800"]
