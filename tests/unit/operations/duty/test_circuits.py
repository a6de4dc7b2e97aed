"""What an operator reads of the provider's circuits: what is at fault, what it stops, when it is tried, how to mend it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from operations.duty.circuits import CircuitNotes, as_document, in_words, stops_all
from operations.times import Times
from services.notifier.domain.provider.circuit import SCOPES

NOW = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


def row(scope: str = "account", subject: str = "", **changes: Any) -> dict[str, Any]:
    return {
        "provider": "twilio",
        "scope": scope,
        "subject": subject,
        "reason": "credentials-refused",
        "code": 20003,
        "http_status": 401,
        "found_by": "answer",
        "since": NOW - timedelta(minutes=5),
        "probes": 4,
        "probe_in": 12.4,
    } | changes


def test_a_refused_account_is_said_with_reason_since_when_and_the_next_probe() -> None:
    said = in_words(row(), NOW, Times())
    assert said.startswith(
        "The provider refuses our account: credentials-refused (code 20003, HTTP 401), since 2026-03-05 08:55:00 (5 min)."
    )
    assert "No text goes out; what waits is sent after the repair" in said
    assert "Next probe in 12 s, 4 probes so far." in said
    assert "look at credentials" in said


def test_a_country_is_named_and_others_go_on() -> None:
    barred = row("region", "CA", reason="region-not-enabled", code=21408, http_status=400, probe_in=0.0, probes=1)
    said = in_words(barred, NOW, Times())
    assert "takes no texts to CA: region-not-enabled (code 21408, HTTP 400)" in said
    assert "Texts to other countries go on" in said
    assert "Next probe with the next text, 1 probe so far." in said
    assert not stops_all([barred])
    assert stops_all([barred, row()])


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_has_words(scope: str) -> None:
    said = in_words(row(scope, "Dongjiang", code=None, http_status=None, found_by="receipt"), NOW, Times())
    assert "credentials-refused, as receipts say, since" in said
    assert "{" not in said


def test_programs_get_the_same_as_a_document() -> None:
    assert as_document(row()) == {
        "provider": "twilio",
        "scope": "account",
        "subject": None,
        "reason": "credentials-refused",
        "code": 20003,
        "httpStatus": 401,
        "foundBy": "answer",
        "since": NOW - timedelta(minutes=5),
        "probes": 4,
        "nextProbeInSeconds": 12.4,
    }


def test_a_watcher_hears_once_when_a_circuit_opens_and_once_when_it_closes() -> None:
    notes = CircuitNotes()
    assert notes.news([], NOW, Times()) == []
    ((opened, style),) = notes.news([row()], NOW, Times())
    assert opened.startswith("The provider refuses our account")
    assert style == "bold red"
    assert notes.news([row(probes=5)], NOW, Times()) == []
    assert notes.news([], NOW, Times()) == [
        ("No longer so: The provider refuses our account. Texts go out again.", "green")
    ]


def test_of_two_providers_the_one_at_fault_is_named_and_its_texts_go_by_the_other() -> None:
    one = row(set_up=["sms-gateway", "twilio"])
    said = in_words(one, NOW, Times())
    assert said.startswith("twilio: The provider refuses our account")
    assert "Its texts go by another provider" in said
    assert not stops_all([one])
    assert stops_all([one, row(provider="sms-gateway", set_up=["sms-gateway", "twilio"])])
