"""Texts that customers send by the HTTP gateway: the same text is the same fact, however it is spelt and however often it comes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.cloudevent import from_kafka
from schemas.contracts.receipts import InboundReceived
from services.sms_gateway.signing import CLOCK_OFF, NOT_SIGNED, refusal_of, signed_headers
from services.sms_gateway.uplinks import fact_of, read_uplinks

AT = "2026-03-05T02:14:00.250Z"
ANNA = "+447700900101"
NOW = datetime(2026, 3, 5, 2, 15, tzinfo=UTC)


def uplink(**more: Any) -> dict[str, Any]:
    return {"moId": "mo1", "mobile": ANNA, "content": "１", "receivedAt": AT} | more


@pytest.mark.parametrize(
    ("written", "means"),
    [
        (ANNA, ANNA),
        ("13800138000", "+8613800138000"),
        ("8613800138000", "+8613800138000"),
        ("008613800138000", "+8613800138000"),
        ("+86 138 0013 8000", "+8613800138000"),
        ("106575020", "106575020"),
    ],
)
def test_a_number_is_known_however_domestic_gateways_write_it(written: str, means: str) -> None:
    (one,), unreadable = read_uplinks([uplink(mobile=written)])
    assert (one.mobile, unreadable) == (means, 0)


def test_the_fact_says_who_by_a_fingerprint_alone_and_numbers_in_the_words_are_taken_out() -> None:
    (one,), _ = read_uplinks([uplink(content="没电，请拨 13800138000")])
    message = fact_of(one, "f" * 64)
    event = from_kafka(message.topic, message.key, message.headers, message.value)
    assert isinstance(event.data, InboundReceived)
    assert (event.source, event.data.provider, event.data.provider_sid) == (
        "/sms-gateway",
        "sms-gateway",
        f"gw:{event.id}",
    )
    assert event.data.received_at == datetime(2026, 3, 5, 2, 14, 0, 250_000, tzinfo=UTC)
    assert b"1380013" not in message.value
    assert repr(one).count("7700900") == 0


def test_texts_of_two_gateways_that_count_from_one_are_two_facts_and_one_that_is_dated_anew_is_none() -> None:
    (first, other, redated), _ = read_uplinks(
        [uplink(), uplink(content="STOP"), uplink(receivedAt="2026-03-05T02:20:00Z")]
    )
    names = [dict(fact_of(one, "0" * 64).headers)["ce_id"] for one in (first, other, redated)]
    assert names[0] == names[2] != names[1]


@pytest.mark.parametrize(
    "broken",
    [
        {},
        "STOP",
        None,
        uplink(moId=""),
        uplink(moId="\ud800"),
        uplink(mobile=""),
        uplink(receivedAt="2026-03-05T02:14:00"),
        {k: v for k, v in uplink().items() if k != "receivedAt"},
    ],
)
def test_what_keeps_no_contract_is_counted_and_holds_up_nothing_behind_it(broken: object) -> None:
    found, unreadable = read_uplinks([broken, uplink(moId="mo2", content="STOP")])
    assert ([one.mo_id for one in found], unreadable) == (["mo2"], 1)


@given(
    content=st.text(max_size=2000),
    mobile=st.text(min_size=1, max_size=40),
    mo_id=st.text("abc019-_", min_size=1, max_size=64),
)
def test_whatever_somebody_types_becomes_a_fact_that_can_be_read_and_the_same_each_time(
    content: str, mobile: str, mo_id: str
) -> None:
    (one,), _ = read_uplinks([uplink(content=content, mobile=mobile, moId=mo_id, more="of a later version")])
    (again,), _ = read_uplinks([uplink(content=content, mobile=mobile, moId=mo_id)])
    first = fact_of(one, "0" * 64)
    assert first == fact_of(again, "0" * 64)
    assert len(msgspec.json.decode(first.value, type=InboundReceived).body) <= 1600


def test_a_push_is_believed_only_with_the_secret_its_own_body_path_and_hour() -> None:
    made = signed_headers("acc", "secret-1", "/up", b"{}", wall=NOW, nonce="a" * 16)
    assert refusal_of(made, "acc", "secret-1", "/up", b"{}", wall=NOW) is None
    assert refusal_of(made, "acc", "secret-2", "/up", b"{}", wall=NOW) == NOT_SIGNED
    assert refusal_of(made, "acc", "secret-1", "/other", b"{}", wall=NOW) == NOT_SIGNED
    assert refusal_of(made, "acc", "secret-1", "/up", b"{ }", wall=NOW) == NOT_SIGNED
    assert refusal_of(made, "acc", "secret-1", "/up", b"{}", wall=NOW + timedelta(minutes=6)) == CLOCK_OFF
    assert refusal_of({**made, "X-Account": "them"}, "acc", "secret-1", "/up", b"{}", wall=NOW) is not None
    assert refusal_of({}, "acc", "secret-1", "/up", b"{}", wall=NOW) is not None
    assert refusal_of({**made, "X-Signature": "é"}, "acc", "secret-1", "/up", b"{}", wall=NOW) == NOT_SIGNED
    odd = signed_headers("acc", "secret-1", "/up", b"{}", wall=NOW, nonce="short")
    assert refusal_of(odd, "acc", "secret-1", "/up", b"{}", wall=NOW) == NOT_SIGNED
