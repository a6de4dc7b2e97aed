"""What an answer of the HTTP gateway proves: each wrong cell loses a text or sends it twice."""

import json
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.provider import gateway_codes, twilio_codes
from services.notifier.domain.provider.code_rules import SCOPES
from services.notifier.domain.provider.codes import CODES, rule_for
from services.notifier.domain.provider.gateway_codes import our_id, read_answer, read_our_id
from services.notifier.domain.provider.port import Accepted, Reply, SendOutcome, SendRefused, Unknown, classify
from services.notifier.domain.text_states import RECEIPT_EVENT

MINE = our_id("5b1c2f6e-0000-5000-8000-000000000001", 2)


def judged(body: Any, status: int = 200) -> SendOutcome:
    """What an answer to the second attempt at that text proves."""
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    return classify(Reply(written=True, http_status=status, body=text), partial(read_answer, MINE))


def result(code: int = 0, **more: Any) -> dict[str, Any]:
    return {"code": 0, "results": [{"custId": MINE, "code": code, "msgId": "2603050001"} | more]}


def test_what_it_made_is_accepted_under_an_id_that_no_other_provider_gives() -> None:
    assert judged(result()) == Accepted("gw:2603050001", "accepted")
    assert twilio_codes.SID.fullmatch("gw:2603050001") is None


@pytest.mark.parametrize(
    "body",
    [
        None, "", "[]", "created, says the proxy", "[" * 5000,
        {"code": 0}, {"code": 0, "results": []}, {"code": 0, "results": [1]}, {"code": "0", "results": []},
        {"code": True}, {"code": 9001}, {"code": 9999}, {"code": 7777}, {"code": -1},
        result(9001), result(7777), result(msgId=""), result(msgId=7), result(custId="another.1"),
        {"code": 0, "results": [result()["results"][0]] * 2},
    ],
    ids=lambda body: str(body)[:50],
)  # fmt: skip
def test_what_says_neither_is_unknown(body: Any) -> None:
    assert isinstance(judged(body), Unknown)


@pytest.mark.parametrize("status", [100, 204, 301, 400, 401, 403, 404, 500, 502, 503, 504])
def test_only_http_200_is_its_own_answer(status: int) -> None:
    assert isinstance(judged(result(), status), Unknown)
    assert isinstance(judged({"code": 1002}, status), Unknown)


def test_429_was_never_processed_whatever_its_body_says() -> None:
    for body in ("<html>", {"code": 2001}, {"code": 9001}, result()):
        said = judged(body, 429)
        assert isinstance(said, SendRefused)
        assert said.scope == "throttle"


@pytest.mark.parametrize("code", sorted(gateway_codes.CODES))
def test_a_listed_code_proves_that_nothing_was_made_wherever_it_stands(code: int) -> None:
    for body in ({"code": code}, result(code)):
        said = judged(body)
        assert isinstance(said, SendRefused)
        assert (said.code, said.scope, said.reason) == (code, rule_for(code).scope, rule_for(code).reason)


def test_its_codes_are_its_own_and_each_is_somebodys_fault() -> None:
    assert set(gateway_codes.CODES).isdisjoint(twilio_codes.CODES)
    assert set(CODES) == {*gateway_codes.CODES, *twilio_codes.CODES}
    assert all(1000 <= code < gateway_codes.NOBODY_KNOWS for code in gateway_codes.CODES)
    assert {rule.scope for rule in gateway_codes.CODES.values()} <= set(SCOPES)


def test_its_words_are_words_that_the_conversation_knows() -> None:
    assert set(gateway_codes.STATES.values()) - {"queued"} <= set(RECEIPT_EVENT)


@given(st.text(min_size=1, max_size=60), st.integers(1, 10**6))
def test_an_attempts_name_is_read_back(message_id: str, attempt: int) -> None:
    assert read_our_id(our_id(message_id, attempt)) == (message_id, attempt)


@given(st.one_of(st.none(), st.integers(), st.text(max_size=20)))
def test_anothers_name_is_nobodys_attempt(name: object) -> None:
    read = read_our_id(name)
    assert read is None or (read[0] and read[1] > 0)


@given(st.integers(100, 599), st.one_of(st.none(), st.text(max_size=40)))
def test_no_answer_makes_the_reader_stumble(status: int, body: str | None) -> None:
    judged(body, status)
