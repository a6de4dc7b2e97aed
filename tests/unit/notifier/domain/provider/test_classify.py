"""What an answer proves. The table is long because each wrong cell loses a text or sends it twice."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.provider.port import (
    Accepted,
    Reply,
    SendOutcome,
    SendRefused,
    SendRequest,
    Unknown,
    classify,
)
from services.notifier.domain.provider.twilio_codes import read_answer

SID = "SM" + "0123456789abcdef" * 2
GOOD = json.dumps({"sid": SID, "status": "queued"})


def judged(reply: Reply) -> SendOutcome:
    """As Twilio's answers are."""
    return classify(reply, read_answer)


def error(code: int) -> str:
    return json.dumps({"code": code, "message": "…", "more_info": "…", "status": 400})


def test_a_201_with_a_sid_is_accepted_in_the_providers_word() -> None:
    assert judged(Reply(written=True, http_status=201, body=GOOD)) == Accepted(SID, "queued")


@pytest.mark.parametrize(
    "reply",
    [
        Reply(written=True, trouble="TimeoutError"),
        Reply(written=True, trouble="ServerDisconnectedError"),
        Reply(written=True, http_status=201, body=None, trouble="ClientPayloadError"),
        Reply(written=True, http_status=201, body=GOOD[:-10]),
        Reply(written=True, http_status=201, body=""),
        Reply(written=True, http_status=201, body="[]"),
        Reply(written=True, http_status=201, body='{"sid": "CA1"}'),
        Reply(written=True, http_status=202, body="{}"),
        Reply(written=True, http_status=307, body=""),
        Reply(written=True, http_status=400, body="<html>a proxy"),
        Reply(written=True, http_status=400, body=None, trouble="ClientPayloadError"),
        Reply(written=True, http_status=403, body='{"code": "forbidden"}'),
        Reply(written=True, http_status=408, body=""),
        Reply(written=True, http_status=500, body=error(20500)),
        Reply(written=True, http_status=502, body="bad gateway"),
        Reply(written=True, http_status=503, body=error(20503)),
        Reply(written=True, http_status=504, body=""),
        Reply(written=True, too_late=True),
    ],
    ids=repr,
)
def test_doubt_is_unknown(reply: Reply) -> None:
    outcome = judged(reply)
    assert isinstance(outcome, Unknown)
    assert outcome.why


@pytest.mark.parametrize(
    ("reply", "reason", "scope"),
    [
        (Reply(written=False, trouble="no connection"), "not-connected", "network"),
        (Reply(written=False, trouble="TimeoutError"), "not-connected", "network"),
        (Reply(written=False, too_late=True), "too-late", "throttle"),
        (Reply(written=True, http_status=429, body=error(20429)), "too-many-requests", "throttle"),
        (Reply(written=True, http_status=429, body="<html>"), "too-many-requests", "throttle"),
        (Reply(written=True, http_status=429, body=None), "too-many-requests", "throttle"),
        (Reply(written=True, http_status=429, body=error(63038)), "daily-cap", "account"),
        (Reply(written=True, http_status=401, body=error(20003)), "credentials-refused", "account"),
        (Reply(written=True, http_status=400, body=error(21211)), "bad-number", "contact"),
        (Reply(written=True, http_status=400, body=error(21610)), "opted-out", "contact"),
        (Reply(written=True, http_status=400, body=error(21611)), "sender-queue-full", "throttle"),
        (Reply(written=True, http_status=400, body=error(21617)), "too-long", "message"),
        (Reply(written=True, http_status=400, body=error(99999)), "unlisted-code", "doubtful"),
        (Reply(written=True, http_status=403, body=error(99999)), "unlisted-code", "account"),
        (Reply(written=True, http_status=401, body=error(99999)), "unlisted-code", "account"),
        (Reply(written=True, http_status=404, body=error(20404)), "account-not-found", "account"),
        (Reply(written=True, http_status=400, body=error(21408)), "region-not-enabled", "region"),
        (Reply(written=True, http_status=400, body=error(21212)), "sender-not-usable", "sender"),
        (Reply(written=True, http_status=400, body=error(21657)), "sender-not-usable", "sender"),
    ],
    ids=repr,
)
def test_proof_that_nothing_was_created_is_refused(reply: Reply, reason: str, scope: str) -> None:
    outcome = judged(reply)
    assert isinstance(outcome, SendRefused)
    assert (outcome.reason, outcome.scope) == (reason, scope)


@given(status=st.integers(500, 599), body=st.one_of(st.none(), st.text(), st.just(error(20429)), st.just(GOOD)))
def test_a_server_error_never_counts_as_proof_whatever_it_says(status: int, body: str | None) -> None:
    assert isinstance(judged(Reply(written=True, http_status=status, body=body)), Unknown)


@given(status=st.integers(100, 599), body=st.one_of(st.none(), st.text(max_size=40)))
def test_no_answer_makes_the_judge_stumble(status: int, body: str | None) -> None:
    judged(Reply(written=True, http_status=status, body=body))


@pytest.mark.parametrize(
    ("seconds", "sent"), [(-5, 60), (0, 60), (59.9, 60), (61.7, 61), (36_001, 36_000), (1e9, 36_000)]
)
def test_validity_keeps_within_the_providers_bounds(seconds: float, sent: int) -> None:
    request = SendRequest(message_id="m", attempt=1, to="+447700900123", body="x", valid_seconds=seconds)
    assert request.validity == sent
