"""Whose webhook it is: held against the validator that Twilio ships, on the ways in which addresses differ."""

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from services.gateway.twilio.signature import is_genuine, public_address

TOKEN = "token-of-today"
URL = "https://sms.example.org/twilio/status?n=m-1&a=2"
FIELDS = [("MessageSid", "SM1"), ("MessageStatus", "sent"), ("ErrorCode", ""), ("Body", "您好 + &=")]


def signed(url: str = URL, fields: list[tuple[str, str]] | None = None, token: str = TOKEN) -> str:
    made: str = RequestValidator(token).compute_signature(url, dict(fields or FIELDS))
    return made


def test_what_twilios_own_library_signs_is_genuine() -> None:
    assert is_genuine(address=URL, fields=FIELDS, signature=signed(), tokens=[TOKEN])
    assert is_genuine(address=URL, fields=FIELDS[::-1], signature=signed(), tokens=[TOKEN]), "fields have no order"


@pytest.mark.parametrize(
    "address",
    [
        URL.replace("https", "http"),
        "https://sms.example.org/twilio/status?a=2&n=m-1",
        "https://sms.example.org/twilio/status?n=m-1",
        URL + "&b=3",
        URL.replace("/twilio", ""),
        URL.replace("example", "elsewhere"),
        URL.replace("m-1", "m%2D1"),
    ],
    ids=["http", "query reordered", "parameter dropped", "parameter added", "other path", "other host", "re-encoded"],
)
def test_any_change_of_the_address_breaks_it(address: str) -> None:
    assert not is_genuine(address=address, fields=FIELDS, signature=signed(), tokens=[TOKEN])


@pytest.mark.parametrize(
    "fields",
    [FIELDS[:-1], [*FIELDS, ("Extra", "")], [*FIELDS, ("Extra", "1")], [("MessageSid", "SM2"), *FIELDS[1:]], []],
    ids=["dropped", "added empty", "added", "changed", "none"],
)
def test_any_change_of_a_field_breaks_it(fields: list[tuple[str, str]]) -> None:
    assert not is_genuine(address=URL, fields=fields, signature=signed(), tokens=[TOKEN])


@pytest.mark.parametrize("signature", [None, "", "not base64 at all", "ÿ", "A" * 28])
def test_a_missing_or_senseless_signature_is_false_and_no_error(signature: str | None) -> None:
    assert is_genuine(address=URL, fields=FIELDS, signature=signature, tokens=[TOKEN]) is False


def test_primary_and_secondary_token_both_count_and_no_token_opens_nothing() -> None:
    old = signed(token="token-of-yesterday")
    assert is_genuine(address=URL, fields=FIELDS, signature=old, tokens=[TOKEN, "token-of-yesterday"])
    assert not is_genuine(address=URL, fields=FIELDS, signature=old, tokens=[TOKEN])
    assert not is_genuine(address=URL, fields=FIELDS, signature=old, tokens=[])


@pytest.mark.parametrize(
    ("called", "signed_as"),
    [
        ("https://sms.example.org/s?n=1", "https://sms.example.org:443/s?n=1"),
        ("https://sms.example.org:443/s?n=1", "https://sms.example.org/s?n=1"),
        ("http://127.0.0.1:8080/s", "http://127.0.0.1/s"),
        ("https://sms.example.org:8443/s", "https://sms.example.org:8443/s"),
    ],
)
def test_a_port_written_or_left_out_makes_no_difference(called: str, signed_as: str) -> None:
    assert is_genuine(address=called, fields=FIELDS, signature=signed(signed_as), tokens=[TOKEN])


def test_the_newer_hash_counts_only_when_the_header_names_it() -> None:
    text = URL + "".join(name + value for name, value in sorted(FIELDS))
    made = base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha256).digest()).decode()
    header = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    assert is_genuine(address=URL, fields=FIELDS, signature=made, tokens=[TOKEN], settings=header)
    assert not is_genuine(address=URL, fields=FIELDS, signature=made, tokens=[TOKEN])
    assert not is_genuine(address=URL, fields=FIELDS, signature=made, tokens=[TOKEN], settings="algorithm=HMAC_MD5")


@pytest.mark.parametrize(
    ("base", "path", "query", "address"),
    [
        ("https://sms.example.org", "/twilio/status", "n=1&a=2", "https://sms.example.org/twilio/status?n=1&a=2"),
        ("https://sms.example.org/", "/twilio/inbound", "", "https://sms.example.org/twilio/inbound"),
        ("https://example.org/cut/off", "/twilio/status", "", "https://example.org/cut/off/twilio/status"),
    ],
)
def test_the_public_address_is_the_configured_base_with_path_and_query_untouched(
    base: str, path: str, query: str, address: str
) -> None:
    assert public_address(base, path, query) == address


@given(
    fields=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), max_size=6),
    query=st.text("abc123=&%+-", max_size=12),
    port=st.sampled_from(["", ":443", ":8443"]),
)
def test_we_and_twilios_validator_agree_on_every_form(fields: dict[str, str], query: str, port: str) -> None:
    address = f"https://sms.example.org{port}/twilio/status?n=1{query}"
    pairs = [(name, value) for name, value in fields.items() if _encodable(name + value)]
    signature = signed(address, pairs) if pairs else RequestValidator(TOKEN).compute_signature(address, {})
    assert RequestValidator(TOKEN).validate(address, dict(pairs), signature)
    assert is_genuine(address=address, fields=pairs, signature=signature, tokens=["other", TOKEN])


def _encodable(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)
