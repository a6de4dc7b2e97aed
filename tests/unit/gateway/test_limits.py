"""What one caller may cost, without a server: rates, memory, and what counts as the same event."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.datastructures import Headers

from schemas.cloudevent import ContractError
from services.gateway.dispatch.admission import former_digest
from services.gateway.dispatch.wire import BATCH, BINARY, STRUCTURED, WrongMediaType, media_type, open_parcel
from services.gateway.limits import Bucket, Buckets, NoPlace, Room, whole_seconds
from services.gateway.settings import GatewaySettings
from services.kernel.manual_clock import ManualClock
from services.kernel.running.settings import SettingsError


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 3, 5, tzinfo=UTC))


def test_two_seconds_worth_may_come_at_once_and_then_the_rate_holds(clock: ManualClock) -> None:
    bucket = Bucket(10, clock)
    for _ in range(20):
        assert bucket.wait() == 0
        bucket.take(1)
    assert bucket.wait() == pytest.approx(0.1)
    clock.advance(timedelta(seconds=0.1))
    assert bucket.wait() == 0


def test_a_batch_is_taken_whole_and_paid_for_afterwards(clock: ManualClock) -> None:
    bucket = Bucket(10, clock)
    bucket.take(500)
    assert bucket.wait() == pytest.approx(48.1)
    clock.advance(timedelta(seconds=48.1))
    assert bucket.wait() == pytest.approx(0, abs=1e-6)


def test_a_pause_saves_up_no_more_than_the_burst(clock: ManualClock) -> None:
    bucket = Bucket(10, clock)
    clock.advance(timedelta(days=1))
    bucket.wait()
    bucket.take(20)
    assert bucket.wait() > 0


def test_each_system_has_its_own_bucket_and_a_new_one_for_a_new_rate(clock: ManualClock) -> None:
    buckets = Buckets(10, clock)
    buckets.of("east", None).take(100)
    assert buckets.of("east", None).wait() > 0
    assert buckets.of("west", None).wait() == 0
    assert buckets.of("east", 50).wait() == 0
    buckets.keep({"west"})
    assert set(buckets._buckets) == {"west"}


def test_room_is_given_back_whatever_happens() -> None:
    room = Room(100)
    with room.share() as first, room.share() as second:
        first.hold(60)
        first.hold(50)
        assert room.left == 40
        with pytest.raises(NoPlace):
            second.hold(41)
    assert room.left == 100


@pytest.mark.parametrize(("seconds", "text"), [(0.01, "1"), (1.0, "1"), (1.2, "2")])
def test_retry_after_is_whole_seconds(seconds: float, text: str) -> None:
    assert whole_seconds(seconds) == text


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (STRUCTURED, STRUCTURED),
        ("Application/CloudEvents+JSON; charset=UTF-8", STRUCTURED),
        (BATCH, BATCH),
        ('application/json;charset="utf-8"', BINARY),
        ("application/json; charset=gbk", None),
        ("application/cloudevents+avro", None),
        ("", None),
    ],
)
def test_media_types_are_read_as_http_writes_them(said: str, kind: str | None) -> None:
    if kind is None:
        with pytest.raises(WrongMediaType):
            media_type(Headers({"content-type": said}))
    else:
        assert media_type(Headers({"content-type": said})) == kind


def test_a_compressed_body_is_not_read() -> None:
    with pytest.raises(WrongMediaType):
        media_type(Headers({"content-type": STRUCTURED, "content-encoding": "gzip"}))


def _binary(**more: str) -> Headers:
    said = {
        "ce-specversion": "1.0",
        "ce-id": "1",
        "ce-source": "/dispatch/east",
        "ce-type": "cause.cleared.v1",
        "ce-time": "2026-03-05T09:12:00Z",
    }
    return Headers(said | {name.replace("_", "-"): value for name, value in more.items()})


CLEARED = b'{"mRID":"F-1","clearedAt":"2026-03-05T09:12:00+08:00"}'


@pytest.mark.parametrize("said", ["%E4%B8%9C/1", "东/1".encode().decode("latin-1"), '"%E4%B8%9C/1"', '"%E4%B8%9C\\/1"'])
def test_a_header_is_unquoted_and_percent_decoded(said: str) -> None:
    (read,) = open_parcel(BINARY, _binary(ce_id=said), CLEARED).readers
    assert read().id == "东/1"


@pytest.mark.parametrize(
    ("said", "field"), [({"ce_id": "%ff"}, "ce-id"), ({"ce_specversion": "0.3"}, "ce-specversion")]
)
def test_a_wrong_header_is_named_as_it_was_sent(said: dict[str, str], field: str) -> None:
    (read,) = open_parcel(BINARY, _binary(**said), CLEARED).readers
    with pytest.raises(ContractError) as refused:
        read()
    assert refused.value.field == field


def test_a_header_that_stands_twice_is_refused() -> None:
    twice = Headers(raw=[*_binary().raw, (b"ce-id", b"2")])
    (read,) = open_parcel(BINARY, twice, CLEARED).readers
    with pytest.raises(ContractError, match="stands twice"):
        read()


def test_the_callers_trace_travels_along_if_it_is_one() -> None:
    trace = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
    for said, kept in ((trace, trace), ("no trace", None)):
        (read,) = open_parcel(BINARY, _binary(traceparent=said), CLEARED).readers
        assert read().traceparent == kept


@pytest.mark.parametrize("kind", [BINARY, STRUCTURED, BATCH])
def test_a_body_that_begins_with_the_mark_of_utf_8_is_read_as_if_it_did_not(kind: str) -> None:
    event = b'{"specversion":"1.0","id":"1","source":"/d","type":"cause.cleared.v1","time":"2026-03-05T01:12:00Z","data":%s}'
    body = {BINARY: CLEARED, STRUCTURED: event % CLEARED, BATCH: b"[" + event % CLEARED + b"]"}[kind]
    headers = _binary() if kind == BINARY else Headers({"content-type": kind})
    (read,) = open_parcel(kind, headers, b"\xef\xbb\xbf" + body).readers
    (plain,) = open_parcel(kind, headers, body).readers
    assert read().data == plain().data


def test_the_same_content_has_one_digest_and_another_type_another() -> None:
    one = former_digest("cause.cleared.v1", b'{"a":1,"b":10.0}')
    assert former_digest("cause.cleared.v1", b'{"b":10, "a":1}') == one
    assert former_digest("cause.cleared.v1", b'{"b":10,"a":2}') != one
    assert former_digest("outage.reopened.v1", b'{"a":1,"b":10.0}') != one


def test_tokens_need_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "OUTAGE_KAFKA": "127.0.0.1:9092",
        "OUTAGE_TWILIO_AUTH_TOKEN": "secret",
        "OUTAGE_PUBLIC_URL": "https://here.example",
        "OUTAGE_INDEX_KEY": "a-key-of-sixteen-or-more",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("OUTAGE_POSTGRES", raising=False)
    monkeypatch.delenv("OUTAGE_GATEWAY_TOKENS", raising=False)
    assert GatewaySettings.load().gateway_tokens is None
    monkeypatch.setenv("OUTAGE_GATEWAY_TOKENS", "tokens.toml")
    with pytest.raises(SettingsError, match="OUTAGE_POSTGRES is not set"):
        GatewaySettings.load()
