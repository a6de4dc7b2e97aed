"""Whatever bytes come: equal JSON hashes alike, and everything is read or refused by name."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.cloudevent import CloudEvent, ContractError, content_hash, from_kafka
from schemas.contracts.all_types import REGISTRY
from schemas.errors import REASONS


def test_honest_re_serialisation_keeps_the_hash_and_another_content_changes_it() -> None:
    assert content_hash(b'{"a":10.0,"b":"\\u7ebf"}') == content_hash('{ "b" : "线", "a":1e1 }'.encode())
    assert content_hash(b'{"a":10}') != content_hash(b'{"a":11}')
    assert content_hash(b'{"a":"10"}') != content_hash(b'{"a":10}')
    assert content_hash(b'{"a":1e400}') != content_hash(b'{"a":null}')
    assert content_hash(b"not json") != content_hash(b"nor this")
    assert len(content_hash(b"")) == 32


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_the_hash_does_not_see_key_order_spaces_or_escapes(value: Any) -> None:
    def reversed_keys(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: reversed_keys(part[key]) for key in reversed(part)}
        return [reversed_keys(item) for item in part] if isinstance(part, list) else part

    one = json.dumps(value, ensure_ascii=True).encode()
    other = json.dumps(reversed_keys(value), ensure_ascii=False, indent=2).encode(errors="surrogatepass")
    assert content_hash(one) == content_hash(other)


@given(
    st.sampled_from(sorted({topic for contract in REGISTRY.values() for topic in contract.topics})),
    st.none() | st.binary(max_size=20),
    st.dictionaries(
        st.sampled_from(["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "ce_subject", "content-type"]),
        st.sampled_from([b"1.0", b"planned.requested.v1", b"2026-03-02T09:00:00Z", b"application/cloudevents+json"])
        | st.binary(max_size=30),
    ),
    st.none() | st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()),
)
def test_whatever_comes_is_read_or_refused_by_name(
    topic: str, key: bytes | None, headers: dict[str, bytes], value: bytes | None
) -> None:
    try:
        read: object = from_kafka(topic, key, headers, value)
    except ContractError as refused:
        read = refused
    assert isinstance(read, CloudEvent) or read.reason in REASONS  # type: ignore[attr-defined]
