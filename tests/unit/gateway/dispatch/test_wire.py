"""What comes over HTTP is taken or refused by name, event by event, whatever bytes a sender puts where no contract looks."""

import pytest
from starlette.datastructures import Headers

from schemas.errors import ContractError
from services.gateway.dispatch import wire

EVENT = (
    b'{"specversion":"1.0","id":"1","source":"/dispatch/east","type":"outage.started.v1",'
    b'"time":"2026-11-23T09:12:00+08:00","data":{"mRID":"F-1","outageClass":"fault",'
    b'"startedAt":"2026-11-23T09:12:00+08:00","extent":{"lines":["a"]}%s}}'
)


@pytest.mark.parametrize(
    "unknown",
    [b"1e999", b"-1e999", b'"\xff"', b"[" * 500 + b"1e999" + b"]" * 500],
    ids=["huge", "low", "bytes", "deep"],
)
@pytest.mark.parametrize("kind", [wire.STRUCTURED, wire.BATCH])
def test_what_cannot_be_read_of_a_field_nobody_knows_is_refused_by_name_and_holds_back_no_other_event(
    unknown: bytes, kind: str
) -> None:
    event = EVENT % (b',"weight":' + unknown)
    good = EVENT % b""
    body = b"[" + good + b"," + event + b"]" if kind == wire.BATCH else event
    *others, bad = wire.open_parcel(kind, Headers({}), body).readers
    for read in others:
        assert read().id == "1"
    with pytest.raises(ContractError) as refused:
        bad()
    assert (refused.value.reason, refused.value.id) == ("not-json", "1")
    assert "leave it out" in str(refused.value)
